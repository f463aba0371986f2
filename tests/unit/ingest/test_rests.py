"""Rests between reads: frames gather, and a large push is not slowed down."""

import asyncio
import time

import uvloop

from airhook.ingest.rests import REST_S, Rests
from support import rtmp_bytes as raw
from support.rtmp_ingest import ingest


class Sleeper:
    def __init__(self, woken: "asyncio.Queue[tuple[object, float]]") -> None:
        self._woken = woken

    def wake(self) -> None:
        self._woken.put_nowait((self, time.monotonic()))


def test_all_that_rest_wake_up_together_and_can_rest_again():
    async def main():
        woken: asyncio.Queue[tuple[object, float]] = asyncio.Queue()
        rests, began = Rests(), time.monotonic()
        first, second = Sleeper(woken), Sleeper(woken)
        rests.add(first)
        rests.add(second)
        (one, at), (other, _) = await woken.get(), await woken.get()
        assert [one, other] == [first, second]
        assert at - began >= REST_S * 0.9
        rests.add(second)
        assert (await woken.get())[0] is second

    uvloop.run(asyncio.wait_for(main(), 10))


def test_a_push_that_sends_much_is_read_without_rests():
    """With a rest after each read of 256 KiB, this would take more than twelve seconds."""

    async def main():
        async with ingest() as here:
            client = await here.publisher()
            client.send(raw.control(1, 65_536))  # the size of chunks
            frame = raw.message(9, b"\x27\x01\x00\x00\x00" + bytes(250_000), chunk_bytes=65_536)
            began = time.monotonic()
            for _ in range(256):
                client.send(frame)
            while next(iter(here.server.activity().values())).bytes < 64_000_000:
                await asyncio.sleep(0.005)
            assert time.monotonic() - began < 10

    uvloop.run(asyncio.wait_for(main(), 30))
