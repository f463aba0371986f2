"""Transactions: shared commits in which one caller's failure is his alone, and every caller is answered."""

import asyncio
import functools
import threading

import pytest

from airhook.core.deliveries import Delivery
from airhook.core.errors import AirhookError, NotFoundError, UnavailableError
from support.storage import NOON_MS, accept_one, account, all_due, delivered, delivery, event, transact


async def handed_in():
    """Works of tasks that were just made: they run, and reach the writer when their turn of the loop is over."""
    for _ in range(2):
        await asyncio.sleep(0)


def hold_writer(store):
    """A work that keeps the writer's thread busy until the returned event is set, so that others gather behind it."""
    go, reached = threading.Event(), threading.Event()

    def work(_):
        reached.set()
        return go.wait(20)

    return go, reached, work


def test_the_result_comes_back(store):
    assert transact(store, lambda tx: ("anything", len(tx.accounts()))) == ("anything", 0)


def test_an_error_undoes_what_was_written(store, backend):
    of = event()

    def work(tx):
        tx.put_account(account())
        tx.accept(of, [delivery(of)])
        raise NotFoundError("thing", 7)

    with pytest.raises(NotFoundError):
        transact(store, work)
    assert transact(store, lambda tx: tx.accounts()) == []
    assert (backend.live_events(), all_due(store, NOON_MS, 10)) == ({}, [])


def test_an_unexpected_error_reaches_its_caller(store):
    def work(tx):
        tx.put_account(account())
        raise KeyError("missing")

    with pytest.raises(KeyError):
        transact(store, work)
    assert transact(store, lambda tx: tx.accounts()) == []


POISONS = [
    pytest.param(AirhookError("no"), id="an error for the caller"),
    pytest.param(ZeroDivisionError(), id="a fault"),
]


@pytest.mark.parametrize("poison", POISONS)
def test_one_of_fifty_fails_alone(store, poison):
    def work(tx, n):
        tx.put_account(account(n))
        tx.accept(of := event(), [delivery(of)])
        if n == 31:
            raise poison

    async def fifty():
        go, reached, hold = hold_writer(store)
        held = asyncio.create_task(store.transact(hold))
        await asyncio.to_thread(reached.wait, 20)
        works = [asyncio.create_task(store.transact(lambda tx, n=n: work(tx, n))) for n in range(1, 51)]
        await handed_in()
        go.set()
        await held
        return await asyncio.gather(*works, return_exceptions=True)

    answers = asyncio.run(fifty())
    assert [n for n, answer in enumerate(answers, 1) if answer is not None] == [31]
    assert answers[30] is poison
    assert {one.id for one in transact(store, lambda tx: tx.accounts())} == set(range(1, 51)) - {31}
    assert len(all_due(store, NOON_MS, 100)) == 49


def test_a_repeated_event_among_fifty_fails_alone(store):
    """Whether it is a repeat shows only when the whole commit is written."""
    accept_one(store)
    (known,) = all_due(store, NOON_MS, 1)
    runs = []

    def work(tx, n):
        runs.append(n)
        of = event(known.event_id if n == 17 else None)
        tx.accept(of, [delivery(of)])

    async def fifty():
        go, reached, hold = hold_writer(store)
        held = asyncio.create_task(store.transact(hold))
        await asyncio.to_thread(reached.wait, 20)
        works = [asyncio.create_task(store.transact(lambda tx, n=n: work(tx, n))) for n in range(50)]
        await handed_in()
        go.set()
        await held
        return await asyncio.gather(*works, return_exceptions=True)

    answers = asyncio.run(fifty())
    assert [n for n, answer in enumerate(answers) if answer is not None] == [17]
    assert len(all_due(store, NOON_MS, 100)) == 50
    assert len(runs) > 50, "the works were committed together first"


def test_five_hundred_at_once_are_all_answered(store):
    heard: list[Delivery] = []
    store.on_accepted(heard.extend)

    async def all_at_once():
        events = [event() for _ in range(500)]
        works = [store.transact(lambda tx, of=of: tx.accept(of, [delivery(of)])) for of in events]
        await asyncio.gather(*works)
        return [of.id for of in events]

    accepted = asyncio.run(asyncio.wait_for(all_at_once(), 60))
    assert [one.event_id for one in heard] == accepted


def test_two_event_loops_are_both_woken(store):
    answers = []

    def run(n):
        answers.append(transact(store, lambda _: n))

    threads = [threading.Thread(target=run, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(answers) == list(range(8))


def test_accepts_go_before_outcomes(store):
    """Both wait for the writer; the caller who waits for an answer is served first."""
    sent = accept_one(store)
    order = []

    async def both():
        go, reached, hold = hold_writer(store)
        held = asyncio.create_task(store.transact(hold))
        await asyncio.to_thread(reached.wait, 20)
        settled = threading.Event()

        def done(_):
            order.append("outcome")
            settled.set()

        store.settle([delivered(sent)], done)
        accepting = asyncio.create_task(store.transact(lambda _: order.append("accept")))
        await handed_in()
        go.set()
        await asyncio.gather(held, accepting)
        await asyncio.to_thread(settled.wait, 20)

    asyncio.run(both())
    assert order == ["accept", "outcome"]


def test_a_caller_who_gave_up_is_no_trouble(store):
    async def give_up():
        go, reached, hold = hold_writer(store)
        held = asyncio.create_task(store.transact(hold))
        await asyncio.to_thread(reached.wait, 20)
        waiting = asyncio.create_task(store.transact(lambda tx: tx.put_account(account())))
        await handed_in()
        waiting.cancel()
        go.set()
        await held
        return await store.transact(lambda tx: len(tx.accounts()))

    assert asyncio.run(give_up()) in (0, 1)


def test_too_many_callers_hear_so_at_once(backend):
    store = backend.open(max_works=3)

    async def crowd():
        go, reached, hold = hold_writer(store)
        held = asyncio.create_task(store.transact(hold))
        await asyncio.to_thread(reached.wait, 20)
        waiting = [asyncio.create_task(store.transact(lambda _: None)) for _ in range(2)]
        await handed_in()
        with pytest.raises(UnavailableError, match="Too many"):
            await store.transact(lambda _: None)
        go.set()
        await asyncio.gather(held, *waiting)
        await store.transact(lambda _: None)  # there is room again

    asyncio.run(crowd())


def test_closing_finishes_what_was_submitted(store, backend):
    async def close_behind():
        works = [
            asyncio.create_task(store.transact(lambda tx, n=n: tx.put_account(account(n))))
            for n in range(1, 201)
        ]
        await handed_in()
        await asyncio.to_thread(backend.close)
        await asyncio.gather(*works)

    asyncio.run(close_behind())
    backend.reopen()
    assert len(transact(backend.store, lambda tx: tx.accounts())) == 200


def test_closing_twice_is_no_error(store):
    store.close()
    store.close()


def test_two_processes_write_in_turns(store, backend):
    """The command line writes to the same database."""

    def write_many(to, first):
        for n in range(first, first + 50):
            transact(to, functools.partial(_put_account, n))

    threads = [
        threading.Thread(target=write_many, args=(to, first))
        for to, first in ((store, 1), (backend.open(), 51))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(transact(store, lambda tx: tx.accounts())) == 100


def _put_account(n, tx):
    tx.put_account(account(n))
