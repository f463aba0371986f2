"""What a media server's own API tells is on, held against what its hooks have told: no start without a stop, and no push
that nobody tells of.
"""

import asyncio
import logging

from airhook.control.hooked import Client, Hooked
from airhook.control.hooks import Hooks
from airhook.core import reasons
from airhook.core.clock import Clock
from airhook.core.errors import UnavailableError
from airhook.core.reasons import Reason
from airhook.core.snapshot import ConfigHolder
from airhook.core.source_ports import ServerApi, ServerApiError
from airhook.core.sources import Source
from airhook.sources.adapter import ApiCall, PushPlace, ServerState, UnreadableError
from airhook.sources.catalogue import adapter_of
from airhook.sources.reports import Alive

ASK_EVERY_S = 5.0
ASK_AGAIN_S = 1.0  # when an answer differs from what is known
SETTLED_S = 3.0  # younger pushes may not be listed yet
TWICE = 2  # answers in a row that say the same, before it is believed

log = logging.getLogger("airhook.hooks")


class Reconciler:
    """Asks every server that has an address for it."""

    def __init__(self, hooks: Hooks, config: ConfigHolder, api: ServerApi, clock: Clock) -> None:
        self._hooks = hooks
        self._config = config
        self._api = api
        self._clock = clock
        self._runs: dict[str, str] = {}  # by source
        self._missing: dict[Client, int] = {}
        self._strange: dict[Client, int] = {}
        self._failing: dict[str, str] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Never returns."""
        while True:
            for source in list(self._config.current.sources.values()):
                self.ask(source)
            await asyncio.sleep(ASK_EVERY_S)

    def ask(self, source: Source) -> None:
        """Ask a server now, unless it is being asked; a hung one holds up no other."""
        asked = self._asking.get(source.id)
        if adapter_of(source).state_calls(source) and (asked is None or asked.done()):
            self._asking[source.id] = asyncio.create_task(self.look(source), name=f"ask {source.name}")

    async def look(self, source: Source) -> None:
        """Ask a server, and settle what differs. Never raises for what the server or the database does."""
        adapter = adapter_of(source)
        began = self._clock.monotonic()
        try:
            answers = [await self._call(call) for call in adapter.state_calls(source)]
            state = adapter.read_state(answers)
            self._works(source)
            await self.settle(source, state, began)
            if self._missing or self._strange:
                asyncio.get_running_loop().call_later(ASK_AGAIN_S, self.ask, source)
        except (ServerApiError, UnreadableError) as error:
            self._fails(source, str(error))
        except UnavailableError as error:
            log.warning("source %s waits for the database: %s", source.name, error)

    async def settle(self, source: Source, state: ServerState, asked: float) -> None:
        """``asked`` is when (monotonic) the server was asked: what began since may be missing."""
        known_run = self._runs.get(source.id)
        restarted = bool(state.run and known_run and state.run != known_run)
        self._runs[source.id] = state.run
        seen = {alive.client: alive for alive in state.pushes}
        for hooked in self._hooks.pushes:
            if hooked.push.source_id == source.id and hooked.push.client not in seen:
                await self._unlisted(hooked, asked, restarted=restarted)
        for alive in state.pushes:
            await self._listed(source, alive)
        listed = {(source.id, client) for client in seen}
        self._missing = {one: n for one, n in self._missing.items() if one not in listed}
        self._strange = {one: n for one, n in self._strange.items() if one[0] != source.id or one in listed}

    async def kick(self, hooked: Hooked, reason: Reason) -> None:
        """Let the server of a push that an order ended end it too; a server that cannot be told keeps it."""
        source = self._config.current.sources.get(hooked.push.source_id)
        if source is not None:
            row = hooked.push
            await self._kick(source, row.client, PushPlace(vhost=row.domain, app=row.app, stream=row.stream))
            log.info("source %s was told to end %s/%s: %s", source.name, row.app, row.stream, reason.text)

    # --- one push ---

    async def _unlisted(self, hooked: Hooked, asked: float, *, restarted: bool) -> None:
        if hooked.began > asked - SETTLED_S or (hooked.ticket is None and not hooked.contends):
            return
        self._missing[hooked.client] = self._missing.get(hooked.client, 0) + 1
        if restarted:
            await self._hooks.steps.finish(
                hooked, reasons.SERVICE_ERROR, "restart", "the server's API tells of a new run"
            )
        elif self._missing[hooked.client] >= TWICE and hooked.disconnected is None:
            detail = "the server's API does not list it any more, and no stop was told"
            await self._hooks.steps.finish(hooked, reasons.UNKNOWN, "reconciliation", detail)
        else:
            return
        self._missing.pop(hooked.client, None)

    async def _listed(self, source: Source, alive: Alive) -> None:
        client = (source.id, alive.client)
        hooked = self._hooks.pushes.get(client)
        if hooked is not None:
            await self._hooks.listed(hooked, alive)
            return
        past = self._hooks.pushes.past(client)
        if past is not None:
            if past.cut is not None:
                place = PushPlace(vhost="", app=alive.push.app, stream=alive.push.stream)
                await self._kick(source, alive.client, place)
            return
        self._strange[client] = self._strange.get(client, 0) + 1
        if self._strange[client] >= TWICE:
            self._strange.pop(client)
            await self._hooks.appeared(source, alive)

    async def _kick(self, source: Source, client: str, place: PushPlace) -> None:
        for call in adapter_of(source).kick_calls(source, client, place):
            try:
                await self._call(call)
            except ServerApiError as error:
                log.info("source %s did not end a push: %s", source.name, error)

    # --- helpers ---

    async def _call(self, call: ApiCall) -> bytes:
        return await self._api(call.method, call.url, call.headers)

    def _fails(self, source: Source, why: str) -> None:
        if self._failing.get(source.id) != why:
            log.warning("the API of source %s cannot be asked: %s", source.name, why)
        self._failing[source.id] = why

    def _works(self, source: Source) -> None:
        if self._failing.pop(source.id, None) is not None:
            log.info("the API of source %s can be asked again", source.name)
