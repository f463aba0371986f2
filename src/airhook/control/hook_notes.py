"""Keeping every hook with what was made of it: each by itself, of periodic ones the last and a count."""

from collections.abc import Sequence

from msgspec.structs import replace

from airhook.control.hooked import Hooked, HookedPushes
from airhook.core.clock import Clock, IdMaker
from airhook.core.hooks import MAX_REQUEST_BYTES, HookOutcome, HookRecord
from airhook.core.ports import Store, Tx
from airhook.core.sources import Source
from airhook.sources.reports import HookReport, HookRequest

MAX_DETAIL = 500
SAVED_AT_ONCE = 50  # periodic hooks in one commit: a few milliseconds of work
ROTATE_MS = 60_000  # for so long periodic hooks of no push are counted together


class HookNotes:
    """Used on the event loop alone; what it gives is written by the transactions of others."""

    def __init__(self, store: Store, clock: Clock, ids: IdMaker) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._periodic: dict[tuple[str, str], HookRecord] = {}
        self._stored: set[int] = set()
        self._changed: set[tuple[str, str]] = set()

    def note(
        self,
        source: Source,
        remote: str,
        request: HookRequest,
        hook: str,
        outcome: HookOutcome,
        detail: str = "",
        session_id: int = 0,
    ) -> HookRecord:
        now_ms = self._clock.now_ms()
        return HookRecord(
            session_id=session_id,
            id=self._ids(),
            account_id=source.account_id,
            source_id=source.id,
            at_ms=now_ms,
            last_ms=now_ms,
            count=1,
            hook=hook[:64],
            remote=remote,
            request=raw(request),
            outcome=outcome,
            detail=detail[:MAX_DETAIL],
        )

    def conclude(self, hooked: Hooked, hook: str, detail: str) -> HookRecord:
        """A stop that no hook told of: what it was concluded from takes the place of one."""
        now_ms = self._clock.now_ms()
        return HookRecord(
            session_id=hooked.push.session_id,
            id=self._ids(),
            account_id=hooked.push.account_id,
            source_id=hooked.push.source_id,
            at_ms=now_ms,
            last_ms=now_ms,
            count=1,
            hook=hook,
            remote="",
            request=b"",
            outcome=HookOutcome.STOPPED,
            detail=detail[:MAX_DETAIL],
        )

    def again(
        self, hooked: Hooked, source: Source, remote: str, request: HookRequest, report: HookReport
    ) -> None:
        """A push goes on: the last such hook and their number are saved with the others, soon."""
        now_ms = self._clock.now_ms()
        known = hooked.alive or self.note(
            source, remote, request, report.hook, HookOutcome.ALIVE, session_id=hooked.push.session_id
        )
        hooked.alive = replace(
            known,
            session_id=hooked.push.session_id,
            last_ms=now_ms,
            count=known.count + (hooked.alive is not None),
            request=raw(request),
            remote=remote,
        )
        hooked.alive_saved = False

    def count(self, source: Source, remote: str, request: HookRequest, hook: str) -> None:
        """A periodic hook of no push."""
        place = (source.id, hook)
        known = self._periodic.get(place)
        if known is None:
            self._periodic[place] = self.note(source, remote, request, hook, HookOutcome.NOTED)
        else:
            now_ms = self._clock.now_ms()
            self._periodic[place] = replace(
                known, last_ms=now_ms, count=known.count + 1, request=raw(request), remote=remote
            )
        self._changed.add(place)

    async def save(self, pushes: HookedPushes) -> None:
        """Save what periodic hooks have told since the last time. Raises ``UnavailableError``; the rest is still to do."""
        told = [one for one in pushes if one.alive and not one.alive_saved and one.push.session_id]
        for start in range(0, len(told), SAVED_AT_ONCE):
            await self._save_alive(told[start : start + SAVED_AT_ONCE])
        counted = [(place, self._periodic[place]) for place in self._changed]
        if counted:
            await self._save_counted(counted)

    async def _save_alive(self, told: Sequence[Hooked]) -> None:
        records = [(one, one.alive) for one in told if one.alive]

        def work(tx: Tx) -> None:
            for one, record in records:
                write(tx, record, stored=one.alive_stored, unfinished=True)

        await self._store.transact(work)
        for one, record in records:
            one.alive_stored = True
            one.alive_saved = one.alive is record

    async def _save_counted(self, counted: Sequence[tuple[tuple[str, str], HookRecord]]) -> None:
        def work(tx: Tx) -> None:
            for _, record in counted:
                write(tx, record, stored=record.id in self._stored, unfinished=not self._is_over(record))

        await self._store.transact(work)
        for place, record in counted:
            self._changed.discard(place)
            self._stored.add(record.id)
            if self._is_over(record):
                self._periodic.pop(place)
                self._stored.discard(record.id)

    def _is_over(self, record: HookRecord) -> bool:
        return self._clock.now_ms() - record.at_ms > ROTATE_MS


def write(tx: Tx, record: HookRecord, *, stored: bool, unfinished: bool) -> None:
    """Write a hook that may have been written before."""
    if not (stored and tx.change_hook(record, unfinished=unfinished)):
        tx.add_hook(record, unfinished=unfinished)


def raw(request: HookRequest) -> bytes:
    """The request as it is kept: without the token, and not longer than any real one."""
    target = request.event + (f"?{request.query}" if request.query else "")
    head = f"{request.method} /{target}\n\n".encode("utf-8", "replace")
    return (head + request.body)[:MAX_REQUEST_BYTES]
