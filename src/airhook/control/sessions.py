"""Sessions: one push from its real start to its real end, however its connections come and go (design D9).

The sources of streams call ``PushGate``; whatever they report becomes one commit that holds the session's step, its
events and their deliveries. The reconnect window is a time in the row, so that a crash forgets nothing.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from airhook.control import admission
from airhook.control.connections import Connections, Heard, PushWatcher
from airhook.control.ends import Along, End, current, sort_out, unheard
from airhook.control.gate import Gate
from airhook.control.obedience import Obedience
from airhook.control.transitions import Transitions
from airhook.control.upkeep import Upkeep
from airhook.control.windows import Windows
from airhook.core import failpoints, reasons
from airhook.core.clock import Clock, IdMaker
from airhook.core.domains import DEFAULT_RECONNECT_WINDOW_S, normalize_domain
from airhook.core.errors import UnavailableError
from airhook.core.ports import EventPlanner, Store, Tx
from airhook.core.push_ports import PushActivity, PushControl, PushMeasure, PushMeter, PushTicket, Refusal
from airhook.core.reasons import Reason
from airhook.core.sessions import WINDOWED, NewPush, NodeIdentity, Replace, Session, SessionState, decide
from airhook.core.snapshot import ConfigHolder
from airhook.core.stats import SessionStats
from airhook.core.streams import StreamKey

CONNECTED = frozenset({SessionState.OPENING, SessionState.LIVE})

log = logging.getLogger("airhook.sessions")


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
        self._connections = Connections()
        self._windows = Windows(clock)
        self._unreported: dict[PushTicket, End] = {}  # ends that are not committed yet
        self._reporting: set[PushTicket] = set()  # of these, on their way to the database now
        self._meters: list[PushMeter] = []
        self._lasting: PushControl | None = None
        self._obedience = Obedience(
            store, config, clock, node.id, self._connections, self._windows, self._steps
        )
        self.obey = self._obedience.obey
        self._upkeep = Upkeep(
            store, clock, self._connections, self._windows, self._steps, [self.retry_ends, self.obey]
        )
        config.on_swap.append(lambda _: self._upkeep.wake())
        self.run = self._upkeep.run
        self.close_due = self._upkeep.close_due
        self.touch = self._upkeep.touch

    def gate(self, source: str) -> Gate:
        """The ``PushGate`` of one source; ``attach`` the source to it before it listens."""
        return Gate(self, source)

    def stats(self) -> SessionStats:
        return SessionStats(live=len(self._connections), lost=len(self._windows))

    def measures(self) -> dict[int, PushMeasure]:
        """What the live connections of this node carry, by session id."""
        told = [meter.measures() for meter in self._meters]
        return {
            ticket.session_id: measure
            for measures in told
            for ticket, measure in measures.items()
            if ticket in self._connections
        }

    def watched_by(self, watcher: PushWatcher) -> None:
        """Tell it of every connection that comes and goes."""
        self._connections.watched_by(watcher)

    def metered_by(self, meter: PushMeter) -> None:
        """Let a source tell what its connections carry."""
        self._meters.append(meter)

    def lasts(self, control: PushControl) -> None:
        """The connections of this source are not this process's: they go on when it stops."""
        self._lasting = control

    async def recover(self, lasting: Mapping[PushTicket, PushControl] | None = None) -> set[PushTicket]:
        """Take up what an earlier run left open: its live sessions are lost since their last data.

        Their window counts from now; what was handed over keeps its own. ``lasting`` connections are not this
        process's, so that they are still there: their sessions go on. Which of them are on.
        """
        lasting = lasting or {}
        now_ms = self._clock.now_ms()

        def work(tx: Tx) -> tuple[list[Session], list[Session], list[Session]]:
            lost, on, crashed = sort_out(tx.open_sessions(), lasting)
            return lost, on, [self._lose(tx, one, now_ms) for one in crashed]

        handed_over, on, crashed = await self._store.transact(work)
        for session in handed_over:
            self._windows.open(session)
        for session in crashed:
            self._windows.open_for(session, self._window_ms(session.domain))
        tickets = {PushTicket(session.id, session.epoch): session for session in on}
        for ticket, session in tickets.items():
            self._connections.add(ticket, session, lasting[ticket])
        return set(tickets)

    def _lose(self, tx: Tx, session: Session, now_ms: int) -> Session:
        due_ms = now_ms + self._window_ms(session.domain)
        lost = self._steps(tx).lose(session, reasons.SERVICE_ERROR, session.last_data_ms, due_ms)
        return lost or session

    # --- what a source reports ---

    async def admit(self, push: NewPush, control: PushControl, source: str) -> PushTicket | Refusal:
        """Let a publisher in as a new session or as the continuation of an open one (``core.sessions.decide``)."""
        verdict = admission.judge(self._config.current, push, self._clock.now_ms())
        if isinstance(verdict, Reason):
            return Refusal(verdict)
        return await self.enter(push, verdict.account_id, control, source)

    async def enter(
        self, push: NewPush, account_id: int, control: PushControl, source: str, along: Along | None = None
    ) -> PushTicket:
        """``admit`` for a push that was judged. ``along`` is written in the same commit."""
        push = replace(push, domain=normalize_domain(push.domain))
        key = StreamKey(account_id, push.domain, push.app, push.stream)
        heard = self._connections.last_heard(key)
        ends = dict(self._unreported)

        def work(tx: Tx) -> tuple[Session | None, Session]:
            old, new = self._enter(tx, key, push, source, heard, ends)
            if along is not None:
                along(tx, new)
            return old, new

        failpoints.hit("session.before_admit")
        old, new = await self._store.transact(work)
        failpoints.hit("session.after_admit")
        ticket = PushTicket(new.id, new.epoch)
        self._connections.add(ticket, new, control)
        self._windows.shut(new.id)
        if old is not None:
            displaced = reasons.REPLACED_SILENT if old.id == new.id else reasons.REPLACED
            self._windows.shut(old.id)
            self._connections.cut(PushTicket(old.id, old.epoch), displaced)
        if self._config.current.forbids(key, self._clock.now_ms()):
            await self._obedience.enforce(key)  # it was forbidden while it was let in
        return ticket

    def _enter(
        self,
        tx: Tx,
        key: StreamKey,
        push: NewPush,
        source: str,
        heard: Heard | None,
        ends: dict[PushTicket, End],
    ) -> tuple[Session | None, Session]:
        """The displaced session, if there was one, and the one that the push belongs to now."""
        steps = self._steps(tx)
        old = tx.open_session(key)
        if old is not None and (end := ends.get(PushTicket(old.id, old.epoch))):
            # Its connection has ended already; only the commit of that is late.
            self._apply(tx, old, end)
            old = tx.open_session(key)
        if old is None:
            return None, steps.start(key.account_id, push, source)
        fresh = heard.freshen(old) if heard else old
        now_ms = self._clock.now_ms()
        decision = decide(fresh, push, now_ms)
        if isinstance(decision, Replace):
            ended_ms = fresh.ended_ms if fresh.state is SessionState.LOST and fresh.ended_ms else now_ms
            steps.close(fresh, decision.reason, ended_ms)
            return old, steps.start(key.account_id, push, source)
        # The writer holds the only transaction, so that nobody can have changed the row since it was read.
        taken = steps.take_over(fresh, push, source)
        return old, taken or steps.start(key.account_id, push, source)

    async def announce(self, ticket: PushTicket, width: int, height: int) -> None:
        await self.announce_all([(ticket, width, height)])

    async def announce_all(self, starts: Sequence[tuple[PushTicket, int, int]]) -> None:
        """Report the starts of so many, each with its width and height, in one transaction."""
        for ticket, width, height in starts:
            self._connections.resize(ticket, width, height)

        def work(tx: Tx) -> None:
            steps = self._steps(tx)
            for ticket, width, height in starts:
                session = current(tx, ticket)
                if session is not None and session.state is SessionState.OPENING:
                    steps.announce(session, width, height)

        failpoints.hit("session.before_announce")
        await self._store.transact(work)
        failpoints.hit("session.after_announce")

    async def resize(self, ticket: PushTicket, width: int, height: int) -> None:
        self._connections.resize(ticket, width, height)

        def work(tx: Tx) -> None:
            session = current(tx, ticket)
            if session is not None and session.state is not SessionState.CLOSED:
                self._steps(tx).resize(session, width, height)

        await self._store.transact(work)

    async def end(self, ticket: PushTicket, reason: Reason, activity: PushActivity) -> None:
        """Report the end of a connection; a stop that cannot be committed is kept and tried again."""
        await self.finish(ticket, reason, activity)

    async def finish(
        self,
        ticket: PushTicket,
        reason: Reason,
        activity: PushActivity,
        *,
        ended_ms: int | None = None,
        along: Callable[[Tx], None] | None = None,
    ) -> bool:
        """``end``; ``ended_ms`` is when it was, if not now, and ``along`` is written in the same commit.

        False: the commit is still to come.
        """
        if ticket not in self._connections:
            if along is not None:
                await self._store.transact(along)
            return True
        heard = self._connections.heard(ticket, activity)
        self._unreported[ticket] = End(heard, reason, ended_ms or self._clock.now_ms(), along)
        await self._report(ticket)
        self._upkeep.wake()
        return ticket not in self._unreported

    async def _report(self, ticket: PushTicket) -> None:
        """Commit an end; whatever goes wrong, it stays among the unreported ones."""
        end = self._unreported[ticket]

        def work(tx: Tx) -> Session | None:
            session = current(tx, ticket)
            if session is not None:
                return self._apply(tx, session, end)
            if end.along is not None:
                end.along(tx)
            return None

        failpoints.hit("session.before_end")
        self._reporting.add(ticket)
        try:
            session = await self._store.transact(work)
        except UnavailableError as error:
            log.warning("the stop of session %s waits for the database: %s", ticket.session_id, error)
            return
        except Exception:
            log.exception("the stop of session %s could not be saved; it is tried again", ticket.session_id)
            return
        finally:
            self._reporting.discard(ticket)
        failpoints.hit("session.after_end")
        self._unreported.pop(ticket, None)
        self._connections.forget(ticket)
        if session is not None:
            self._windows.shut(session.id)
            self._windows.open(session)

    def _apply(self, tx: Tx, session: Session, end: End) -> Session | None:
        """Close at once, or wait for a reconnect when the loss may be healed by one."""
        if end.along is not None:
            end.along(tx)
        fresh = end.heard.freshen(session)
        final = end.reason not in WINDOWED
        if session.state not in CONNECTED:
            # Handed over to its window while its goodbye was on the way: the goodbye counts.
            goes = final and session.state is SessionState.LOST
            return self._steps(tx).close(fresh, end.reason, end.ended_ms) if goes else None
        steps = self._steps(tx)
        window_ms = self._window_ms(fresh.domain)
        had_data = fresh.last_data_ms > fresh.started_ms
        if window_ms == 0 or final or (end.reason == reasons.NO_DATA and not had_data):
            return steps.close(fresh, end.reason, end.ended_ms)
        # A silent publisher has been away since its last data, not since somebody noticed.
        since_ms = fresh.last_data_ms if end.reason == reasons.NO_DATA else end.ended_ms
        return steps.lose(fresh, end.reason, end.ended_ms, since_ms + window_ms)

    async def retry_ends(self) -> None:
        """Try again what could not be committed; each by itself, so that none holds up another."""
        late = self._unreported.keys() - self._reporting
        await asyncio.gather(*(self._report(ticket) for ticket in late))

    # --- the end of the process ---

    async def hand_over(self) -> None:
        """Leave the live sessions to their windows: the process stops, the pushes may go on elsewhere.

        Ends that wait for their commit are reported with what they were. Lasting connections do not end with us.
        """
        if self._lasting is not None:
            await self.touch()
        now_ms = self._clock.now_ms()
        ends = dict.fromkeys(self._connections.tickets()) | {
            one.ticket: End(one, reasons.SERVICE_ERROR, now_ms) for one in self._connections.all_heard()
        }
        for ticket in self._lasting.activity() if self._lasting else ():
            ends.pop(ticket, None)
        ends.update(self._unreported)

        def work(tx: Tx) -> None:
            for ticket, end in ends.items():
                session = current(tx, ticket)
                if session is not None and session.state in CONNECTED:
                    self._apply(tx, session, end or unheard(session, now_ms))

        if ends:
            await self._store.transact(work)
            for ticket in list(self._unreported):
                self._connections.forget(ticket)
            self._unreported.clear()

    # --- helpers ---

    def _steps(self, tx: Tx) -> Transitions:
        return Transitions(tx, self._node, self._clock, self._ids, self._config, self._planner)

    def _window_ms(self, domain: str) -> int:
        known = self._config.current.domains.get(domain)
        return (known.reconnect_window_s if known else DEFAULT_RECONNECT_WINDOW_S) * 1000
