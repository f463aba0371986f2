"""Damaged sessions, played to a live connection: nothing escapes, nothing grows, every admitted push ends once.

The damage is drawn from fixed seeds, so that a failure comes back.
"""

import asyncio
import logging
import random
import socket
from collections.abc import Callable, Iterable, Iterator

import pytest

from airhook.core import reasons
from airhook.core.clock import SystemClock
from airhook.core.push_ports import Refusal
from airhook.ingest.admission import Service
from airhook.ingest.connection import Connection
from airhook.ingest.limits import IngestLimits
from airhook.ingest.registry import Registry
from airhook.ingest.rests import Resting, Rests
from support import rtmp_bytes as raw
from support.fake_transport import FakeTransport
from support.publishers import debian_ffmpeg
from support.push_gate import RecordingGate
from support.rtmp_ingest import ingest

LIMITS = IngestLimits(
    message_bytes=64 * 1024,
    buffered_bytes=128 * 1024,
    chunk_streams=8,
    setup_bytes=16 * 1024,
    announce_after_s=60.0,  # a slow machine takes its time over single bytes
)
READ_BYTES = 4096  # at most in one read
TURNS = 1000  # of the event loop, while reading is paused; far more than a session needs
LOSSES = (None, ConnectionResetError(), TimeoutError())

Damage = Callable[[bytearray, random.Random], None]


class NoRests(Rests):
    """Who would rest reads again in the next turn of the loop: here thousands of reads follow each other."""

    def add(self, connection: Resting) -> None:
        asyncio.get_running_loop().call_soon(connection.wake)


class Stage:
    """Plays the bytes of a client to a connection of its own, in pieces."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.most_held = 0
        self._unread, client = socket.socketpair()
        client.close()
        self._log = logging.Logger("fuzz")  # noqa: LOG001 - of nobody's family, so that it needs no cleaning up
        self._log.addHandler(self._handler())

    def close(self) -> None:
        self._unread.close()

    async def play(
        self, pieces: Iterable[bytes], chance: random.Random, gate: RecordingGate, *, patient: bool = False
    ) -> list[str]:
        """Give the names of the gate's calls. A patient client waits until all it sent is taken in."""
        asyncio.get_running_loop().set_exception_handler(
            lambda _loop, context: self.faults.append(str(context))
        )
        registry = Registry(LIMITS)
        connection = Connection(Service(gate, SystemClock(), LIMITS, registry, self._log, rests=NoRests()))
        transport = FakeTransport(connection, self._unread)
        for piece in pieces:
            if not await self._readable(transport):
                break
            connection.data_received(piece)
            self.most_held = max(self.most_held, connection._reader.buffered)
        if patient or chance.random() < 0.5:
            await self._readable(transport)
        transport.lose(chance.choice(LOSSES))
        while registry.tasks:
            await asyncio.wait(registry.tasks, timeout=5)
        assert registry.activity() == {}
        return gate.names()

    async def _readable(self, transport: FakeTransport) -> bool:
        for _ in range(TURNS):
            if transport.is_closing() or transport.reading:
                break
            await asyncio.sleep(0)
        return not transport.is_closing()

    def _handler(self) -> logging.Handler:
        handler = logging.Handler(logging.ERROR)
        handler.emit = lambda record: self.faults.append(str(record.exc_info or record.getMessage()))  # type: ignore[method-assign]
        return handler


def cut(data: bytes, chance: random.Random) -> Iterable[bytes]:
    at = 0
    while at < len(data):
        size = chance.choice((1, 7, 64, 500, READ_BYTES))
        yield data[at : at + size]
        at += size


def assert_sound(stage: Stage, calls: list[str]) -> None:
    assert stage.faults == []
    assert stage.most_held <= LIMITS.buffered_bytes + READ_BYTES
    admitted = calls.count("admit")
    assert calls.count("end") == admitted
    assert calls.count("announce") == admitted


# --- ways to damage a session -------------------------------------------------------------------------------------


def flip_bits(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.randrange(1, 8)):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def set_bytes(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data))
    data[at : at + 4] = bytes([chance.choice((0, 1, 0x7F, 0x80, 0xC3, 0xFF))]) * 4


def drop(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data))
    del data[at : at + chance.randrange(1, 40)]


def repeat(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data))
    data[at:at] = data[at : at + chance.randrange(1, 400)]


def insert(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data))
    data[at:at] = chance.randbytes(chance.randrange(1, 60))


def truncate(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(len(data)) :]


DAMAGES: tuple[Damage, ...] = (flip_bits, set_bytes, drop, repeat, insert, truncate)


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    made.close()


