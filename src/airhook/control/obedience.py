"""Ending live pushes because an operator ordered it: the stream was dropped or forbidden (contract 3.3).

An order is a row of the configuration, so that every process may give one and every node hears of it. The node whose
connection it is ends the session and closes the connection; a session that waits for a reconnect ends too.
"""

from collections.abc import Callable, Mapping

from airhook.control.connections import Connections
from airhook.control.transitions import Transitions
from airhook.control.windows import Windows
from airhook.core.clock import Clock
from airhook.core.ports import Store, Tx
from airhook.core.push_ports import PushTicket
from airhook.core.reasons import Reason
from airhook.core.sessions import Session, SessionState
from airhook.core.snapshot import ConfigHolder
from airhook.core.stream_orders import StreamOrder
from airhook.core.streams import StreamKey


class Obedience:
    """Part of ``Sessions``; used on the event loop alone."""

    def __init__(
        self,
        store: Store,
        config: ConfigHolder,
        clock: Clock,
        node: str,
        connections: Connections,
        windows: Windows,
        steps: Callable[[Tx], Transitions],
    ) -> None:
        self._store = store
        self._config = config
        self._clock = clock
        self._node = node
        self._connections = connections
        self._windows = windows
        self._steps = steps
        self._seen: Mapping[StreamKey, StreamOrder] | None = None
        self._obeyed = 0  # the version of the newest order that was obeyed

    async def obey(self) -> None:
        """Carry out the orders that came since the last time. Raises ``UnavailableError``; then they are still new."""
        orders = self._config.current.stream_orders
        if orders is self._seen:
            return
        fresh = [order for order in orders.values() if order.version > self._obeyed]
        for order in fresh:
            await self.enforce(order.key)
        self._obeyed = max((order.version for order in fresh), default=self._obeyed)
        self._seen = orders

    async def enforce(self, key: StreamKey) -> None:
        """End the stream's open session, if there is an order that says so."""
        order = self._config.current.stream_orders.get(key)
        heard = self._connections.last_heard(key)

        def work(tx: Tx) -> tuple[Session, Reason] | None:
            session = tx.open_session(key)
            now_ms = self._clock.now_ms()
            if session is None or order is None or session.owner not in (None, self._node):
                return None
            reason = order.ends(session, now_ms)
            if reason is None:
                return None
            fresh = heard.freshen(session) if heard else session
            lost_ms = fresh.ended_ms if fresh.state is SessionState.LOST else None
            self._steps(tx).close(fresh, reason, lost_ms or now_ms)
            return session, reason

        if ended := await self._store.transact(work):
            session, reason = ended
            self._windows.shut(session.id)
            self._connections.cut(PushTicket(session.id, session.epoch), reason)
