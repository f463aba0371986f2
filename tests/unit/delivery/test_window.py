"""How the places in memory are shared."""

from typing import Any

import pytest

from airhook.core.deliveries import Delivery, DeliveryState
from airhook.core.destinations import Order
from airhook.core.due import Line
from airhook.delivery import sweep, window
from airhook.delivery.budgets import Budgets, Destination
from airhook.delivery.gates import Gate
from airhook.delivery.sweep import Sweep
from airhook.delivery.window import Window


class Filled:
    """A window, and deliveries by the name of their host."""

    def __init__(self, memory_max: int) -> None:
        self.window = Window(Budgets(), memory_max)
        self._ids = 0

    def make(self, host: str) -> Delivery:
        self._ids += 1
        return Delivery(
            id=self._ids, event_id=f"e{self._ids}", account_id=1, event_type=1, domain="d", app="a", stream="s",
            template_id=1, url=f"http://{host}/", body=b"{}", lane=None, shard=0, state=DeliveryState.PENDING,
            created_ms=0, due_ms=0, hold_until_ms=0, expires_ms=10**15,
        )  # fmt: skip

    def add(self, host: str, count: int, *, fetched: bool = False) -> int:
        """How many of so many there was room for."""
        made = [self.make(host) for _ in range(count)]
        return sum(self.window.add(one, 0, fetched=fetched) is not None for one in made)

    def destination(self, host: str) -> Destination:
        self.add(host, 1)
        return next(one for one in self.window.destinations() if one.host == host)

    def end(self, destination: Destination, count: int) -> None:
        for _ in range(count):
            self.window.let_go(destination.queue.popleft().id)


@pytest.fixture
def filled() -> Filled:
    return Filled(1600)


def test_one_alone_takes_half_and_the_next_ones_find_room(filled: Filled) -> None:
    assert filled.add("a", 2000) == 800
    assert filled.add("b", 2000) == 400
    assert filled.add("c", 2000) == 200
    assert filled.add("d", 1) == 1


def test_what_is_let_go_makes_room_for_others(filled: Filled) -> None:
    filled.add("a", 2000)
    filled.add("b", 2000)
    filled.end(filled.destination("a"), 600)
    assert filled.add("c", 2000) == 500
    assert filled.add("b", 1) == 0, "it has more in the database, which goes first"


def test_the_memory_is_never_overfull() -> None:
    filled = Filled(100)
    for n in range(200):
        filled.add(f"h{n}", 5)
        filled.add(f"h{n}", 5, fetched=True)
        assert len(filled.window) <= 100


def test_one_in_trouble_keeps_few_and_forgets_the_newest(filled: Filled) -> None:
    filled.add("a", 500)
    trouble = filled.destination("a")
    for _ in range(3):
        trouble.health.failed(0, hung=False, probe=False)
    filled.window.changed(trouble)
    filled.window.trim(trouble)
    assert [one.id for one in trouble.queue] == list(range(1, 101))  # a sixteenth of the memory
    assert len(filled.window) == 100
    assert trouble.stored
    assert filled.add("a", 1) == 0


def test_those_in_trouble_share_their_part(filled: Filled) -> None:
    troubled = [filled.destination(f"h{n}") for n in range(10)]
    for one in troubled:
        one.gate = Gate(Order(paused=True), 0)
        filled.window.changed(one)
    assert filled.add("h0", 100) == 9


def test_while_more_is_stored_what_is_new_leaves_room_for_it(filled: Filled) -> None:
    """Otherwise the retries of a destination that gets as much as it can take would never have their turn."""
    busy = filled.destination("a")
    busy.stored = True
    share = 1600 // 8
    assert filled.add("a", 1000) == share - 1
    assert filled.window.room(busy) == share
    assert filled.add("a", share, fetched=True) == share
    assert filled.window.room(busy) == 0
    assert len(busy.queue) == 2 * share


def test_more_is_fetched_when_half_of_it_is_through(filled: Filled) -> None:
    one = filled.destination("a")
    filled.end(one, 1)
    filled.add("a", filled.window.room(one), fetched=True)
    assert filled.window.room(one) == 0
    filled.end(one, 100)
    assert filled.window.room(one) == 0  # of what is fetched for all, less than half is missing
    filled.end(one, 50)
    assert filled.window.room(one) > 90


def line(
    destination: int,
    *,
    pending_ms: int | None = None,
    waiting_ms: int | None = None,
    next_ms: int | None = 5000,
) -> Line:
    return Line(destination=destination, pending_ms=pending_ms, waiting_ms=waiting_ms, next_ms=next_ms)


