"""Every part of one node, started in order and stopped in the other.

Starting: open the store, take up what an earlier run left open, then let the world in. Stopping: no new pushes, live
ones to their windows, open requests to their end, last the database.
"""

import asyncio
import contextlib
import logging
import os
from collections.abc import Awaitable, Callable

from starlette.routing import Route
from starlette.types import ASGIApp

from airhook import __version__
from airhook.config import Address, Settings
from airhook.control.base import AccountLimits, Desk
from airhook.control.bearer import KeyRing
from airhook.control.bitrates import Bitrates
from airhook.control.events import Events
from airhook.control.hook_keeper import HookKeeper
from airhook.control.hooks import Hooks
from airhook.control.media_room import MediaSweeper
from airhook.control.operations import Operations, OperationsSettings
from airhook.control.push_exceptions import PushExceptions
from airhook.control.reconcile import Reconciler
from airhook.control.replayer import Replayer
from airhook.control.sessions import Sessions
from airhook.control.trends import Trends
from airhook.control.trials import Trials
from airhook.core import failpoints
from airhook.core.clock import IdMaker, SystemClock
from airhook.core.errors import AirhookError
from airhook.core.sessions import OWN_INGEST, NodeIdentity
from airhook.core.snapshot import ConfigHolder
from airhook.core.stats import MediaStats
from airhook.delivery.addresses import TargetPolicy
from airhook.delivery.engine import DeliveryEngine, EngineSettings
from airhook.delivery.fetch import ServerFetch
from airhook.delivery.judge import TargetJudge
from airhook.delivery.plan import Planner
from airhook.delivery.trial import TrialSender
from airhook.dialects import css
from airhook.ingest.server import RtmpServer
from airhook.observe.scrape import Scraper
from airhook.runtime import parts
from airhook.runtime.detectors import detectors
from airhook.runtime.files import open_files
from airhook.runtime.media import MediaPart
from airhook.runtime.media_store import keep, media_links, media_store
from airhook.runtime.sockets import bind, cannot_listen
from airhook.runtime.trends import make_trends
from airhook.runtime.where import Where, tell_where, where_file
from airhook.storage.sqlite import SqliteStore, open_with_key_file
from airhook.web import events
from airhook.web.app import create_app
from airhook.web.events import EventsApi
from airhook.web.hooks import HooksDoor
from airhook.web.later import Later
from airhook.web.media import media_route
from airhook.web.metrics import metrics_route
from airhook.web.server import HttpServer

CONFIG_LOOK_S = 0.25  # a change made by another process counts within a second
FACES_AFTER_S = 0.2  # of whoever waits for the start, who looks whether it is ready
RESTART_PAUSE_S = 1.0
FACES_TRIES = 5

log = logging.getLogger("airhook")


