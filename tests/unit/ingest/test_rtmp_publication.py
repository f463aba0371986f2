"""When a push is announced, with what size, and what the sessions hear of its end."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from airhook.core import reasons
from airhook.core.errors import UnavailableError
from airhook.core.push_ports import PushActivity, PushTicket
from airhook.ingest import publication as subject
from airhook.ingest.chunks import Message
from airhook.ingest.errors import AmfError
from airhook.ingest.publication import Publication
from support import rtmp_bytes as raw
from support.push_gate import RecordingGate

TICKET = PushTicket(7, 2)
ADMITTED_MS = 1_768_477_801_000
NEVER_S = 60.0
LOG = logging.getLogger("test")

HEADER_320 = raw.AVC_HEADER
HEADER_640 = bytes.fromhex(
    "17000000000142c016ffe100196742c016da0280bfe5c044000003000400000300783c58ba8001000468ce0fc8"
)
HEADER_WITHOUT_SIZE = b"\x90vp09" + bytes(12)


class StepClock:
    """Each look at it is a second later."""

    def __init__(self) -> None:
        self.ms = ADMITTED_MS

    def now_ms(self) -> int:
        self.ms += 1000
        return self.ms

    def monotonic(self) -> float:
        return self.ms / 1000


def video(payload: bytes) -> Message:
    return Message(raw.VIDEO, 1, 0, bytearray(payload))


def metadata(width: float | str, height: float | str) -> Message:
    entries = {"width": width, "height": height}
    payload = raw.text("@setDataFrame") + raw.text("onMetaData") + raw.ecma_array(entries)
    return Message(raw.DATA, 1, 0, bytearray(payload))


@asynccontextmanager
async def running(gate: RecordingGate, announce_after_s: float = NEVER_S) -> AsyncIterator[Publication]:
    push = Publication(TICKET, ADMITTED_MS, StepClock(), lambda _reason: None)
    task = asyncio.create_task(push.run(gate, announce_after_s, LOG))
    yield push
    push.stop(reasons.CLIENT_STOPPED)
    await asyncio.wait_for(task, 5)


def test_the_first_header_announces_its_size() -> None:
    async def main() -> None:
        gate = RecordingGate()
        async with running(gate) as push:
            push.carry(metadata(1.0, 2.0))
            push.carry(video(HEADER_320))
            assert await gate.wait("announce") == (TICKET, 320, 240)

    asyncio.run(main())


@pytest.mark.parametrize(
    ("messages", "size"),
    [
        pytest.param([], (0, 0), id="no media"),
        pytest.param([Message(raw.AUDIO, 1, 0, bytearray(raw.AAC_FRAME))], (0, 0), id="audio only"),
        pytest.param([metadata(1280.0, 720.0)], (1280, 720), id="metadata"),
        pytest.param(
            [metadata(1280.0, 720.0), metadata(0.0, 0.0)], (1280, 720), id="metadata with and without a size"
        ),
        pytest.param([video(b"\x22" + bytes(50))], (0, 0), id="a codec without headers"),
        pytest.param([metadata("640", 480.0)], (0, 0), id="a width that is text"),
        pytest.param([metadata(float("nan"), 480.0)], (0, 0), id="a width that is no number"),
        pytest.param([metadata(-1.0, 480.0)], (0, 0), id="a negative width"),
        pytest.param([metadata(1e300, 480.0)], (0, 0), id="a giant width"),
    ],
)
def test_without_a_header_the_announcement_waits_its_time(
    messages: list[Message], size: tuple[int, int]
) -> None:
    async def main() -> None:
        gate = RecordingGate()
        async with running(gate, announce_after_s=0.15) as push:
            started = asyncio.get_running_loop().time()
            for message in messages:
                push.carry(message)
            assert await gate.wait("announce") == (TICKET, *size)
            assert asyncio.get_running_loop().time() - started > 0.1
        assert gate.names() == ["announce", "end"]

    asyncio.run(main())


def test_a_header_without_a_size_announces_what_the_metadata_said() -> None:
    async def main() -> None:
        gate = RecordingGate()
        async with running(gate) as push:
            push.carry(metadata(1280.0, 720.0))
            push.carry(video(HEADER_WITHOUT_SIZE))
            assert await gate.wait("announce") == (TICKET, 1280, 720)

    asyncio.run(main())


def test_a_size_that_comes_late_or_changes_is_reported_once_each() -> None:
    async def main() -> None:
        gate = RecordingGate()
        async with running(gate, announce_after_s=0) as push:
            await gate.wait("announce")
            push.carry(metadata(1280.0, 720.0))
            assert await gate.wait("resize", 1) == (TICKET, 1280, 720)
            push.carry(video(HEADER_320))
            assert await gate.wait("resize", 2) == (TICKET, 320, 240)
            push.carry(video(HEADER_320))  # encoders repeat it
            push.carry(metadata(1280.0, 720.0))  # the header knows better
            push.carry(video(HEADER_640))
            assert await gate.wait("resize", 3) == (TICKET, 640, 360)
            push.carry(video(HEADER_WITHOUT_SIZE))  # knows no better
        assert gate.names() == ["announce", "resize", "resize", "resize", "end"]

    asyncio.run(main())


def test_a_push_that_is_over_at_once_keeps_its_size() -> None:
    async def main() -> None:
        gate = RecordingGate()
        async with running(gate) as push:
            push.carry(video(HEADER_320))
        assert gate.all("announce") == [(TICKET, 320, 240)]
        assert gate.names() == ["announce", "end"]

    asyncio.run(main())


def test_the_end_tells_the_reason_the_last_data_and_the_bytes() -> None:
    async def main() -> None:
        gate = RecordingGate()
        async with running(gate) as push:
            push.carry(video(HEADER_320))
            push.carry(video(raw.AVC_FRAME))
            push.bytes = 1234
        activity = PushActivity(last_data_ms=ADMITTED_MS + 2000, bytes=1234)
        assert gate.all("end") == [(TICKET, reasons.CLIENT_STOPPED, activity)]

    asyncio.run(main())


def test_without_data_the_last_data_is_not_after_the_admission() -> None:
    """The sessions tell a push without any data from one that fell silent by this."""

    async def main() -> None:
        gate = RecordingGate()
        async with running(gate):
            pass
        assert gate.all("end")[0][2] == PushActivity(last_data_ms=ADMITTED_MS, bytes=0)

    asyncio.run(main())


def test_a_push_that_was_cut_reports_nothing_more() -> None:
    async def main() -> None:
        gate = RecordingGate()
        push = Publication(TICKET, ADMITTED_MS, StepClock(), lambda _reason: None)
        push.stop(None)
        await push.run(gate, NEVER_S, LOG)
        assert gate.calls == []

    asyncio.run(main())


@pytest.mark.parametrize(
    "failure", [UnavailableError(), RuntimeError("bug")], ids=["no database", "a fault of ours"]
)
def test_reports_that_fail_are_repeated(failure: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "RETRY_INTERVAL_S", 0.01)

    async def main() -> None:
        gate = RecordingGate()
        gate.failures = [failure, failure]
        async with running(gate) as push:
            push.carry(video(HEADER_320))
            assert await gate.wait("announce") == (TICKET, 320, 240)
            gate.failures = [failure]
            push.carry(video(HEADER_640))
            assert await gate.wait("resize") == (TICKET, 640, 360)
        assert gate.names() == ["announce", "resize", "end"]

    asyncio.run(main())


def test_the_end_is_reported_although_the_announcement_never_could() -> None:
    async def main() -> None:
        gate = RecordingGate()
        gate.failures = [UnavailableError()] * 3
        async with running(gate) as push:
            push.carry(video(HEADER_320))
            await asyncio.sleep(0)
        assert gate.names() == ["end"]

    asyncio.run(main())


def test_metadata_that_is_none_is_an_amf_error() -> None:
    async def main() -> None:
        push = Publication(TICKET, ADMITTED_MS, StepClock(), lambda _reason: None)
        with pytest.raises(AmfError):
            push.carry(Message(raw.DATA, 1, 0, bytearray(b"\2\xff\xff")))

    asyncio.run(main())


def test_other_data_messages_are_carried_without_a_size() -> None:
    async def main() -> None:
        gate = RecordingGate()
        async with running(gate, announce_after_s=0) as push:
            push.carry(
                Message(raw.DATA, 1, 0, bytearray(raw.text("onTextData") + raw.amf_object({"width": 9.0})))
            )
            push.carry(
                Message(15, 1, 0, bytearray(b"\0" + raw.text("onMetaData") + raw.amf_object({"width": 9.0})))
            )
        assert gate.all("announce") == [(TICKET, 0, 0)]

    asyncio.run(main())
