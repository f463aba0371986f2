"""The outlets: readers get whole streams or key frames, and none of them can hold up a push."""

import asyncio
import stat
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvloop

from airhook.core import flv
from airhook.ingest.chunks import Message
from airhook.ingest.messages import AUDIO, DATA, VIDEO
from airhook.ingest.outlet import OPENING_BYTES, Outlet
from airhook.ingest.outlets import BATCH_BYTES, BEHIND_BYTES, Outlets
from airhook.media.taps import Reachable

WITHIN_S = 30
HEADER = b"\x17\x00\x00\x00\x00conf"
SOUND_HEADER = b"\xaf\x00\x12\x10"
METADATA = b"\x02\x00\x0aonMetaData\x08\x00\x00\x00\x00\x00\x00\x09"


def key(number: int = 0, size: int = 10) -> Message:
    return Message(VIDEO, 1, number * 40, bytearray(b"\x17\x01\x00\x00\x00" + bytes([number % 256]) * size))


def picture(number: int, size: int = 10) -> Message:
    return Message(VIDEO, 1, number * 40, bytearray(b"\x27\x01\x00\x00\x00" + bytes([number % 256]) * size))


def begin(outlet: Outlet) -> None:
    outlet.take(Message(DATA, 1, 0, bytearray(b"\x02\x00\x0d@setDataFrame" + METADATA)))
    outlet.take(Message(VIDEO, 1, 0, bytearray(HEADER)))
    outlet.take(Message(AUDIO, 1, 0, bytearray(SOUND_HEADER)))


def forget_opening(outlet: Outlet) -> None:
    """As if the push had been on for longer."""
    outlet.take(Message(AUDIO, 1, 0, bytearray(OPENING_BYTES + 1)))


