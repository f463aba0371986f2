"""What lists show: unsettled and settled deliveries together, newest first, with their last attempt."""

import asyncio
import threading

from msgspec.structs import replace

from airhook.core.clock import IdMaker
from airhook.core.deliveries import DeliveryState, Outcome
from airhook.core.search import Filter
from support.storage import (
    DAY_MS,
    NOON_MS,
    accept,
    accept_one,
    attempt,
    delivered,
    delivery,
    event,
    failed,
    settle,
)


def view(store, work):
    return asyncio.run(store.read(work))


def recent(store, account_id=None, limit=50):
    return view(store, lambda v: v.search(account_id, Filter(), limit).records)


def test_nothing_is_an_empty_list(store):
    assert recent(store) == []
    assert view(store, lambda v: v.delivery(None, 1)) is None
    assert view(store, lambda v: v.attempts(1)) == []


def test_settled_and_unsettled_ones_are_merged(store):
    first, second, third, fourth = (accept_one(store) for _ in range(4))
    bad, good = failed(second), delivered(third)
    settle(store, bad, good)
    settle(store, delivered(first))
    shown = recent(store)
    assert [one.delivery.id for one in shown] == [fourth.id, third.id, second.id, first.id]
    assert [one.delivery.state.value for one in shown] == ["pending", "delivered", "waiting", "delivered"]
    assert [one.last_attempt for one in shown[:3]] == [None, good.attempt, bad.attempt]
    assert recent(store, limit=2) == shown[:2]


def test_an_account_sees_its_own(store):
    mine, other = event(), event(account_id=2)
    (first,), (second,) = accept(store, mine, delivery(mine)), accept(store, other, delivery(other))
    settled = accept(store, e := event(account_id=2), delivery(e))[0]
    settle(store, delivered(settled))
    assert [one.delivery.id for one in recent(store, 1)] == [first.id]
    assert [one.delivery.id for one in recent(store, 2)] == [settled.id, second.id]
    assert view(store, lambda v: v.delivery(1, second.id)) is None
    assert view(store, lambda v: v.delivery(1, settled.id)) is None
    assert view(store, lambda v: v.delivery(2, settled.id)).delivery.account_id == 2
    assert view(store, lambda v: v.delivery(None, second.id)).delivery == second


def test_the_newest_are_found_behind_many_of_another_account(store):
    mine = accept_one(store)
    other = event(account_id=2)
    accept(store, other, *(delivery(other) for _ in range(1200)))
    assert [one.delivery.id for one in recent(store, 1, 5)] == [mine.id]


def test_days_are_joined(store, backend):
    """Attempts of one delivery on three days; deliveries settled on different days; ids as the id maker makes them."""
    ids = IdMaker(backend.clock)
    slow = accept_one(store, id=ids())
    day_by_day = []
    for n in range(3):
        quick = accept_one(store, id=ids())
        settle(store, delivered(quick), failed(slow))
        slow = replace(slow, attempts=slow.attempts + 1)
        day_by_day.append(quick.id)
        backend.clock.now += DAY_MS
        assert len(view(store, lambda v, of=slow.id: v.attempts(of))) == n + 1
    settle(store, Outcome(delivery=slow, attempt=attempt(slow, status=204), state=DeliveryState.DELIVERED))

    assert [one.n for one in view(store, lambda v: v.attempts(slow.id))] == [1, 2, 3, 4]
    assert [one.delivery.id for one in recent(store)] == [*reversed(day_by_day), slow.id]
    assert recent(store)[-1].last_attempt.status == 204
    assert [one.delivery.id for one in recent(store, limit=2)] == [day_by_day[2], day_by_day[1]]
    backend.reopen()
    assert recent(backend.store)[-1].settled_ms == NOON_MS + 3 * DAY_MS


def test_reading_does_not_wait_for_the_writer(store, backend):
    """A transaction that takes its time; a list is read meanwhile and shows what is committed."""
    accept_one(store)

    async def both():
        loop = asyncio.get_running_loop()
        reached, read = asyncio.Event(), threading.Event()

        def slow(tx):
            tx.new_template_id()
            loop.call_soon_threadsafe(reached.set)
            return read.wait(20)

        writing = asyncio.create_task(store.transact(slow))
        await reached.wait()
        shown = await store.read(lambda v: v.search(None, Filter(), 10).records)
        read.set()
        return len(shown), await writing

    assert asyncio.run(both()) == (1, True)
