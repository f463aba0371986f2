"""The composition root: reads settings, builds the parts, starts them in order, owns the signals.

Starting: lock the folder, open the store, take up what an earlier run left open, then let the world in. Stopping goes
the other way: no new pushes, live ones to their windows, open requests to their end, last the database.
"""

import asyncio
import contextlib
import logging
import os
import resource
import signal
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import uvloop
from starlette.types import ASGIApp

from airhook import __version__
from airhook.cloudapi.face import CloudApi
from airhook.config import Address, Settings
from airhook.console.app import create_console
from airhook.control.base import AccountLimits, Desk
from airhook.control.bearer import KeyRing
from airhook.control.events import Events
from airhook.control.operations import Operations, OperationsSettings
from airhook.control.sessions import Sessions
from airhook.core import failpoints
from airhook.core.clock import IdMaker, SystemClock
from airhook.core.errors import AirhookError, ConfigError
from airhook.core.operations import TEMPLATE as OPERATIONS_TEMPLATE
from airhook.core.operations import template as operations_template
from airhook.core.sessions import NodeIdentity
from airhook.core.snapshot import ConfigHolder, Snapshot
from airhook.delivery.addresses import TargetPolicy
from airhook.delivery.engine import DeliveryEngine, EngineSettings
from airhook.delivery.judge import TargetJudge
from airhook.delivery.plan import Planner, PlanSettings
from airhook.delivery.retry import Schedule, Schedules
from airhook.dialects import css
from airhook.ingest.limits import IngestLimits
from airhook.ingest.server import RtmpServer
from airhook.observe import log as logs
from airhook.observe.scrape import Scraper
from airhook.storage.sqlite import SqliteStore, lock_folder, open_with_key_file
from airhook.web.app import create_app
from airhook.web.bounds import LOOPBACK, HttpLimits
from airhook.web.events import EventsApi
from airhook.web.metrics import metrics_route
from airhook.web.server import HttpServer

WHERE_FILE = "serve.json"
CONFIG_LOOK_S = 0.25  # a change made by another process counts within a second
RESTART_PAUSE_S = 1.0
BACKLOG = 512
OPEN_FILES = 65_536
RTMP_SOURCE = "rtmp"

log = logging.getLogger("airhook")


class Where(msgspec.Struct, frozen=True):
    """What ``serve.json`` in the data folder tells: where a running server is, for other commands."""

    pid: int
    http: str  # host:port
    rtmp: str


async def _nothing() -> None:
    """What there is to prepare in a folder that is made ready elsewhere."""


def run(settings: Settings, prepare: Callable[[], Awaitable[None]] = _nothing) -> None:
    """Serve until SIGTERM or SIGINT. Raises ``ConfigError`` when it cannot start."""
    logs.configure(settings.log.level, settings.log.format, background=True)
    uvloop.run(serve(settings, prepare))


async def serve(settings: Settings, prepare: Callable[[], Awaitable[None]] = _nothing) -> None:
    """Serve inside the running loop; ``prepare`` runs first, once the folder is ours alone.

    Raises ``ConfigError`` when it cannot start.
    """
    _raise_open_files()
    _warn_of_plain_http(settings)
    with lock_folder(settings.data_dir):
        stop = _stop_signal()
        await prepare()
        server = Server(settings)
        try:
            await server.start()
            await stop.wait()
            log.info("stopping: live pushes may come back within their reconnect window")
        finally:
            await server.stop()


