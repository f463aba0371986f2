"""Sessions: one push from its real start to its real end, however its connections come and go (design D9).

The sources of streams call ``PushGate``; whatever they report becomes one commit that holds the session's step, its
events and their deliveries. The reconnect window is a time in the row, so that a crash forgets nothing.
"""

import asyncio
import logging
from typing import NamedTuple

from msgspec.structs import replace

from airhook.control import admission
from airhook.control.transitions import Transitions
from airhook.core import failpoints, reasons
from airhook.core.clock import Clock, IdMaker
from airhook.core.domains import DEFAULT_RECONNECT_WINDOW_S, normalize_domain
from airhook.core.errors import UnavailableError
from airhook.core.ports import EventPlanner, PushActivity, PushControl, PushTicket, Refusal, Store, Tx
from airhook.core.reasons import Reason
from airhook.core.sessions import WINDOWED, NewPush, NodeIdentity, Replace, Session, SessionState, decide
from airhook.core.snapshot import ConfigHolder
from airhook.core.stats import SessionStats
from airhook.core.streams import StreamKey

TOUCH_INTERVAL_S = 5.0  # how stale last_data_ms of a live session's row may be
RETRY_INTERVAL_S = 1.0  # between tries of a stop that could not be committed
CLOSES_AT_ONCE = 200  # lost sessions whose stops share commits
LONGEST_NAP_S = 1.0  # so that a jump of the wall clock delays no close for long

CONNECTED = frozenset({SessionState.OPENING, SessionState.LIVE})

log = logging.getLogger("airhook.sessions")


class _Connection:
    """A live connection of this node. ``earlier_bytes`` came over earlier connections of the same session."""

    def __init__(self, earlier_bytes: int, control: PushControl) -> None:
        self.earlier_bytes = earlier_bytes
        self.control = control


class _Window(NamedTuple):
    """When a lost session is given up: whichever clock is there first, so that a jump of one holds nothing up."""

    close_due_ms: int
    until: float  # monotonic seconds


