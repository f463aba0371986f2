"""An application that is made beside the event loop."""

import asyncio
import threading

import pytest
from starlette.responses import PlainTextResponse

from airhook.web.later import Later

SOON_S = 10


class Maker:
    """Makes an application when it is told; ``fault`` is what it raises instead."""

    def __init__(self, fault=None):
        self.threads = []
        self.go = threading.Event()
        self._fault = fault

    def __call__(self):
        self.threads.append(threading.current_thread())
        assert self.go.wait(SOON_S)
        if self._fault:
            raise self._fault
        return PlainTextResponse("made")


async def ask(app):
    """The body of its answer."""
    sent = []

    async def send(message):
        sent.append(message)

    await app({"type": "http", "method": "GET", "path": "/", "headers": []}, None, send)
    return sent[-1]["body"]


def test_all_who_ask_before_it_is_there_wait_for_the_one():
    async def scenario():
        make = Maker()
        later = Later(make)
        asking = [asyncio.create_task(ask(later)) for _ in range(3)]
        await asyncio.sleep(0)
        asking[0].cancel()  # the first one leaves: the others lose nothing by it
        make.go.set()
        answers = await asyncio.gather(*asking, return_exceptions=True)
        assert isinstance(answers[0], asyncio.CancelledError)
        assert answers[1:] == [b"made", b"made"]
        assert await ask(later) == b"made"
        assert make.threads != [threading.current_thread()]
        assert len(make.threads) == 1

    asyncio.run(asyncio.wait_for(scenario(), SOON_S))


@pytest.mark.parametrize("kind", [OSError, ImportError])
def test_what_the_system_lacked_is_asked_for_again(kind):
    async def scenario():
        make = Maker(kind("Too many open files"))
        make.go.set()
        later = Later(make)
        with pytest.raises(kind, match="Too many open files"):
            await ask(later)
        make._fault = None
        assert await ask(later) == b"made"

    asyncio.run(asyncio.wait_for(scenario(), SOON_S))


def test_what_was_wrong_is_told_to_each_who_asks():
    async def scenario():
        make = Maker(RuntimeError("no templates"))
        make.go.set()
        later = Later(make)
        for _ in range(2):
            with pytest.raises(RuntimeError, match="no templates"):
                await ask(later)

    asyncio.run(asyncio.wait_for(scenario(), SOON_S))
