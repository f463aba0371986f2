"""Hooks of media servers: each is judged, becomes what it means for a session, and is kept with that (design D9).

An answer that lets a push in comes after the commit. Hooks are lost, repeated, reordered and invented: a client's name
tells repeats, a stop waits a while for its start, and a second publisher of a stream *contends* until it shows which
of the two the server has.
"""

import asyncio

import msgspec
from msgspec.structs import replace

from airhook.control import admission
from airhook.control.hook_notes import HookNotes
from airhook.control.hook_steps import HookSteps
from airhook.control.hooked import Client, Hooked, HookedPushes
from airhook.control.sessions import Sessions
from airhook.core import reasons
from airhook.core.clock import Clock, IdMaker
from airhook.core.domains import normalize_domain
from airhook.core.errors import UnavailableError
from airhook.core.hooks import HookOutcome, HookRecord, PushState, SourcePush
from airhook.core.ports import Store
from airhook.core.push_ports import PushTicket
from airhook.core.reasons import Reason
from airhook.core.sessions import NewPush
from airhook.core.snapshot import ConfigHolder
from airhook.core.sources import Source
from airhook.core.streams import StreamKey
from airhook.sources.catalogue import adapter_of
from airhook.sources.domains import push_domain
from airhook.sources.reports import (
    Alive,
    Disconnected,
    Ended,
    HookAnswer,
    HookReport,
    HookRequest,
    MalformedHookError,
    Noted,
    PushTold,
    Restarted,
    ServerAlive,
    Started,
)

