"""Who is connected, and which connections carry admitted pushes: the sessions' view of the ingest (``PushControl``)."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Coroutine, Iterator
from typing import Any, Protocol, TypeVar

from airhook.core.push_ports import PushActivity, PushMeasure, PushTicket
from airhook.core.reasons import Reason
from airhook.ingest.limits import IngestLimits
from airhook.ingest.outlet import Outlet
from airhook.ingest.publication import Publication


class Client(Protocol):
    """A connection, as the registry sees it."""

    @property
    def address(self) -> str: ...
    def leave(self) -> None:
        """The server stops: close without reporting an end."""
        ...

    def abort(self) -> None: ...


T = TypeVar("T")

REMEMBERED = 4096  # tickets


class Registry:
    def __init__(self, limits: IngestLimits) -> None:
        self.draining = False
        self.clients: set[Client] = set()
        self.deserted = asyncio.Event()  # nobody is connected
        self.deserted.set()
        self.tasks: set[asyncio.Task[None]] = set()
        self._limits = limits
        self._by_address: Counter[str] = Counter()
        self._pushes: dict[PushTicket, Publication] = {}
        self._admitting = 0
        self._early_cuts: dict[PushTicket, Reason] = {}
        self._gone: dict[PushTicket, None] = {}  # the last ones that were here, oldest first

    def enter(self, client: Client) -> bool:
        """Count a connection in; False when there are too many."""
        full = len(self.clients) >= self._limits.connections
        if full or self._by_address[client.address] >= self._limits.connections_per_address:
            return False
        self.clients.add(client)
        self.deserted.clear()
        self._by_address[client.address] += 1
        return True

    def exit(self, client: Client) -> None:
        if client not in self.clients:
            return
        self.clients.remove(client)
        if not self.clients:
            self.deserted.set()
        self._by_address[client.address] -= 1
        if not self._by_address[client.address]:
            del self._by_address[client.address]

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run what reports to the sessions; a stop of the server waits for it."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    @contextlib.contextmanager
    def admission(self) -> Iterator[None]:
        """While a push is judged; ``add`` it before this ends."""
        self._admitting += 1
        try:
            yield
        finally:
            self._admitting -= 1
            if not self._admitting:
                self._early_cuts.clear()

    def add(self, push: Publication) -> Reason | None:
        """Make an admitted push known; gives the reason when it was cut before we knew its ticket."""
        early_cut = self._early_cuts.pop(push.ticket, None)
        if early_cut is None:
            self._pushes[push.ticket] = push
        else:
            _remember(self._gone, push.ticket, None)
        return early_cut

    def remove(self, push: Publication) -> None:
        if self._pushes.pop(push.ticket, None):
            _remember(self._gone, push.ticket, None)

    def outlet(self, session_id: int, epoch: int) -> Outlet | None:
        """Of a push that is here."""
        push = self._pushes.get(PushTicket(session_id, epoch))
        return push.outlet if push is not None else None

    def activity(self) -> dict[PushTicket, PushActivity]:
        return {ticket: push.activity() for ticket, push in self._pushes.items()}

    def measures(self) -> dict[PushTicket, PushMeasure]:
        return {ticket: push.measure() for ticket, push in self._pushes.items()}

    def cut(self, ticket: PushTicket, reason: Reason) -> None:
        push = self._pushes.get(ticket)
        if push is not None:
            push.cut(reason)
        elif self._admitting and ticket not in self._gone:
            # A push may be replaced while its own admission is still on its way back to us.
            _remember(self._early_cuts, ticket, reason)


def _remember(tickets: dict[PushTicket, T], ticket: PushTicket, what: T) -> None:
    tickets[ticket] = what
    if len(tickets) > REMEMBERED:
        del tickets[next(iter(tickets))]