class Sessions:
    """The gate of every source, and the keeper of the reconnect windows."""

    def __init__(
        self,
        store: Store,
        config: ConfigHolder,
        planner: EventPlanner,
        node: NodeIdentity,
        clock: Clock,
        ids: IdMaker,
    ) -> None:
        self._store = store
        self._config = config
        self._planner = planner
        self._node = node
        self._clock = clock
        self._ids = ids
        self._connections: dict[PushTicket, _Connection] = {}
        self._by_key: dict[StreamKey, PushTicket] = {}  # the newest connection of each stream
        self._due: dict[int, _Window] = {}  # of lost sessions, by id
        self._unreported: list[tuple[PushTicket, Reason, PushActivity, int]] = []
        self._wake = asyncio.Event()

    def gate(self, source: str) -> "Gate":
        """The ``PushGate`` of one source; ``attach`` the source to it before it listens."""
        return Gate(self, source)

    def stats(self) -> SessionStats:
        return SessionStats(live=len(self._connections), lost=len(self._due))

    async def recover(self) -> None:
        """Take up what an earlier run left open: its live sessions are lost since their last data.

        Their window counts from now; what was handed over keeps its own.
        """
        now_ms = self._clock.now_ms()

        def work(tx: Tx) -> list[Session]:
            return [self._recover_one(tx, session, now_ms) for session in tx.open_sessions()]

        for session in await self._store.transact(work):
            self._watch(session)

    def _recover_one(self, tx: Tx, session: Session, now_ms: int) -> Session:
        if session.state is SessionState.LOST:
            return session
        due_ms = now_ms + self._window_ms(session.domain)
        lost = self._steps(tx).lose(session, reasons.SERVICE_ERROR, session.last_data_ms, due_ms)
        return lost or session

    # --- what a source reports ---

    async def admit(self, push: NewPush, control: PushControl, source: str) -> PushTicket | Refusal:
        """Let a publisher in as a new session or as the continuation of an open one (``core.sessions.decide``)."""
        verdict = admission.judge(self._config.current, push, self._clock.now_ms())
        if isinstance(verdict, Reason):
            return Refusal(verdict)
        push = replace(push, domain=normalize_domain(push.domain))
        key = StreamKey(verdict.account_id, push.domain, push.app, push.stream)
        known = self._last_heard(key)
        failpoints.hit("session.before_admit")
        old, new = await self._store.transact(lambda tx: self._enter(tx, key, push, source, known))
        failpoints.hit("session.after_admit")
        ticket = PushTicket(new.id, new.epoch)
        self._connections[ticket] = _Connection(new.bytes, control)
        self._by_key[key] = ticket
        self._due.pop(new.id, None)
        if old is not None:
            self._drop_old(old, new)
        return ticket

    def _enter(
        self, tx: Tx, key: StreamKey, push: NewPush, source: str, known: PushActivity | None
    ) -> tuple[Session | None, Session]:
        steps = self._steps(tx)
        old = tx.open_session(key)
        if old is None:
            return None, steps.start(key.account_id, push, source)
        fresh = self._freshen(old, known)
        now_ms = self._clock.now_ms()
        decision = decide(fresh, push, now_ms)
        if isinstance(decision, Replace):
            ended_ms = fresh.ended_ms if fresh.state is SessionState.LOST and fresh.ended_ms else now_ms
            steps.close(fresh, decision.reason, ended_ms)
            return old, steps.start(key.account_id, push, source)
        # The writer holds the only transaction, so that nobody can have changed the row since it was read.
        taken = steps.take_over(fresh, push)
        return old, taken or steps.start(key.account_id, push, source)

    def _drop_old(self, old: Session, new: Session) -> None:
        """Close the connection that the new one displaced, if it is still there and ours."""
        ticket = PushTicket(old.id, old.epoch)
        self._due.pop(old.id, None)
        connection = self._connections.pop(ticket, None)
        if connection is not None:
            reason = reasons.REPLACED_SILENT if old.id == new.id else reasons.REPLACED
            connection.control.cut(ticket, reason)

    async def announce(self, ticket: PushTicket, width: int, height: int) -> None:
        def work(tx: Tx) -> None:
            session = self._current(tx, ticket)
            if session is not None and session.state is SessionState.OPENING:
                self._steps(tx).announce(session, width, height)

        failpoints.hit("session.before_announce")
        await self._store.transact(work)
        failpoints.hit("session.after_announce")

    async def resize(self, ticket: PushTicket, width: int, height: int) -> None:
        def work(tx: Tx) -> None:
            session = self._current(tx, ticket)
            if session is not None and session.state is not SessionState.CLOSED:
                self._steps(tx).resize(session, width, height)

        await self._store.transact(work)

    async def end(self, ticket: PushTicket, reason: Reason, activity: PushActivity) -> None:
        """Report the end of a connection; a stop that cannot be committed is kept and tried again."""
        if ticket not in self._connections:
            return
        report = (ticket, reason, activity, self._clock.now_ms())
        try:
            await self._end(*report)
        except UnavailableError as error:
            log.warning("stop of session %s waits for the database: %s", ticket.session_id, error)
            self._unreported.append(report)
            self._wake.set()

    async def _end(self, ticket: PushTicket, reason: Reason, activity: PushActivity, ended_ms: int) -> None:
        def work(tx: Tx) -> Session | None:
            session = self._current(tx, ticket)
            if session is None or session.state not in CONNECTED:
                return None
            return self._finish(tx, self._freshen(session, activity), reason, ended_ms)

        failpoints.hit("session.before_end")
        session = await self._store.transact(work)
        failpoints.hit("session.after_end")
        self._connections.pop(ticket, None)
        if session is not None:
            self._forget_key(session.key, ticket)
            self._watch(session)

    def _finish(self, tx: Tx, session: Session, reason: Reason, ended_ms: int) -> Session | None:
        """Close at once, or wait for a reconnect when the loss may be healed by one."""
        window_ms = self._window_ms(session.domain)
        had_data = session.last_data_ms > session.started_ms
        steps = self._steps(tx)
        if window_ms == 0 or reason not in WINDOWED or (reason == reasons.NO_DATA and not had_data):
            return steps.close(session, reason, ended_ms)
        # A silent publisher has been away since its last data, not since somebody noticed.
        since_ms = session.last_data_ms if reason == reasons.NO_DATA else ended_ms
        return steps.lose(session, reason, ended_ms, since_ms + window_ms)

    # --- what time brings ---

    async def run(self) -> None:
        """Close what is due, save what live sessions have carried, retry what could not be committed. Never returns."""
        next_touch = self._clock.monotonic() + TOUCH_INTERVAL_S
        while True:
            await self._nap(next_touch)
            try:
                await self._retry_unreported()
                await self.close_due()
                if self._clock.monotonic() >= next_touch:
                    next_touch = self._clock.monotonic() + TOUCH_INTERVAL_S
                    await self.touch()
            except UnavailableError as error:
                log.warning("sessions wait for the database: %s", error)
                await asyncio.sleep(RETRY_INTERVAL_S)
            except Exception:
                # Windows must go on being kept, whatever a single session holds.
                log.exception("keeping the sessions failed; it goes on")
                await asyncio.sleep(RETRY_INTERVAL_S)

    async def _nap(self, next_touch: float) -> None:
        self._wake.clear()
        now_ms = self._clock.now_ms()
        now = self._clock.monotonic()
        waits = [LONGEST_NAP_S, next_touch - now]
        waits += [min((one.close_due_ms - now_ms) / 1000, one.until - now) for one in self._due.values()]
        try:
            await asyncio.wait_for(self._wake.wait(), max(0.0, min(waits)))
        except TimeoutError:
            return

    async def _retry_unreported(self) -> None:
        while self._unreported:
            await self._end(*self._unreported[0])
            self._unreported.pop(0)

    async def close_due(self) -> None:
        """Report the stop of every lost session whose window is over."""
        now_ms = self._clock.now_ms()
        now = self._clock.monotonic()
        due = [item for item in self._due.items() if item[1].close_due_ms <= now_ms or item[1].until <= now]
        closes = [self._close_one(session_id, window) for session_id, window in due[:CLOSES_AT_ONCE]]
        for error in await asyncio.gather(*closes, return_exceptions=True):
            if error is not None:
                raise error

    async def _close_one(self, session_id: int, window: _Window) -> None:
        def work(tx: Tx) -> None:
            session = tx.session(session_id)
            if (
                session is None
                or session.state is not SessionState.LOST
                or session.close_due_ms != window.close_due_ms  # it came back, and was lost again
            ):
                return
            self._steps(tx).close(session, session.reason, session.ended_ms or session.last_data_ms)

        await self._store.transact(work)
        if self._due.get(session_id) == window:
            del self._due[session_id]

    async def touch(self) -> None:
        """Save last data and bytes of this node's live sessions, in one statement."""
        seen = [
            (
                ticket.session_id,
                ticket.epoch,
                activity.last_data_ms,
                self._connections[ticket].earlier_bytes + activity.bytes,
            )
            for ticket, activity in self._activities().items()
        ]
        if seen:
            await self._store.transact(lambda tx: tx.touch_sessions(seen))

    async def hand_over(self) -> None:
        """Leave the live sessions to their windows: the process stops, the pushes may go on elsewhere."""
        now_ms = self._clock.now_ms()
        known = self._activities()

        def work(tx: Tx) -> None:
            for ticket in self._connections:
                session = self._current(tx, ticket)
                if session is not None and session.state in CONNECTED:
                    self._finish(tx, self._freshen(session, known.get(ticket)), reasons.SERVICE_ERROR, now_ms)

        if self._connections:
            await self._store.transact(work)
            self._connections.clear()
            self._by_key.clear()

    # --- helpers ---

    def _steps(self, tx: Tx) -> Transitions:
        return Transitions(tx, self._node, self._clock, self._ids, self._config, self._planner)

    def _activities(self) -> dict[PushTicket, PushActivity]:
        """What every connection has carried, asked once of each source."""
        controls = {connection.control for connection in self._connections.values()}
        heard = {ticket: activity for control in controls for ticket, activity in control.activity().items()}
        return {ticket: heard[ticket] for ticket in self._connections if ticket in heard}

    def _last_heard(self, key: StreamKey) -> PushActivity | None:
        """What the stream's newest connection knows better than its row."""
        ticket = self._by_key.get(key)
        connection = self._connections.get(ticket) if ticket else None
        return connection.control.activity().get(ticket) if ticket and connection else None

    def _forget_key(self, key: StreamKey, ticket: PushTicket) -> None:
        if self._by_key.get(key) == ticket:
            del self._by_key[key]

    def _current(self, tx: Tx, ticket: PushTicket) -> Session | None:
        """The session of a ticket, unless another connection has taken it over."""
        session = tx.session(ticket.session_id)
        return session if session is not None and session.epoch == ticket.epoch else None

    def _freshen(self, session: Session, activity: PushActivity | None) -> Session:
        """The row with what its connection knows better."""
        if activity is None:
            return session
        connection = self._connections.get(PushTicket(session.id, session.epoch))
        earlier = connection.earlier_bytes if connection else 0
        return replace(
            session,
            last_data_ms=max(session.last_data_ms, activity.last_data_ms),
            bytes=max(session.bytes, earlier + activity.bytes),
        )

    def _watch(self, session: Session) -> None:
        if session.state is SessionState.LOST and session.close_due_ms is not None:
            left_ms = session.close_due_ms - self._clock.now_ms()
            if session.ended_ms is not None and session.ended_ms < session.close_due_ms:
                # The clock may have gone back since it was lost: it waits no longer for that.
                left_ms = min(left_ms, session.close_due_ms - session.ended_ms)
            self._due[session.id] = _Window(session.close_due_ms, self._clock.monotonic() + left_ms / 1000)
            self._wake.set()

    def _window_ms(self, domain: str) -> int:
        known = self._config.current.domains.get(domain)
        return (known.reconnect_window_s if known else DEFAULT_RECONNECT_WINDOW_S) * 1000


class Gate:
    """``PushGate`` for one source: the sessions, with who asks."""

    def __init__(self, sessions: Sessions, source: str) -> None:
        self._sessions = sessions
        self._source = source
        self._control: PushControl | None = None
        self.announce = sessions.announce
        self.resize = sessions.resize
        self.end = sessions.end

    def attach(self, control: PushControl) -> None:
        """Say which source this is: whose connections the sessions may ask and cut."""
        self._control = control

    async def admit(self, push: NewPush) -> PushTicket | Refusal:
        assert self._control is not None, "attach a source first"
        return await self._sessions.admit(push, self._control, self._source)
