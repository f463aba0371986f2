"""The pushes that media servers have told of, in memory; each is a row too, so that a restart forgets none."""

import asyncio
from collections.abc import Iterator
from typing import NamedTuple

from airhook.core.clock import Clock
from airhook.core.hooks import HookRecord, PushState, SourcePush
from airhook.core.push_ports import PushActivity, PushTicket
from airhook.core.reasons import Reason
from airhook.core.streams import StreamKey
from airhook.sources.reports import Alive, Ended

REMEMBERED_S = 600.0  # clients whose push has ended: what they still tell belongs to it
EARLY_S = 10.0  # a stop may come so long before its start

Client = tuple[str, str]
"""Source id, and the server's name for the connection."""


class Hooked:
    """One push. Times without ``_ms`` are seconds of the monotonic clock."""

    def __init__(self, push: SourcePush, clock: Clock) -> None:
        self.push = push
        self.ticket: PushTicket | None = None  # None while it is let in, and while it contends
        self.began = self.heard = clock.monotonic()
        self.last_data_ms: int | None = None  # None: the server has not told of data
        self.media_ms: int | None = None
        self.told = False  # the server has said that it goes on
        self.stalled = False  # the server tells that no data comes
        self.bytes = 0
        self.width = self.height = 0
        self.announced = self.asked = False
        self.announces = False  # at once
        self.disconnected: float | None = None
        self.rests_until = 0.0  # nothing is due before
        self.gone = False  # its server has nothing to be told about it
        self.note: HookRecord | None = None  # of a contender: the hook that told of it
        self.alive: HookRecord | None = None  # the last update, and how many
        self.alive_saved = self.alive_stored = False

    @property
    def client(self) -> Client:
        return self.push.source_id, self.push.client

    @property
    def contends(self) -> bool:
        return self.push.state is PushState.CONTENDING

    def hear(self, report: Alive, clock: Clock) -> bool:
        """Take in that it goes on; whether its picture has another size than before."""
        self.heard = clock.monotonic()
        self.told = self.announces = True  # it is really there
        if report.media_ms is not None or report.bytes is not None:
            before = (self.media_ms, self.bytes)
            self.media_ms = report.media_ms if report.media_ms is not None else self.media_ms
            self.bytes = max(self.bytes, report.bytes or 0)
            moved = (self.media_ms, self.bytes) != before or self.last_data_ms is None
            self.stalled = not moved
            if moved:
                self.last_data_ms = clock.now_ms()
        size = (report.width, report.height)
        if not all(size) or size == (self.width, self.height):
            return False
        self.width, self.height = size
        return True


class Past(NamedTuple):
    """A push that has ended; ``cut`` is why, when it was us who ended it."""

    session_id: int
    until: float
    cut: Reason | None = None


class HookedPushes:
    """Used on the event loop alone. Implements ``PushControl``."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_client: dict[Client, Hooked] = {}
        self._open: dict[tuple[str, StreamKey], Hooked] = {}  # by source and stream
        self._contending: dict[tuple[str, StreamKey], dict[Client, Hooked]] = {}  # likewise
        self._by_ticket: dict[PushTicket, Hooked] = {}
        self._past: dict[Client, Past] = {}
        self._early: dict[Client, tuple[Ended, float]] = {}
        self.cut_off: list[tuple[Hooked, Reason]] = []  # by us; their servers and rows do not know yet
        self._some = asyncio.Event()  # there may be something to look after

    def __iter__(self) -> Iterator[Hooked]:
        return iter(list(self._by_client.values()))

    async def wait_for_some(self) -> None:
        """Return once a push is on, or has been cut off and its server does not know yet."""
        if not self._by_client and not self.cut_off:
            self._some.clear()
            await self._some.wait()

    def get(self, client: Client) -> Hooked | None:
        return self._by_client.get(client)

    def open_of(self, source_id: str, key: StreamKey) -> Hooked | None:
        """The push of a stream that is on, or being let in."""
        return self._open.get((source_id, key))

    def contenders(self, source_id: str, key: StreamKey) -> list[Hooked]:
        """The others who want a stream, in the order in which they came."""
        return list(self._contending.get((source_id, key), {}).values())

    def add(self, hooked: Hooked) -> None:
        self._by_client[hooked.client] = hooked
        self._some.set()
        self._past.pop(hooked.client, None)
        place = (hooked.push.source_id, hooked.push.key)
        if hooked.contends:
            self._contending.setdefault(place, {})[hooked.client] = hooked
            return
        self._contends_no_more(hooked)
        self._open[place] = hooked

    def give(self, hooked: Hooked, ticket: PushTicket) -> None:
        """It is let in."""
        hooked.ticket = ticket
        self._by_ticket[ticket] = hooked

    def remove(self, hooked: Hooked) -> None:
        """It is over; what its client still tells belongs to its session."""
        self.discard(hooked)
        self.remember(hooked.client, hooked.push.session_id)

    def discard(self, hooked: Hooked) -> None:
        """It never was."""
        if self._by_client.get(hooked.client) is hooked:
            del self._by_client[hooked.client]
        self._contends_no_more(hooked)
        place = (hooked.push.source_id, hooked.push.key)
        if self._open.get(place) is hooked:
            del self._open[place]
        if hooked.ticket is not None:
            self._by_ticket.pop(hooked.ticket, None)

    def _contends_no_more(self, hooked: Hooked) -> None:
        place = (hooked.push.source_id, hooked.push.key)
        rivals = self._contending.get(place, {})
        if rivals.get(hooked.client) is hooked:
            del rivals[hooked.client]
        if not rivals:
            self._contending.pop(place, None)

    def remember(self, client: Client, session_id: int, cut: Reason | None = None) -> None:
        self._past[client] = Past(session_id, self._clock.monotonic() + REMEMBERED_S, cut)

    def forget(self, client: Client) -> None:
        self._past.pop(client, None)

    def past(self, client: Client) -> Past | None:
        """Whether a client's push has ended; asking keeps it in mind."""
        if (found := self._past.get(client)) is not None:
            self.remember(client, found.session_id, found.cut)
        return found

    def keep_early(self, client: Client, report: Ended) -> None:
        """A stop whose start is not here yet."""
        self._early[client] = (report, self._clock.monotonic() + EARLY_S)

    def take_early(self, client: Client) -> Ended | None:
        report, _ = self._early.pop(client, (None, 0.0))
        return report

    def forget_old(self) -> None:
        now = self._clock.monotonic()
        self._past = {client: past for client, past in self._past.items() if past.until > now}
        self._early = {client: one for client, one in self._early.items() if one[1] > now}

    # --- PushControl ---

    def activity(self) -> dict[PushTicket, PushActivity]:
        return {ticket: self.activity_of(hooked) for ticket, hooked in self._by_ticket.items()}

    def activity_of(self, hooked: Hooked, ended_ms: int | None = None) -> PushActivity:
        """Of a push whose server tells nothing of its data it is assumed that they come, until it ends."""
        now_ms = self._clock.now_ms() if ended_ms is None else ended_ms
        told_ms = hooked.last_data_ms
        if told_ms is None or (ended_ms is not None and not hooked.stalled):
            told_ms = now_ms
        return PushActivity(last_data_ms=told_ms, bytes=hooked.bytes)

    def cut(self, ticket: PushTicket, reason: Reason) -> None:
        hooked = self._by_ticket.get(ticket)
        if hooked is not None:
            self.remove(hooked)
            if not hooked.gone:
                self.remember(hooked.client, hooked.push.session_id, reason)
            self.cut_off.append((hooked, reason))
            self._some.set()