class Server:
    """Every part of one node."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._clock = SystemClock()
        self._ids = IdMaker(self._clock)
        self._config = ConfigHolder(_first_snapshot(settings))
        self._policy = TargetPolicy(map(str, settings.targets.allow))
        self._planner = Planner(self._ids, css.render, _plan_settings(settings))
        self._node = NodeIdentity(
            id=settings.node.id, ip=settings.node.address, set_id=settings.set_id, idc_id=settings.idc_id
        )
        self._store: SqliteStore | None = None
        self._engine: DeliveryEngine | None = None
        self._operations: Operations | None = None
        self._sessions: Sessions | None = None
        self._rtmp: RtmpServer | None = None
        self._http: HttpServer | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._is_open = False

    async def start(self) -> None:
        settings = self._settings
        http_socket = bind(settings.http.listen, "http.listen")
        self._store = store = open_with_key_file(settings.data_dir, self._clock, settings.secret_key_path)
        self._config.apply(store.load_config(0))
        self._ids.begin_after(store.newest_id())  # lanes are in order of ids
        self._operations = operations = self._make_operations(store)
        self._engine = engine = self._make_engine(store, operations)
        self._sessions = sessions = self._make_sessions(store)
        await sessions.recover()
        engine.start()
        gate = sessions.gate(RTMP_SOURCE)
        self._rtmp = RtmpServer(gate, self._clock, _ingest_limits(settings))
        gate.attach(self._rtmp)
        self._http = HttpServer(
            self._make_app(store, engine, sessions, self._rtmp), _http_limits(settings, _open_files())
        )
        self._supervise("sessions", sessions.run)
        self._supervise("operational events", operations.run)
        self._supervise("configuration", lambda: self._watch_config(store))
        failpoints.arm(settings.debug.failpoints)
        rtmp_port = await self._listen_for_pushes(self._rtmp)
        await self._http.start(http_socket)
        self._is_open = True
        http_port = http_socket.getsockname()[1]
        self._tell_where(
            Address(settings.http.listen.host, http_port), Address(settings.rtmp.listen.host, rtmp_port)
        )

    async def stop(self) -> None:
        """Undo what ``start`` did, as far as it came. A step that fails keeps none of the others from being done."""
        self._is_open = False
        for step in (
            self._close_door,
            self._hand_over,
            self._stop_listening,
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
            _where_file(self._settings).unlink()

    async def _stop_listening(self) -> None:
        parts = [part.stop() for part in (self._rtmp, self._http) if part is not None]
        for fault in await asyncio.gather(*parts, return_exceptions=True):
            if fault is not None:
                raise fault

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
            schedules=schedules(self._settings),
            open_max=delivery.concurrency,
            memory_max=delivery.memory_max,
            unsettled_max=delivery.unsettled_max,
            proxy=delivery.proxy,
        )
        engine = DeliveryEngine(
            store, self._config, self._clock, self._policy, settings, reports=operations.notices
        )
        store.on_accepted(engine.offer)
        return engine

    def _make_sessions(self, store: SqliteStore) -> Sessions:
        return Sessions(store, self._config, self._planner, self._node, self._clock, self._ids)

    def _make_events(self, store: SqliteStore) -> Events:
        return Events(store, self._config, self._planner, self._clock, self._node)

    def _make_app(
        self, store: SqliteStore, engine: DeliveryEngine, sessions: Sessions, rtmp: RtmpServer
    ) -> ASGIApp:
        limits = AccountLimits(
            templates=self._settings.limits.templates, domains=self._settings.limits.domains
        )
        desk = Desk(store, self._config, self._clock, self._ids, TargetJudge(self._policy), limits)
        scraper = Scraper(
            store,
            self._clock,
            engine=engine.stats,
            writer=store.stats,
            sessions=sessions.stats,
            ingest=rtmp.stats,
        )
        return create_app(
            cloud_api=CloudApi(desk),
            console=create_console(desk),
            events_api=EventsApi(self._make_events(store), KeyRing(store, self._clock)),
            ready=self._waits_for,
            metrics=metrics_route(scraper, self._settings.metrics.token),
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
        while True:
            await asyncio.sleep(CONFIG_LOOK_S)
            if await asyncio.to_thread(store.config_version) > self._config.current.version:
                self._config.apply(await asyncio.to_thread(store.load_config, self._config.current.version))

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
        path = _where_file(self._settings)
        fresh = path.with_suffix(".new")
        where = Where(pid=os.getpid(), http=str(http), rtmp=str(rtmp))
        try:
            fresh.write_bytes(msgspec.json.encode(where))
            fresh.replace(path)
        except OSError as error:
            raise ConfigError(f"{path} cannot be written: {error.strerror}") from None
        log.info(
            "Airhook %s is ready: push to rtmp://%s, console at http://%s/console/", __version__, rtmp, http
        )


def _first_snapshot(settings: Settings) -> Snapshot:
    """What no account owns: how operational events are signed."""
    return Snapshot(templates={OPERATIONS_TEMPLATE: operations_template(settings.operations.key)})


def bind(address: Address, setting: str) -> socket.socket:
    """Make a listening socket. Raises ``ConfigError`` naming the setting and the remedy."""
    try:
        family, kind, proto, _, where = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, proto)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(where)
        listening.listen(BACKLOG)
        listening.setblocking(False)
    except OSError as error:
        raise cannot_listen(setting, address, error) from None
    return listening


def cannot_listen(setting: str, address: Address, error: OSError) -> ConfigError:
    """Say which address, why, and how to choose another."""
    variable = "AIRHOOK_" + setting.upper().replace(".", "__")
    reason = os.strerror(error.errno) if error.errno else str(error)
    return ConfigError(
        f"{setting}: cannot listen on {address}: {reason}; choose another address or port with {setting} or {variable}"
    )


def schedules(settings: Settings) -> Schedules:
    """The retries of CSS, with what the settings say otherwise."""
    usual = Schedules()
    timeout_s = settings.delivery.timeout_s
    by_type = {
        kind: msgspec.structs.replace(known, timeout_s=timeout_s) for kind, known in usual.by_type.items()
    }
    given = {
        kind: Schedule(attempts=1 + chosen.retries, interval_s=chosen.interval_s, timeout_s=timeout_s)
        for kind, chosen in settings.delivery.schedules.items()
    }
    return Schedules(
        usual=msgspec.structs.replace(usual.usual, timeout_s=timeout_s), by_type={**by_type, **given}
    )


def _plan_settings(settings: Settings) -> PlanSettings:
    return PlanSettings(
        order_hold_ms=round(settings.delivery.order_hold_s * 1000),
        max_age_ms=round(settings.delivery.max_age_s * 1000),
    )


def _ingest_limits(settings: Settings) -> IngestLimits:
    rtmp = settings.rtmp
    return IngestLimits(
        connections=rtmp.max_connections,
        connections_per_address=rtmp.max_connections_per_address,
        idle_timeout_s=rtmp.idle_timeout_s,
    )


def _http_limits(settings: Settings, open_files: int) -> HttpLimits:
    http = settings.http
    return HttpLimits(
        connections=min(http.max_connections, open_files // 4),  # the rest is for publishers and receivers
        connections_per_address=http.max_connections_per_address,
        exempt=(*LOOPBACK, *http.trusted_proxies),
    )


def _open_files() -> int:
    """How many files this process may have open; connections are files."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return OPEN_FILES if soft == resource.RLIM_INFINITY else soft


def _where_file(settings: Settings) -> Path:
    return settings.data_dir / WHERE_FILE


def _raise_open_files() -> None:
    """A connection is a file; the usual soft limit of 1,024 is too few for open requests and publishers."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _warn_of_plain_http(settings: Settings) -> None:
    host = settings.http.listen.host
    if host not in ("127.0.0.1", "::1", "localhost") and not settings.public_url.startswith("https://"):
        log.warning(
            "http.listen is %s without an https public_url: passwords and keys cross the network readable; "
            "put a TLS proxy in front and name it in public_url",
            settings.http.listen,
        )


def _stop_signal() -> asyncio.Event:
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, asked.set)
    return asked