def test_a_sweep_asks_for_what_is_due_where_there_is_room(filled: Filled) -> None:
    full, free = filled.destination("full"), filled.destination("free")
    filled.add("full", filled.window.room(full), fetched=True)
    lines = [
        line(full.key.id, pending_ms=0, waiting_ms=0),
        line(free.key.id, waiting_ms=1000),
        line(1, pending_ms=0),  # not in memory
        line(2, waiting_ms=1001),
    ]
    under_way = Sweep(filled.window, whole=False)
    wants = under_way.wants(lines, 1000, {})
    assert [(one.destination, list(one.in_hand)) for one in wants] == [(free.key.id, [2]), (1, [])]
    assert (full.stored, under_way.over, under_way.next_ms) == (True, True, 5000)


def test_who_has_all_in_hand_is_asked_for_in_a_whole_sweep_only(filled: Filled) -> None:
    """What other processes wrote is pending, and nobody has offered it here."""
    one = filled.destination("a")
    pending = [line(one.key.id, pending_ms=0)]
    assert Sweep(filled.window, whole=False).wants(pending, 0, {}) == []
    [want] = Sweep(filled.window, whole=True).wants(pending, 0, {})
    assert want.destination == one.key.id


def test_who_has_something_stored_is_asked_for_until_it_is_all_in_hand(filled: Filled) -> None:
    one = filled.destination("a")
    one.stored = True
    pending = [line(one.key.id, pending_ms=0)]
    [want] = Sweep(filled.window, whole=False).wants(pending, 0, {})
    one_sweep = Sweep(filled.window, whole=False)
    one_sweep.fetched(want, [], 0, expiring=False)
    assert Sweep(filled.window, whole=False).wants(pending, 0, {}) == []


def test_what_waits_is_asked_for_once_when_its_time_has_come(filled: Filled) -> None:
    one = filled.destination("a")
    one.next_ms = 1000
    waiting = [line(one.key.id, waiting_ms=1000, next_ms=2000)]
    assert Sweep(filled.window, whole=False).wants(waiting, 999, {}) == []
    assert len(Sweep(filled.window, whole=False).wants(waiting, 1000, {})) == 1
    assert (
        Sweep(filled.window, whole=False).wants(waiting, 1999, {}) == []
    )  # in hand now, and still waiting there
    assert len(Sweep(filled.window, whole=False).wants(waiting, 2000, {})) == 1


def test_what_was_put_off_while_the_database_was_asked_is_not_slept_past(filled: Filled) -> None:
    """Its line is from before."""
    one = filled.destination("a")
    waiting = [line(one.key.id, waiting_ms=0, next_ms=None)]
    assert len(Sweep(filled.window, whole=False).wants(waiting, 0, {one.key.id: 700})) == 1
    assert Sweep(filled.window, whole=False).wants(waiting, 699, {}) == []
    assert len(Sweep(filled.window, whole=False).wants(waiting, 700, {})) == 1


def test_a_sweep_goes_on_behind_a_full_page_and_its_destinations_share_what_is_fetched(
    filled: Filled,
) -> None:
    lines = [line(n, pending_ms=0) for n in range(sweep.PAGE)]
    under_way = Sweep(filled.window, whole=False)
    wants = under_way.wants(lines, 0, {})
    assert (under_way.over, under_way.after) == (False, sweep.PAGE - 1)
    assert {one.limit for one in wants} == {sweep.FETCH // sweep.PAGE}
    assert under_way.wants([], 0, {}) == []
    assert under_way.over


def test_what_is_fetched_fills_no_more_than_half(filled: Filled) -> None:
    for n in range(500):
        filled.add(f"h{n}", 4, fetched=True)
    assert len(filled.window) == 800
    assert Sweep(filled.window, whole=True).wants([line(1, pending_ms=0)], 0, {}) == []
    assert filled.add("new", 1) == 1


def test_what_stays_behind_while_the_database_is_asked_is_not_forgotten(filled: Filled) -> None:
    one = filled.destination("a")
    under_way = Sweep(filled.window, whole=True)
    [want] = under_way.wants([line(one.key.id, pending_ms=0)], 0, {})
    under_way.fetched(want, [], 0, expiring=False)
    assert not one.stored
    [want] = under_way.wants([line(one.key.id, pending_ms=0)], 0, {})
    while filled.add("a", 1):  # until one has no room
        pass
    under_way.fetched(want, [], 0, expiring=False)
    assert one.stored


def test_idle_destinations_are_forgotten_and_nobody_looks_for_them_again_and_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(window, "DESTINATIONS_MAX", 20)
    filled = Filled(1600)
    for n in range(40):  # none of them idle
        filled.add(f"busy{n}", 1)
    for destination in list(filled.window.destinations())[:30]:
        filled.end(destination, 1)
    looks = 0

    class Counted(dict):  # type: ignore[type-arg]
        def items(self) -> Any:
            nonlocal looks
            looks += 1
            return super().items()

    filled.window._destinations = Counted(filled.window._destinations)
    later = window.FORGET_AFTER_S + 1
    for n in range(15):
        filled.window.add(filled.make(f"new{n}"), later)
    assert looks <= 2
    assert {one.host for one in filled.window.destinations()} == {
        *(f"busy{n}" for n in range(30, 40)),
        *(f"new{n}" for n in range(15)),
    }
