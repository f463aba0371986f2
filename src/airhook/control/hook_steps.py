"""What can happen to a push that a media server told of, each in one commit with its session, row and hook."""

from collections.abc import Sequence

from msgspec.structs import replace

from airhook.control.hook_notes import HookNotes, write
from airhook.control.hooked import Hooked, HookedPushes
from airhook.control.sessions import Sessions
from airhook.core import reasons
from airhook.core.clock import Clock
from airhook.core.hooks import HookOutcome, HookRecord, PushState, SourcePush
from airhook.core.ports import Store, Tx
from airhook.core.reasons import Reason
from airhook.core.sessions import NewPush, Session
from airhook.core.snapshot import ConfigHolder
from airhook.sources.catalogue import adapter_of
from airhook.sources.reports import Ended

SAME_MOMENT_S = 0.5  # hooks that were sent together may come in any order


class HookSteps:
    """Used on the event loop alone. Everything here raises ``UnavailableError`` when it cannot be committed."""

    def __init__(
        self,
        store: Store,
        config: ConfigHolder,
        sessions: Sessions,
        clock: Clock,
        pushes: HookedPushes,
        notes: HookNotes,
    ) -> None:
        self._store = store
        self._config = config
        self._sessions = sessions
        self._clock = clock
        self._pushes = pushes
        self._notes = notes

    # --- beginning ---

    async def enter(self, hooked: Hooked, note: HookRecord | None = None) -> None:
        """Make a push a session, or the next connection of one; ``note`` is the hook that told of it, if it is new."""
        row, kept = hooked.push, hooked.note
        entered: list[SourcePush] = []

        def along(tx: Tx, session: Session) -> None:
            entered[:] = [replace(row, state=PushState.OPEN, session_id=session.id, epoch=session.epoch)]
            tx.save_source_push(entered[0])
            if note is not None:
                tx.add_hook(replace(note, session_id=session.id))
            elif kept is not None:
                now = replace(kept, session_id=session.id, outcome=HookOutcome.STARTED)
                tx.change_hook(now, of_session=kept.session_id)

        ticket = await self._sessions.enter(
            _new_push(row), row.account_id, self._pushes, row.source_id, along
        )
        hooked.push, hooked.note = entered[0], None
        self._pushes.add(hooked)
        self._pushes.give(hooked, ticket)

    async def contend(self, hooked: Hooked, note: HookRecord) -> None:
        """Another push of its stream is on: it is kept, so that a restart does not forget it."""
        hooked.note = note

        def work(tx: Tx) -> None:
            tx.save_source_push(hooked.push)
            tx.add_hook(note, unfinished=True)

        await self._store.transact(work)

    async def promote(self, hooked: Hooked) -> None:
        """A contender is what the server has: it takes the place of the one that was on."""
        row = hooked.push
        for other in self._pushes.contenders(row.source_id, row.key):
            if other is not hooked:
                await self.retract(other, None)
        if (displaced := self._pushes.open_of(row.source_id, row.key)) is not None:
            displaced.gone = True
        await self.enter(hooked)

    async def retract(self, hooked: Hooked, note: HookRecord | None) -> None:
        """A contender was refused by its server: nobody has heard of it, and nobody will."""
        row, kept = hooked.push, hooked.note

        def work(tx: Tx) -> None:
            tx.delete_source_push(row.source_id, row.client)
            if kept is not None:
                tx.change_hook(replace(kept, outcome=HookOutcome.RETRACTED))
            if note is not None:
                tx.add_hook(note)

        await self._store.transact(work)
        self._pushes.remove(hooked)

    async def retract_rivals(self, hooked: Hooked) -> None:
        """The one that was on goes on, so that the server has refused the others."""
        for rival in self._pushes.contenders(hooked.push.source_id, hooked.push.key):
            if rival.began < self._clock.monotonic() - SAME_MOMENT_S:
                await self.retract(rival, None)

    # --- ending ---

    async def end(self, hooked: Hooked, report: Ended, note: HookRecord | None) -> bool:
        """As its server told. False: it is kept in mind, and committed later."""
        if hooked.contends:
            await self.retract(hooked, note)
            return True
        now_ms = self._clock.now_ms()
        lasted_ms = report.duration_ms
        ended_ms = now_ms if lasted_ms is None else min(now_ms, hooked.push.began_ms + max(0, lasted_ms))
        hooked.bytes = max(hooked.bytes, report.bytes or 0)
        rivals = self._pushes.contenders(hooked.push.source_id, hooked.push.key)
        done = await self._close(hooked, self._reason(hooked, report.reason, rivals), ended_ms, note)
        if rivals:
            await self.promote(rivals[-1])
        return done

    async def finish(self, hooked: Hooked, reason: Reason, hook: str, detail: str) -> None:
        """End a push that no hook tells the end of: as of its last sign of life."""
        if hooked.contends:
            await self.retract(hooked, None)
            return
        ended_ms = self._ms_of(hooked.heard)
        await self._close(hooked, reason, ended_ms, self._notes.conclude(hooked, hook, detail))

    async def lose(self, hooked: Hooked) -> None:
        """Its connection was told to be gone, and no stop came."""
        note = self._notes.conclude(hooked, "disconnected", "its connection was gone, and no stop came")
        ended_ms = self._ms_of(hooked.disconnected or hooked.heard)
        await self._close(hooked, self._reason(hooked, reasons.CLIENT_STOPPED, ()), ended_ms, note)

    async def forget(self, rows: Sequence[SourcePush]) -> None:
        """The rows of pushes that are no sessions any more."""

        def work(tx: Tx) -> None:
            for row in rows:
                tx.delete_source_push(row.source_id, row.client)

        await self._store.transact(work)

    async def _close(self, hooked: Hooked, reason: Reason, ended_ms: int, note: HookRecord | None) -> bool:
        row, alive, stored, ticket = hooked.push, hooked.alive, hooked.alive_stored, hooked.ticket
        if ticket is None:
            return True

        def along(tx: Tx) -> None:
            tx.delete_source_push(row.source_id, row.client)
            if alive is not None:
                write(tx, alive, stored=stored, unfinished=False)
            if note is not None:
                tx.add_hook(note)

        activity = self._pushes.activity_of(hooked, ended_ms)
        self._pushes.remove(hooked)
        return await self._sessions.finish(ticket, reason, activity, ended_ms=ended_ms, along=along)

    def _reason(self, hooked: Hooked, told: Reason, rivals: Sequence[Hooked]) -> Reason:
        """What is observed, and no more: a stop that comes with the connection's end is a lost connection."""
        source = self._config.current.sources.get(hooked.push.source_id)
        if rivals and source is not None and adapter_of(source).replaces:
            return reasons.REPLACED
        if hooked.disconnected is None or told != reasons.CLIENT_STOPPED:
            return told
        return reasons.NO_DATA if hooked.stalled else reasons.CONNECTION_CLOSED

    def _ms_of(self, monotonic: float) -> int:
        return self._clock.now_ms() - round((self._clock.monotonic() - monotonic) * 1000)


def _new_push(row: SourcePush) -> NewPush:
    return NewPush(
        domain=row.domain,
        app=row.app,
        stream=row.stream,
        stream_param=row.stream_param,
        user_ip=row.user_ip,
    )