class Client:
    """Reads an outlet as a worker does."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self._tags = flv.TagReader()
        self._read: list[flv.Tag] = []

    async def tag(self) -> flv.Tag | None:
        """The next one; None at the end."""
        async with asyncio.timeout(WITHIN_S):
            while not self._read:
                data = await self.reader.read(1 << 16)
                if not data:
                    return None
                self._read = list(self._tags.feed(data))
        return self._read.pop(0)

    async def bodies(self, count: int) -> list[bytes]:
        tags = [await self.tag() for _ in range(count)]
        return [bytes(tag.body) for tag in tags if tag is not None]


@asynccontextmanager
async def outlets(tmp_path: Path):
    """A push (1, 1) with an outlet; gives that and what opens clients."""
    path = tmp_path / ("deep" * 30) / "run" / "outlets.sock"  # deeper than an address of this kind can say
    outlet = Outlet()
    server = Outlets(lambda session, epoch: outlet if (session, epoch) == (1, 1) else None)
    await server.start(path)
    clients: list[Client] = []

    async def dial(line: bytes = b'{"session_id":1,"epoch":1,"what":"tags"}\n') -> Client:
        with Reachable(str(path)) as address:
            client = Client(*await asyncio.open_unix_connection(address))
        clients.append(client)
        client.writer.write(line)
        return client

    try:
        yield outlet, dial, path
    finally:
        await server.stop()
        for client in clients:
            client.writer.close()


async def until(condition) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not condition():
            await asyncio.sleep(0.005)


def test_a_reader_that_comes_at_once_gets_the_push_from_its_start(tmp_path):
    async def main():
        async with outlets(tmp_path) as (outlet, dial, _):
            begin(outlet)
            first, second = key(1), picture(2)
            outlet.take(first)
            outlet.take(second)
            client = await dial()
            await until(lambda: outlet.tag_readers)
            outlet.take(picture(3))
            assert await client.bodies(6) == [
                METADATA, HEADER, SOUND_HEADER, first.payload, second.payload, picture(3).payload
            ]  # fmt: skip
            outlet.end()
            assert await client.tag() is None

    uvloop.run(main())


def test_a_reader_that_comes_later_gets_the_headers_and_what_follows(tmp_path):
    async def main():
        async with outlets(tmp_path) as (outlet, dial, _):
            begin(outlet)
            forget_opening(outlet)
            client = await dial()
            await until(lambda: outlet.tag_readers)
            outlet.take(key(7))
            assert await client.bodies(4) == [METADATA, HEADER, SOUND_HEADER, key(7).payload]

    uvloop.run(main())


def test_a_reader_that_lags_loses_frames_up_to_a_key_frame_and_holds_nobody(tmp_path):
    async def main():
        async with outlets(tmp_path) as (outlet, dial, _):
            begin(outlet)
            lazy, quick = await dial(), await dial()
            await until(lambda: len(outlet.tag_readers) == 2)
            reader = outlet.tag_readers[0]
            count = 3 * BEHIND_BYTES // BATCH_BYTES
            for number in range(count):
                outlet.take(picture(number, BATCH_BYTES))  # so large that it waits for no other
                assert len((await quick.bodies(1 + (3 if number == 0 else 0)))[-1]) > 0
            assert reader.dropped > 0
            got = 0
            while got < count - reader.dropped + 3:
                assert await lazy.tag()
                got += 1
            outlet.take(picture(1))
            outlet.take(Message(AUDIO, 1, 1, bytearray(b"\xaf\x01\x21")))
            outlet.take(key(2))
            outlet.take(picture(3))
            dropped, *rest = await lazy.bodies(3)
            assert flv.dropped_in(dropped) == (reader.dropped - 1, 1)
            assert rest == [key(2).payload, picture(3).payload]

    uvloop.run(main())


def test_a_publisher_cannot_tell_that_frames_were_dropped(tmp_path):
    async def main():
        async with outlets(tmp_path) as (outlet, dial, _):
            begin(outlet)
            outlet.take(Message(DATA, 1, 0, bytearray(flv.dropped_body(1_000_000, 0))))
            outlet.take(key(1))
            client = await dial()
            assert await client.bodies(4) == [METADATA, HEADER, SOUND_HEADER, key(1).payload]

    uvloop.run(main())


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -1.0, 1e300])
def test_a_number_of_dropped_frames_that_cannot_be_is_none(number):
    assert flv.dropped_in(flv.dropped_body(number, 0)) == (0, 0)


def test_key_frames_are_given_on_request_and_each_once(tmp_path):
    async def main():
        async with outlets(tmp_path) as (outlet, dial, _):
            begin(outlet)
            outlet.take(key(1))
            outlet.take(key(2))
            client = await dial(b'{"session_id":1,"epoch":1,"what":"key"}\n\n')
            assert await client.bodies(2) == [HEADER, key(2).payload]
            client.writer.write(b"\n")  # before there is a new one
            outlet.take(picture(3))
            outlet.take(key(4))
            assert await client.bodies(2) == [HEADER, key(4).payload]
            outlet.take(key(5))
            outlet.take(key(6))
            client.writer.write(b"\n")
            assert await client.bodies(2) == [HEADER, key(6).payload]

    uvloop.run(main())


@pytest.mark.parametrize(
    "line",
    [
        b'{"session_id":2,"epoch":1,"what":"tags"}\n',  # no such push
        b'{"session_id":1,"epoch":9,"what":"tags"}\n',  # an earlier connection of it
        b'{"session_id":1,"epoch":1,"what":"all"}\n',
        b"GET / HTTP/1.1\r\n\r\n",
        b"\xff\xfe\n",
        b"x" * 2000,
    ],
)
def test_who_asks_for_nothing_that_is_there_is_sent_away(tmp_path, line):
    async def main():
        async with outlets(tmp_path) as (outlet, dial, _):
            client = await dial(line)
            async with asyncio.timeout(WITHIN_S):
                assert await client.reader.read() == b""
            assert not outlet.tag_readers

    uvloop.run(main())


def test_only_this_user_may_read_and_a_dead_server_s_socket_is_no_obstacle(tmp_path):
    async def main():
        async with outlets(tmp_path) as (_, _, path):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
            second = Outlets(lambda _session, _epoch: None)
            await second.start(path)  # the first one was killed, as far as it knows
            await second.stop()

    uvloop.run(main())
