"""Works of one turn of an event loop go to the writer together; those without room hear of it."""

import asyncio
from collections import deque

import pytest

from airhook.core.errors import UnavailableError
from airhook.storage.sqlite.jobs import CLOSED, TOO_MANY, Job, Queue, Turns, Work


def put(turns, count):
    """So many works within one turn; their futures."""
    loop = asyncio.get_running_loop()
    works = [Work(lambda tx: None, loop, loop.create_future()) for _ in range(count)]
    for work in works:
        turns.put(work)
    return works


def taken(queue):
    works: deque[Work] = deque()
    jobs: deque[Job] = deque()
    queue.take(works, jobs, 0)
    return list(works)


def test_nothing_is_handed_in_before_the_turn_is_over():
    async def scene():
        queue = Queue()
        turns = Turns(queue)
        first = put(turns, 3)
        assert taken(queue) == []
        await asyncio.sleep(0)
        assert taken(queue) == first
        second = put(turns, 2)
        await asyncio.sleep(0)
        assert taken(queue) == second
        assert queue.waiting() == (5, 0)

    asyncio.run(scene())


@pytest.mark.parametrize(("closes", "why", "in_time"), [(False, TOO_MANY, 2), (True, CLOSED, 0)])
def test_those_without_room_are_told_why_and_the_others_are_not_harmed(closes, why, in_time):
    async def scene():
        queue = Queue(max_works=2)
        if closes:
            queue.close()
        works = put(Turns(queue), 4)
        works[-1].future.cancel()  # its caller gave up
        await asyncio.sleep(0)
        assert taken(queue) == works[:in_time]
        assert [work.future.done() for work in works[:in_time]] == [False] * in_time
        for work in works[in_time:-1]:
            assert isinstance(work.future.exception(), UnavailableError)
            assert str(work.future.exception()) == why

    asyncio.run(scene())


def test_answers_make_room():
    async def scene():
        queue = Queue(max_works=2)
        turns = Turns(queue)
        put(turns, 2)
        await asyncio.sleep(0)
        queue.answered(1)
        works = put(turns, 2)
        await asyncio.sleep(0)
        assert works[0] in taken(queue)
        assert isinstance(works[1].future.exception(), UnavailableError)

    asyncio.run(scene())


def test_loops_do_not_mix():
    queue = Queue()
    turns = Turns(queue)

    async def scene():
        works = put(turns, 1)
        await asyncio.sleep(0)
        assert taken(queue) == works

    for _ in range(2):
        asyncio.run(scene())


def test_what_is_handed_in_before_the_end_of_its_turn_is_handed_in_once():
    async def scene():
        queue = Queue()
        turns = Turns(queue)
        works = put(turns, 2)
        turns.end()
        assert taken(queue) == works
        await asyncio.sleep(0)
        assert taken(queue) == []

    asyncio.run(scene())