class Server:
    """Every part of one node."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._clock = SystemClock()
        self._ids = IdMaker(self._clock)
        self._config = ConfigHolder(parts.first_snapshot(settings))
        self._policy = TargetPolicy(map(str, settings.targets.allow))
        self._planner = Planner(self._ids, css.render, parts.plan_settings(settings))
        self._node = NodeIdentity(
            id=settings.node.id, ip=settings.node.address, set_id=settings.set_id, idc_id=settings.idc_id
        )
        self._store: SqliteStore | None = None
        self._engine: DeliveryEngine | None = None
        self._operations: Operations | None = None
        self._sessions: Sessions | None = None
        self._rtmp: RtmpServer | None = None
        self._media: MediaPart | None = None
        self._http: HttpServer | None = None
        self._faces: Later | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._is_open = False

    async def start(self) -> None:
        settings = self._settings
        http_socket = bind(settings.http.listen, "http.listen")
        self._store = store = open_with_key_file(
            settings.data_dir, self._clock, settings.secret_key_path, parts.log_retention(settings)
        )
        self._config.apply(store.load_config(0))
        self._config.delay_rules(settings.rules.delay_s, self._clock)
        self._ids.begin_after(store.newest_id())  # lanes are in order of ids
        self._operations = operations = self._make_operations(store)
        self._engine = engine = self._make_engine(store, operations)
        self._sessions = sessions = self._make_sessions(store)
        hooks = Hooks(store, self._config, sessions, self._clock, self._ids)
        await hooks.recover()
        engine.start()
        gate = sessions.gate(OWN_INGEST)
        exceptions = PushExceptions(store, self._config, self._planner, self._clock, self._ids)
        limits = parts.ingest_limits(settings)
        self._rtmp = RtmpServer(gate, self._clock, limits, on_abnormal=exceptions.hear)
        gate.attach(self._rtmp)
        sessions.metered_by(self._rtmp)
        links = media_links(settings, http_socket.getsockname()[1], self._clock)
        media = media_store(settings, links)
        judges = detectors(settings, self._policy, self._clock)
        urls = TargetJudge(self._policy)
        self._media = MediaPart(
            settings, store, self._config, self._planner, self._clock, self._ids, media, judges, urls
        )
        keys = KeyRing(store, self._clock)
        limit = parts.events_limit(self._settings, self._clock)
        events_api = EventsApi(self._make_events(store), keys, limit)
        app = self._make_app(
            store, engine, sessions, hooks, self._rtmp, media_route(links, media), keys, events_api
        )
        self._http = HttpServer(
            app, parts.http_limits(settings, open_files()), at_once={events.PATH: events_api}
        )
        self._supervise("sessions", sessions.run)
        self._keep_hooks(hooks, sessions)
        self._supervise("operational events", operations.run)
        self._supervise("push exceptions", exceptions.run)
        self._supervise("media jobs", self._media.jobs.run)
        self._supervise("media room", self._media.room(operations.notices.tell).run)
        self._supervise("media retention", MediaSweeper(media, keep(settings), store.believed).run)
        self._supervise("replays", Replayer(self._desk(store)).run)
        self._supervise("configuration", lambda: self._watch_config(store))
        failpoints.arm(settings.debug.failpoints)
        await self._media.start(self._rtmp)
        sessions.watched_by(self._media.inputs)
        rtmp_port = await self._listen_for_pushes(self._rtmp)
        await self._http.start(http_socket)
        self._is_open = True
        http_port = http_socket.getsockname()[1]
        self._tell_where(
            Address(settings.http.listen.host, http_port), Address(settings.rtmp.listen.host, rtmp_port)
        )

    async def complete(self) -> None:
        """Make what no push and no callback waits for: the faces. Who calls one of them before waits for that.

        Raises what was wrong ``FACES_TRIES`` times. A lack of files ends nothing: it passes with the crowd that took them.
        """
        assert self._faces is not None
        await asyncio.sleep(FACES_AFTER_S)
        left = FACES_TRIES
        while True:
            try:
                await self._faces.made()
                return
            except Exception as error:
                left -= not isinstance(error, OSError)
                if left == 0:
                    raise
                log.warning("the console and the APIs cannot be loaded yet: %r", error)
                await asyncio.sleep(RESTART_PAUSE_S)

    async def stop(self) -> None:
        """Undo what ``start`` did, as far as it came. A step that fails keeps none of the others from being done."""
        self._is_open = False
        for step in (
            self._close_door,
            self._hand_over,
            self._stop_listening,
            self._stop_media,
            self._stop_tasks,
            self._stop_engine,
            self._close_store,
        ):
            try:
                await step()
            except Exception:
                log.exception("a step of the stop failed; the others are done")

    async def _close_door(self) -> None:
        if self._rtmp is not None:
            self._rtmp.drain()
        with contextlib.suppress(OSError):
            where_file(self._settings).unlink()

    async def _stop_listening(self) -> None:
        stops = [part.stop() for part in (self._rtmp, self._http) if part is not None]
        for fault in await asyncio.gather(*stops, return_exceptions=True):
            if fault is not None:
                raise fault

    async def _stop_media(self) -> None:
        if self._media is not None:
            await self._media.stop()

    async def _stop_tasks(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _stop_engine(self) -> None:
        if self._engine is not None:
            await asyncio.to_thread(self._engine.stop, self._settings.delivery.grace_s)
        if self._operations is not None:
            await self._operations.finish()

    async def _close_store(self) -> None:
        if self._store is not None:
            await asyncio.to_thread(self._store.close)

    async def _hand_over(self) -> None:
        if self._sessions is None:
            return
        try:
            await self._sessions.hand_over()
        except AirhookError as error:
            # Their rows still say that they live: the next start takes them up as after a crash.
            log.warning("live pushes could not be handed over: %s", error)

    async def _listen_for_pushes(self, rtmp: RtmpServer) -> int:
        address = self._settings.rtmp.listen
        try:
            return await rtmp.start(address.host, address.port)
        except OSError as error:
            raise cannot_listen("rtmp.listen", address, error) from None

    # --- parts ---

    def _make_operations(self, store: SqliteStore) -> Operations:
        ours = self._settings.operations
        settings = OperationsSettings(url=ours.url, backlog_ms=round(ours.backlog_s * 1000))
        return Operations(store, self._clock, self._ids, settings)

    def _make_engine(self, store: SqliteStore, operations: Operations) -> DeliveryEngine:
        delivery = self._settings.delivery
        settings = EngineSettings(
            schedules=parts.schedules(self._settings),
            open_max=delivery.concurrency,
            memory_max=delivery.memory_max,
            unsettled_max=delivery.unsettled_max,
            proxy=delivery.proxy,
        )
        engine = DeliveryEngine(
            store,
            self._config,
            self._clock,
            self._policy,
            settings,
            reports=operations.notices,
            believed=store.believed,
        )
        store.on_accepted(engine.offer)
        return engine

    def _make_sessions(self, store: SqliteStore) -> Sessions:
        return Sessions(store, self._config, self._planner, self._node, self._clock, self._ids)

    def _make_events(self, store: SqliteStore) -> Events:
        return Events(store, self._config, self._planner, self._clock, self._node)

    def _make_trends(self, store: SqliteStore, engine: DeliveryEngine, sessions: Sessions) -> Trends:
        trends = make_trends(store, self._clock, engine, sessions)
        self._supervise("trends", trends.run)
        return trends

    def _make_bitrates(self, sessions: Sessions) -> Bitrates:
        bitrates = Bitrates(sessions.measures, self._clock)
        self._supervise("bitrates", bitrates.run)
        return bitrates

    def _keep_hooks(self, hooks: Hooks, sessions: Sessions) -> None:
        asks = Reconciler(hooks, self._config, ServerFetch(self._policy), self._clock)
        keeper = HookKeeper(hooks, sessions, self._config, self._clock, asks.kick, asks.ask)
        self._supervise("hooks", keeper.run)
        self._supervise("media servers", asks.run)

    def _make_trials(self) -> Trials:
        sender = TrialSender(
            self._policy, self._clock, parts.schedules(self._settings), proxy=self._settings.delivery.proxy
        )
        return Trials(self._planner, sender, self._clock, self._node)

    def _desk(self, store: SqliteStore) -> Desk:
        limits = AccountLimits(
            templates=self._settings.limits.templates,
            domains=self._settings.limits.domains,
            domain_lock_days=self._settings.limits.domain_lock_days,
        )
        return Desk(store, self._config, self._clock, self._ids, TargetJudge(self._policy), limits)

    def _make_app(
        self,
        store: SqliteStore,
        engine: DeliveryEngine,
        sessions: Sessions,
        hooks: Hooks,
        rtmp: RtmpServer,
        media: Route,
        keys: KeyRing,
        events_api: EventsApi,
    ) -> ASGIApp:
        desk = self._desk(store)
        desk.live = sessions
        scraper = Scraper(
            store,
            self._clock,
            engine=engine.stats,
            writer=store.stats,
            sessions=sessions.stats,
            ingest=rtmp.stats,
            media=self._media.stats if self._media else MediaStats,
        )
        rates = parts.api_rates(self._settings, self._clock)
        trials, bitrates = self._make_trials(), self._make_bitrates(sessions)
        trends = self._make_trends(store, engine, sessions)

        def make_faces() -> ASGIApp:
            from airhook.runtime import faces  # half of all imports: a start does not wait for them

            return faces.make(self._settings, desk, keys, rates, trials, trends, bitrates)

        self._faces = Later(make_faces)
        return create_app(
            faces=self._faces,
            events_api=events_api,
            ready=self._waits_for,
            metrics=metrics_route(scraper, self._settings.metrics.token),
            media=media,
            hooks_door=HooksDoor(lambda: self._config.current.sources, hooks),
            trusted_proxies=[str(network) for network in self._settings.http.trusted_proxies],
        )

    async def _waits_for(self) -> list[str]:
        if not self._is_open or self._store is None or self._engine is None:
            return ["start: not everything is listening yet"]
        waits = []
        try:
            await self._store.transact(lambda tx: tx.prove_writable())
        except AirhookError as error:
            waits.append(f"store: {error.message}")
        if settle_error := self._engine.stats().settle_error:
            waits.append(f"delivery: what was sent cannot be recorded: {settle_error}")
        return waits

    # --- what goes on beside ---

    async def _watch_config(self, store: SqliteStore) -> None:
        """Notice what other processes changed (the command line writes the same database)."""
        with store.changes() as changes:  # anew after a fault, so that what it had seen and not loaded counts
            while True:
                await asyncio.sleep(CONFIG_LOOK_S)
                if not changes.since_last():
                    continue
                if await asyncio.to_thread(store.config_version) > self._config.current.version:
                    self._config.apply(
                        await asyncio.to_thread(store.load_config, self._config.current.version)
                    )

    def _supervise(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        async def keep_going() -> None:
            while True:
                try:
                    await work()
                except Exception:
                    log.exception("%s failed; it starts again", name)
                await asyncio.sleep(RESTART_PAUSE_S)

        self._tasks.append(asyncio.create_task(keep_going(), name=name))

    def _tell_where(self, http: Address, rtmp: Address) -> None:
        tell_where(self._settings, Where(pid=os.getpid(), http=str(http), rtmp=str(rtmp)))
        log.info(
            "Airhook %s is ready: push to rtmp://%s, console at http://%s/console/", __version__, rtmp, http
        )