# --- tests --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def recorded() -> bytes:
    """What a real ffmpeg sent after its handshake, from connect to deleteStream."""
    heard: list[bytes] = []

    class Listener(Connection):
        def data_received(self, data: bytes) -> None:
            heard.append(data)
            super().data_received(data)

    async def main() -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("airhook.ingest.server.Connection", Listener)
            async with ingest() as here:
                picture = [
                    "-f",
                    "lavfi",
                    "-i",
                    "testsrc2=size=64x64:rate=10",
                    "-f",
                    "lavfi",
                    "-i",
                    "sine",
                    "-t",
                    "1",
                ]
                codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-f", "flv"]
                url = here.url("live/room1?txSecret=ab")
                process = await asyncio.create_subprocess_exec(
                    debian_ffmpeg(), "-loglevel", "error", "-nostdin", *picture, *codecs, url
                )
                await process.wait()
                assert await here.gate.reason() == reasons.CLIENT_STOPPED

    asyncio.run(main())
    return b"".join(heard)[len(raw.HANDSHAKE) :]


def test_the_recorded_session_is_a_good_one(recorded: bytes, stage: Stage) -> None:
    async def main() -> None:
        chance = random.Random(0)
        for pieces in ([raw.HANDSHAKE + recorded], cut(raw.HANDSHAKE + recorded, chance)):
            gate = RecordingGate()
            await stage.play(pieces, chance, gate, patient=True)
            assert gate.all("announce")[0][1:] == (64, 64)
            assert await gate.reason() == reasons.CLIENT_STOPPED
            assert_sound(stage, gate.names())

    asyncio.run(main())


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_session_of_ffmpeg(damage: Damage, recorded: bytes, stage: Stage) -> None:
    async def main() -> None:
        for seed in range(400):
            chance = random.Random(seed)
            data = bytearray(recorded)
            for _ in range(chance.randrange(1, 4)):
                damage(data, chance)
            gate = RecordingGate()
            if chance.random() < 0.1:
                gate.answer = chance.choice((Refusal(reasons.DOMAIN_UNKNOWN), RuntimeError("unavailable")))
            calls = await stage.play([raw.HANDSHAKE, *cut(bytes(data), chance)], chance, gate)
            if gate.answer is None:
                assert_sound(stage, calls)
            else:
                stage.faults.clear()  # the failing gate is logged as our fault, rightly
                assert "end" not in calls

    asyncio.run(main())


def test_a_session_with_every_kind_of_damage_at_once(stage: Stage) -> None:
    """A small session, so that the damage hits the commands and not only the media."""

    async def main() -> None:
        whole = raw.session(frames=2) + raw.session("room2", frames=1)[len(raw.connect()) :]
        for seed in range(4000):
            chance = random.Random(seed)
            data = bytearray(whole)
            for _ in range(chance.randrange(1, 5)):
                chance.choice(DAMAGES)(data, chance)
                data = data or bytearray(b"\0")
            calls = await stage.play([raw.HANDSHAKE, *cut(bytes(data), chance)], chance, RecordingGate())
            assert_sound(stage, calls)

    asyncio.run(main())


def test_a_session_cut_short_at_every_byte(stage: Stage) -> None:
    async def main() -> None:
        session = raw.session(frames=1)
        for end in range(len(session)):
            calls = await stage.play([raw.HANDSHAKE, session[:end]], random.Random(end), RecordingGate())
            assert_sound(stage, calls)

    asyncio.run(main())


def test_a_session_that_comes_byte_by_byte(stage: Stage) -> None:
    async def main() -> None:
        gate = RecordingGate()
        data = raw.HANDSHAKE + raw.session(frames=20)
        await stage.play((bytes([byte]) for byte in data), random.Random(0), gate, patient=True)
        assert gate.all("announce")[0][1:] == (320, 240)
        assert await gate.reason() == reasons.CLIENT_STOPPED
        assert_sound(stage, gate.names())

    asyncio.run(main())


def test_chance_itself_as_a_client(stage: Stage) -> None:
    async def main() -> None:
        for seed in range(1000):
            chance = random.Random(seed)
            whole = (raw.HANDSHAKE, raw.connect(), raw.publish())
            start = (
                [b"\3", *whole[: chance.randrange(4)]]
                if chance.random() < 0.1
                else [*whole[: chance.randrange(4)]]
            )
            calls = await stage.play([*start, *cut(chance.randbytes(3000), chance)], chance, RecordingGate())
            assert_sound(stage, calls)

    asyncio.run(main())
