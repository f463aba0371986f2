"""One admitted push, from its start to its end, as the sessions see it.

The connection hands every media message to ``carry``. ``run`` reports to the gate, one call after the other:
the start at the first video header or after a second, the size when it changes, and the end once.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence

from airhook.core.clock import Clock
from airhook.core.facts.push import Abnormality
from airhook.core.push_ports import PushActivity, PushGate, PushMeasure, PushTicket
from airhook.core.reasons import Reason
from airhook.ingest import amf, video
from airhook.ingest.chunks import Message
from airhook.ingest.commands import announced_size, metadata
from airhook.ingest.messages import DATA, DATA_AMF3, VIDEO
from airhook.ingest.meter import Meter
from airhook.ingest.outlet import Outlet
from airhook.ingest.sps import Size
from airhook.ingest.watch import Watch

RETRY_INTERVAL_S = 1.0  # between tries of a report that the gate could not take

_NO_SIZE = Size(0, 0)

Abnormal = Callable[[PushTicket, Sequence[Abnormality]], None]
"""Hears what is wrong with a push; quick, and never raising."""


def unheard(_ticket: PushTicket, _kinds: Sequence[Abnormality]) -> None:
    """Nobody wants to know."""


class Publication:
    """``admitted_ms`` is from before the admission, so that the last data of a push without any is not after it."""

    def __init__(
        self,
        ticket: PushTicket,
        admitted_ms: int,
        clock: Clock,
        on_cut: Callable[[Reason], None],
        on_abnormal: Abnormal = unheard,
    ) -> None:
        self.ticket = ticket
        self.bytes = 0  # received since the start; the connection counts
        self.heard = clock.monotonic()  # when the last data came
        self.cut = on_cut
        self.outlet = Outlet()
        self._clock = clock
        self._meter = Meter(self.heard)
        self._watch = Watch(self.heard, lambda kinds: on_abnormal(ticket, kinds))
        self._last_data_ms = admitted_ms
        self._header_size: Size | None = None
        self._metadata_size = _NO_SIZE
        self._announced: Size | None = None
        self._startable = asyncio.Event()  # the first header came, or the push is over
        self._news = asyncio.Event()  # the size changed, or the push is over
        self._over = asyncio.Event()
        self._reason: Reason | None = None

    def activity(self) -> PushActivity:
        return PushActivity(last_data_ms=self._last_data_ms, bytes=self.bytes)

    def measure(self) -> PushMeasure:
        return self._meter.measure(self._clock.monotonic())

    def carry(self, message: Message, chunk_bytes: int = 0) -> None:
        """Take a whole audio, video or data message, which came in chunks of that size.

        Raises ``AmfError`` when metadata is none.
        """
        self.heard = self._clock.monotonic()
        self._last_data_ms = self._clock.now_ms()
        self._meter.take(message, self.heard)
        self._watch.take(message, self.heard, self._last_data_ms, chunk_bytes)
        if message.type == VIDEO:
            if video.is_sequence_header(message.payload):
                size = video.size_in_header(message.payload)
                if size is None and video.tells_size(message.payload):
                    self._watch.bad_header(self._last_data_ms)
                self._header_size = size or self._header_size
                self._startable.set()
                self._news.set()
        elif message.type in (DATA, DATA_AMF3):
            self._hear_metadata(metadata(message))
        self.outlet.take(message)

    def _hear_metadata(self, announced: dict[str, amf.Value] | None) -> None:
        if announced is not None:
            self._metadata_size = announced_size(announced) or self._metadata_size
            self._meter.announce(announced)
            self._watch.announce(
                self._meter.announced_fps,
                video="videocodecid" in announced,
                audio="audiocodecid" in announced,
            )
            self._news.set()

    def stop(self, reason: Reason | None) -> None:
        """The push is over; ``None`` when its end is another's to report."""
        self._reason = reason
        self.outlet.end()
        self._watch.end(self._clock.monotonic())
        self._over.set()
        self._startable.set()
        self._news.set()

    async def run(self, gate: PushGate, announce_after_s: float, log: logging.Logger) -> None:
        """Report to the gate until the push is over. A push that ends at once is still announced before its end."""
        await _wait(self._startable, announce_after_s)
        while not self._over.is_set():
            self._news.clear()
            if await self._report_size(gate, log):
                await self._news.wait()
            else:
                await _wait(self._over, RETRY_INTERVAL_S)
        if self._reason is not None:
            await self._report_size(gate, log)
            await gate.end(self.ticket, self._reason, self.activity())

    async def _report_size(self, gate: PushGate, log: logging.Logger) -> bool:
        """Announce the push, then whatever size differs from the last; False when the gate could not take it."""
        size = self._header_size or self._metadata_size
        try:
            if self._announced is None:
                await gate.announce(self.ticket, *size)
            elif size not in (self._announced, _NO_SIZE):
                await gate.resize(self.ticket, *size)
        except Exception as error:
            log.warning(
                "a report of a push is to be repeated: %s",
                error,
                extra={"session_id": self.ticket.session_id},
            )
            return False
        self._announced = size
        return True


async def _wait(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
