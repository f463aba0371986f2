"""The steps of a session inside one transaction: row, events and deliveries change together (design D9).

``Transitions`` is made for one run of one transaction; every method is compare-and-set and says whether it won.
"""

from typing import Any

from msgspec.structs import replace

from airhook.core.clock import Clock, IdMaker
from airhook.core.events import Event, EventType, Facts, PushEnded, PushStarted
from airhook.core.ports import EventPlanner, Tx
from airhook.core.reasons import Reason
from airhook.core.sessions import NewPush, NodeIdentity, Session, SessionState
from airhook.core.snapshot import ConfigHolder


class Transitions:
    """Each step that leaves ``opening`` makes event 1, each that reaches ``closed`` makes event 0."""

    def __init__(
        self,
        tx: Tx,
        node: NodeIdentity,
        clock: Clock,
        ids: IdMaker,
        config: ConfigHolder,
        planner: EventPlanner,
    ) -> None:
        self._tx = tx
        self._node = node
        self._now_ms = clock.now_ms()
        self._ids = ids
        self._snapshot = config.acting  # one for all events of the step, and the version that they record
        self._planner = planner

    def start(self, account_id: int, push: NewPush, source: str) -> Session:
        """Write a new session in ``opening``."""
        session = Session(
            id=self._ids(),
            account_id=account_id,
            domain=push.domain,
            app=push.app,
            stream=push.stream,
            stream_param=push.stream_param,
            user_ip=push.user_ip,
            node=self._node.ip,
            source=source,
            state=SessionState.OPENING,
            owner=self._node.id,
            epoch=1,
            started_ms=self._now_ms,
            last_data_ms=self._now_ms,
            bytes=0,
            width=0,
            height=0,
        )
        self._tx.insert_session(session)
        return session

    def take_over(self, old: Session, push: NewPush, source: str) -> Session | None:
        """Let a new connection continue an announced session; None when the race is lost."""
        live = replace(
            old,
            state=SessionState.LIVE,
            owner=self._node.id,
            node=self._node.ip,
            user_ip=push.user_ip,
            source=source,
            epoch=old.epoch + 1,
            ended_ms=None,
            errcode=None,
            sub=None,
            close_due_ms=None,
        )
        return self._step(old, live)

    def announce(self, old: Session, width: int, height: int) -> Session | None:
        """``opening`` to ``live``: the start is reported, with the size that is known by now."""
        return self._step(old, replace(old, state=SessionState.LIVE, width=width, height=height))

    def resize(self, old: Session, width: int, height: int) -> Session | None:
        return self._step(old, replace(old, width=width, height=height))

    def lose(self, old: Session, reason: Reason, ended_ms: int, close_due_ms: int) -> Session | None:
        """The connection is gone; the session waits for it until ``close_due_ms``."""
        return self._part(old, SessionState.LOST, reason, ended_ms, close_due_ms)

    def close(self, old: Session, reason: Reason, ended_ms: int) -> Session | None:
        """The push is over, and so it is reported."""
        return self._part(old, SessionState.CLOSED, reason, ended_ms, None)

    def _part(
        self, old: Session, state: SessionState, reason: Reason, ended_ms: int, close_due_ms: int | None
    ) -> Session | None:
        parted = replace(
            old,
            state=state,
            owner=None,
            ended_ms=ended_ms,
            errcode=reason.errcode,
            sub=reason.sub,
            close_due_ms=close_due_ms,
        )
        return self._step(old, parted)

    def _step(self, old: Session, new: Session) -> Session | None:
        if not self._tx.change_session(old, new):
            return None
        if old.state is SessionState.OPENING and new.state is not SessionState.OPENING:
            self._accept(new, EventType.PUSH_STARTED, new.started_ms, self._started(new))
        if new.state is SessionState.CLOSED:
            self._accept(new, EventType.PUSH_ENDED, new.ended_ms or self._now_ms, self._ended(new))
        return new

    def _accept(self, session: Session, event_type: EventType, occurred_ms: int, facts: Facts) -> None:
        event = Event(
            # One start and one stop for each session, held by the primary key.
            id=f"{session.id}-{event_type.value}",
            account_id=session.account_id,
            event_type=event_type,
            domain=session.domain,
            app=session.app,
            stream=session.stream,
            session_id=session.id,
            occurred_ms=occurred_ms,
            accepted_ms=self._now_ms,
            config_version=self._snapshot.version,
            facts=facts,
        )
        self._tx.accept(event, self._planner(event, self._snapshot))

    def _started(self, session: Session) -> PushStarted:
        return PushStarted(**self._common(session))

    def _ended(self, session: Session) -> PushEnded:
        return PushEnded(
            **self._common(session),
            errcode=session.reason.errcode,
            sub=session.reason.sub,
            duration_ms=max(0, session.last_data_ms - session.started_ms),
        )

    def _common(self, session: Session) -> dict[str, Any]:
        account = self._snapshot.accounts.get(session.account_id)
        return {
            "appid": account.appid if account else 0,
            "domain": session.domain,
            "app": session.app,
            "stream": session.stream,
            "stream_param": session.stream_param,
            "user_ip": session.user_ip,
            "node": session.node,
            "set_id": self._node.set_id,
            "idc_id": self._node.idc_id,
            "sequence": session.id,
            "width": session.width,
            "height": session.height,
        }