MAX_PARAM = 4096  # characters of a push's query, as the own ingest takes
MAX_NAME = 512  # characters of any name; far above what is let in


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One hook on its way: whose it is, how it came, and what it reports."""

    source: Source
    remote: str
    request: HookRequest
    told: HookReport

    @property
    def client(self) -> Client:
        return self.source.id, self.told.client


class Hooks:
    """What media servers tell becomes sessions. ``handle`` takes their hooks; ``pushes`` is what is on."""

    def __init__(
        self, store: Store, config: ConfigHolder, sessions: Sessions, clock: Clock, ids: IdMaker
    ) -> None:
        self._store = store
        self._config = config
        self._sessions = sessions
        self._clock = clock
        self._entering: dict[Client, asyncio.Event] = {}
        self.pushes = HookedPushes(clock)
        self.notes = HookNotes(store, clock, ids)
        self.steps = HookSteps(store, config, sessions, clock, self.pushes, self.notes)
        sessions.lasts(self.pushes)

    async def recover(self) -> None:
        """Take up what an earlier run left open, sessions and all: media servers went on without us."""
        rows = await self._store.read(lambda view: view.source_pushes())
        found = {PushTicket(row.session_id, row.epoch): row for row in rows if row.session_id}
        on = await self._sessions.recover(dict.fromkeys(found, self.pushes))
        kept = {ticket: row for ticket, row in found.items() if ticket in on}
        contending = [row for row in rows if row.state is PushState.CONTENDING]
        await self.steps.forget([row for row in found.values() if row not in kept.values()])
        await self._store.transact(lambda tx: tx.finish_hooks())
        for row in contending:
            self.pushes.add(Hooked(row, self._clock))
        for ticket, row in kept.items():
            hooked = Hooked(row, self._clock)
            hooked.announces = True  # it was late already when the process ended
            self.pushes.add(hooked)
            self.pushes.give(hooked, ticket)

    async def handle(self, source: Source, remote: str, request: HookRequest) -> HookAnswer:
        """Answer a hook. Raises ``UnavailableError`` when it cannot be committed, and ``MalformedHookError``."""
        try:
            told = adapter_of(source).read(request)
            _check(told)
        except MalformedHookError as error:
            note = self.notes.note(
                source, remote, request, request.event, HookOutcome.MALFORMED, detail=str(error)
            )
            await self._store.transact(lambda tx: tx.add_hook(note))
            raise
        call = Call(source=source, remote=remote, request=request, told=told)
        refused = await self._take(call)
        adapter = adapter_of(source)
        return adapter.accept() if refused is None else adapter.refuse(refused)

    async def _take(self, call: Call) -> Reason | None:
        """Why the push is refused; None: it is not."""
        if (entering := self._entering.get(call.client)) is not None:
            await entering.wait()
        match call.told.report:
            case Started() as report:
                return await self._started(call, report)
            case Alive() as report:
                return await self._alive(call, report)
            case Ended() as report:
                await self._ended(call, report)
            case Disconnected():
                await self._disconnected(call)
            case Restarted():
                await self._restarted(call)
            case ServerAlive():
                self._server_alive(call)
            case Noted(periodic=True):
                self._count(call)
            case Noted():
                await self._keep(call, HookOutcome.NOTED)
        return None

    # --- starts ---

    async def _started(self, call: Call, report: Started) -> Reason | None:
        known = self.pushes.get(call.client)
        if known is not None and known.push.stream_param == report.push.stream_param:
            known.announces = known.announces or report.announced
            await self._keep(call, HookOutcome.DUPLICATE)
            return None
        if adapter_of(call.source).unique_clients and self.pushes.past(call.client) is not None:
            await self._keep(call, HookOutcome.DUPLICATE, "its push has ended")
            return None
        push = self._new_push(call.source, report.push)
        verdict = admission.judge(self._config.current, push, self._clock.now_ms())
        if isinstance(verdict, Reason):
            return await self._refuse(call, push, verdict)
        if verdict.account_id != call.source.account_id:
            return await self._refuse(call, push, reasons.DOMAIN_UNKNOWN)
        await self._let_in(call, report, push)
        return None

    async def _refuse(self, call: Call, push: NewPush, reason: Reason) -> Reason:
        where = f"{push.domain or '(no domain)'}/{push.app}/{push.stream}"
        await self._keep(call, HookOutcome.REFUSED, f"{where}: {reason.text} ({reason.errcode}/{reason.sub})")
        return reason

    async def _let_in(self, call: Call, report: Started | Alive, push: NewPush) -> None:
        """A push that was judged: it begins, or contends with the one of its stream that is on."""
        key = StreamKey(call.source.account_id, normalize_domain(push.domain), push.app, push.stream)
        rival = self.pushes.open_of(call.source.id, key)
        taken = rival is not None and rival.client != call.client
        contends = isinstance(report, Started) and (taken or adapter_of(call.source).confirms)
        note = self._note(call, HookOutcome.CONTENDING if contends else HookOutcome.STARTED)
        hooked = Hooked(_row(call, push, note, contends=contends), self._clock)
        hooked.announces = isinstance(report, Alive) or report.announced
        entering = self._entering[call.client] = asyncio.Event()
        try:
            await self._begin(hooked, note)
        finally:
            del self._entering[call.client]
            entering.set()
        if (early := self.pushes.take_early(call.client)) is not None:
            await self.steps.end(hooked, early, None)

    async def _begin(self, hooked: Hooked, note: HookRecord) -> None:
        old = self.pushes.get(hooked.client)
        if old is not None:  # the same name for another push: the server counts anew
            detail = "the server uses its connection's name again"
            await self.steps.finish(old, reasons.SERVICE_ERROR, "restart", detail)
        self.pushes.add(hooked)
        try:
            await (self.steps.contend if hooked.contends else self.steps.enter)(hooked, note)
        except BaseException:
            self.pushes.discard(hooked)
            raise

    # --- what goes on ---

    async def _alive(self, call: Call, report: Alive) -> Reason | None:
        hooked = self.pushes.get(call.client)
        if hooked is None:
            return await self._alive_again(call, report)
        await self.listed(hooked, report)
        self.notes.again(hooked, call.source, call.remote, call.request, call.told)
        return None

    async def listed(self, hooked: Hooked, report: Alive) -> None:
        """A push goes on, by a hook or by the server's API: no other publisher of its stream does."""
        if hooked.contends:
            await self.steps.promote(hooked)
        else:
            await self.steps.retract_rivals(hooked)
        resized = hooked.hear(report, self._clock)
        if resized and hooked.announced and hooked.ticket is not None:
            await self._sessions.resize(hooked.ticket, hooked.width, hooked.height)

    async def appeared(self, source: Source, report: Alive) -> None:
        """The server's API tells of a push that no hook told of."""
        request = HookRequest(method="GET", event="", query="", body=b"")
        told = HookReport(hook="reconciliation", report=report)
        call = Call(source=source, remote="", request=request, told=told)
        push = self._new_push(source, report.push)
        if self.may_go_on(source, push):
            await self._let_in(call, report, push)

    async def _alive_again(self, call: Call, report: Alive) -> Reason | None:
        """A push goes on although nobody told of its start, or an order ended it: some servers end it when refused."""
        push = self._new_push(call.source, report.push)
        past = self.pushes.past(call.client)
        if past is not None or not self.may_go_on(call.source, push):
            self._count(call)
            return past.cut if past else None
        await self._let_in(call, report, push)
        return None

    def may_go_on(self, source: Source, push: NewPush) -> bool:
        """Its query is not judged: the server has let it in by what we said then, and it may have expired since."""
        domain = self._config.current.domains.get(normalize_domain(push.domain))
        if domain is None or domain.account_id != source.account_id:
            return False
        unsigned = {domain.name: replace(domain, auth_enabled=False)}
        snapshot = replace(self._config.current, domains=unsigned)
        return not isinstance(admission.judge(snapshot, push, self._clock.now_ms()), Reason)

    # --- ends ---

    async def _ended(self, call: Call, report: Ended) -> None:
        hooked = self.pushes.get(call.client) if report.push is None else self._open_of(call, report.push)
        if hooked is None:
            ended = report.push is not None or self.pushes.past(call.client) is not None
            if not ended:
                self.pushes.keep_early(call.client, report)
            await self._keep(call, HookOutcome.DUPLICATE if ended else HookOutcome.UNKNOWN)
            return
        outcome = HookOutcome.RETRACTED if hooked.contends else HookOutcome.STOPPED
        note = replace(self._note(call, outcome), session_id=hooked.push.session_id)
        if not await self.steps.end(hooked, report, note):
            raise UnavailableError

    async def _disconnected(self, call: Call) -> None:
        hooked = self.pushes.get(call.client)
        if hooked is not None and hooked.contends:
            await self.steps.retract(hooked, self._note(call, HookOutcome.RETRACTED))
            return
        if hooked is not None:
            hooked.disconnected = self._clock.monotonic()
        await self._keep(call, HookOutcome.NOTED)

    async def _restarted(self, call: Call) -> None:
        await self._keep(call, HookOutcome.NOTED)
        for hooked in self.pushes:
            if hooked.push.source_id == call.source.id:
                await self.steps.finish(
                    hooked, reasons.SERVICE_ERROR, "restart", "the server told of its own start"
                )

    def _server_alive(self, call: Call) -> None:
        self._count(call)
        for hooked in self.pushes:
            if hooked.push.source_id == call.source.id and not hooked.contends:
                hooked.heard, hooked.told = self._clock.monotonic(), True

    # --- helpers ---

    def _open_of(self, call: Call, told: PushTold) -> Hooked | None:
        """The push of a stream, when its server does not say of which connection."""
        push = self._new_push(call.source, told)
        return self.pushes.open_of(
            call.source.id,
            StreamKey(call.source.account_id, normalize_domain(push.domain), push.app, push.stream),
        )

    def _new_push(self, source: Source, told: PushTold) -> NewPush:
        domains = self._config.current.domains

        def known(name: str) -> bool:
            return name in domains and domains[name].account_id == source.account_id

        return NewPush(
            domain=push_domain(source, told, known),
            app=told.app,
            stream=told.stream,
            stream_param=told.stream_param,
            user_ip=told.user_ip,
        )

    def _note(self, call: Call, outcome: HookOutcome, detail: str = "") -> HookRecord:
        hooked, past = self.pushes.get(call.client), self.pushes.past(call.client)
        session_id = hooked.push.session_id if hooked else past.session_id if past else 0
        return self.notes.note(
            call.source, call.remote, call.request, call.told.hook, outcome, detail, session_id
        )

    async def _keep(self, call: Call, outcome: HookOutcome, detail: str = "") -> None:
        note = self._note(call, outcome, detail)
        await self._store.transact(lambda tx: tx.add_hook(note))

    def _count(self, call: Call) -> None:
        self.notes.count(call.source, call.remote, call.request, call.told.hook)


def _row(call: Call, push: NewPush, note: HookRecord, *, contends: bool) -> SourcePush:
    return SourcePush(
        source_id=call.source.id,
        client=call.told.client,
        state=PushState.CONTENDING if contends else PushState.OPEN,
        account_id=call.source.account_id,
        domain=normalize_domain(push.domain),
        app=push.app,
        stream=push.stream,
        stream_param=push.stream_param,
        user_ip=push.user_ip,
        session_id=0,
        epoch=0,
        hook_id=note.id,
        began_ms=note.at_ms,
    )


def _check(told: HookReport) -> None:
    """Raises ``MalformedHookError`` for what no server sends and no database keeps."""
    push = getattr(told.report, "push", None) or PushTold(app="", stream="")
    names = (told.client, push.app, push.stream, push.user_ip)
    if max(map(len, names)) > MAX_NAME or len(push.stream_param) > MAX_PARAM:
        raise MalformedHookError("a name or the query is longer than any real one")
    if any("\0" in text for text in (*names, push.stream_param)):
        raise MalformedHookError("a name holds NUL")
