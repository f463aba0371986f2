"""Blocking calls beside the event loop: bounded, and nobody waits for them when the process ends."""

import asyncio
import os
import subprocess
import sys
import threading

import pytest

from airhook.delivery.aside import Aside

PATIENCE_S = 30
HANGS = """
import asyncio, threading
from airhook.delivery.aside import Aside

async def give_up():
    call = asyncio.create_task(Aside(1, "hangs").run(threading.Event().wait))
    await asyncio.sleep(0)
    call.cancel()

asyncio.run(give_up())
"""


def test_it_gives_what_comes_back_or_is_raised() -> None:
    async def both() -> tuple[int, BaseException | int]:
        aside = Aside(1, "test")
        wrong, right = await asyncio.gather(
            aside.run(lambda: int("none")), aside.run(lambda: 7), return_exceptions=True
        )
        assert isinstance(right, int)
        return right, wrong

    right, wrong = asyncio.run(both())
    assert right == 7
    assert isinstance(wrong, ValueError)


def test_no_more_run_than_may_also_when_their_callers_gave_up() -> None:
    over, began = threading.Event(), threading.Semaphore(0)

    def hangs() -> None:
        began.release()
        over.wait(PATIENCE_S)

    async def scene() -> None:
        aside = Aside(2, "test")
        calls = [asyncio.create_task(aside.run(hangs)) for _ in range(2)]
        for _ in calls:
            assert await asyncio.to_thread(began.acquire, timeout=PATIENCE_S)
        for call in calls:
            call.cancel()
        later = asyncio.create_task(aside.run(hangs))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(later), 0.1)
        assert not began.acquire(blocking=False), "the threads of those who gave up still have their turns"
        over.set()
        await asyncio.wait_for(later, PATIENCE_S)

    asyncio.run(scene())


def test_the_end_of_the_process_waits_for_none() -> None:
    path = os.pathsep.join(filter(None, sys.path))
    subprocess.run(
        [sys.executable, "-c", HANGS], check=True, timeout=PATIENCE_S, env={**os.environ, "PYTHONPATH": path}
    )
