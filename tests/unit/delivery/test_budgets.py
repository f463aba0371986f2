from collections import Counter

from airhook.core.destinations import DestinationKey, HealthState
from airhook.delivery.budgets import Budgets, Destination


def destination(name: str, waiting: int, *, proven: bool = True, budget: int = 64) -> Destination:
    made = Destination(DestinationKey(1, "http", name, 80))
    made.queue.extend(range(waiting))  # type: ignore[arg-type]
    made.health.proven = proven
    made.health.budget = budget
    return made


def start_all(budgets: Budgets, *destinations: Destination) -> list[str]:
    """Start as many as may start, and tell in which order."""
    for one in destinations:
        budgets.recount(one)
        budgets.offer(one, 0)
    order = []
    while (drawn := budgets.take()) is not None:
        drawn.queue.popleft()
        budgets.started(drawn)
        budgets.offer(drawn, 0)
        order.append(drawn.host)
    return order


def test_destinations_are_drawn_by_turns() -> None:
    order = start_all(Budgets(100), destination("a", 3), destination("b", 2), destination("c", 1))

    assert order == ["a", "b", "c", "a", "b", "a"]


def test_a_destination_takes_no_more_than_its_budget() -> None:
    assert Counter(start_all(Budgets(100), destination("a", 9, budget=4), destination("b", 9))) == {
        "a": 4,
        "b": 9,
    }


def test_the_unproven_share_a_quarter_by_turns() -> None:
    unproven = [destination(f"u{i}", 5, proven=False, budget=2) for i in range(40)]

    order = start_all(Budgets(100), *unproven)

    assert len(order) == 25
    assert max(Counter(order).values()) == 1


def test_the_troubled_start_half_of_the_quarter_and_leave_the_rest_to_new_ones() -> None:
    budgets = Budgets(100)
    troubled = [destination(f"t{i}", 5) for i in range(40)]
    for one in troubled:
        one.health.hangs()
        one.health.succeeded(hung=True)

    assert len(start_all(budgets, *troubled)) == 12
    assert len(start_all(budgets, destination("new", 50, proven=False))) == 13


def test_new_ones_that_begin_to_hang_make_way_for_other_new_ones() -> None:
    budgets = Budgets(100)
    hung = [destination(f"u{i}", 1, proven=False) for i in range(25)]
    assert len(start_all(budgets, *hung)) == 25
    assert start_all(budgets, destination("too late", 1, proven=False)) == []

    for one in hung:
        one.health.hangs()

    assert start_all(budgets, *hung, destination("well", 1, proven=False)) == ["too late", "well"]


def test_the_healthy_get_all_that_the_troubled_do_not_use() -> None:
    budgets = Budgets(100)

    assert len(start_all(budgets, *(destination(f"h{i}", 64) for i in range(3)))) == 100
    assert budgets.open == 100


def test_the_troubled_get_turns_beside_busy_healthy_ones() -> None:
    order = start_all(
        Budgets(100), destination("h1", 99), destination("h2", 99), destination("u", 9, proven=False)
    )

    assert Counter(order)["u"] == 9


def test_what_hangs_at_a_healthy_one_does_not_count_against_the_others() -> None:
    budgets = Budgets(100)
    hung = [destination(f"h{i}", 50, budget=50) for i in range(2)]
    assert len(start_all(budgets, *hung)) == 100

    for one in hung:
        one.health.hangs()
    order = start_all(budgets, *hung, destination("well", 200, budget=200))

    assert Counter(order) == {"well": 75}


def test_an_ended_request_makes_room() -> None:
    budgets = Budgets(4)
    first = destination("a", 9)
    assert len(start_all(budgets, first)) == 4

    budgets.ended(first)

    assert start_all(budgets, first) == ["a"]


def test_a_destination_that_waits_for_its_name_takes_no_turn() -> None:
    budgets = Budgets(4)
    waiting = destination("a", 9)
    waiting.resolving = True

    assert start_all(budgets, waiting, destination("b", 1)) == ["b"]


def test_those_that_hesitate_make_room_for_new_ones() -> None:
    budgets = Budgets(64)  # a quarter: 16; half of it: 8
    hung = [destination(f"hung{number}", 1, proven=False, budget=2) for number in range(16)]
    assert len(start_all(budgets, *hung)) == 16
    newcomer = destination("newcomer", 1, proven=False, budget=2)
    assert start_all(budgets, newcomer) == []

    for one in hung:
        one.health.hesitates()
        budgets.recount(one)

    assert start_all(budgets, newcomer) == ["newcomer"]


def test_those_without_success_never_hold_more_than_the_node_may_open() -> None:
    budgets = Budgets(64)
    started = 0
    for number in range(100):
        one = destination(f"hung{number}", 1, proven=False, budget=2)
        started += len(start_all(budgets, one))
        one.health.hesitates()
        budgets.recount(one)

    assert started == 64

    for _ in range(64):
        budgets.hangs()
    assert "newcomer" in start_all(budgets, destination("newcomer", 1, proven=False))


def failing(count: int) -> list[Destination]:
    made = [destination(f"f{number}", 5) for number in range(count)]
    for one in made:
        one.health.restore(HealthState.FAILING, 0)
    return made


def test_probes_that_hang_hold_up_no_other_probe() -> None:
    budgets = Budgets(100)
    rounds = [start_all(budgets, *failing(50))]
    while rounds[-1]:
        for _ in rounds[-1]:
            budgets.hangs()
        rounds.append(start_all(budgets))

    assert [name for one in rounds for name in one] == [f"f{n}" for n in range(50)], "each once, in order"
    assert len(rounds) == 6, "five of twelve at most, and none is left"
    assert len(start_all(budgets, destination("new", 99, proven=False))) == 25
    assert len(start_all(budgets, destination("well", 200, budget=200))) == 75


def test_no_more_hang_beside_the_others_than_may() -> None:
    budgets = Budgets(100, hung_max=30)
    made = failing(90)
    started = last = start_all(budgets, *made)
    while last:
        for _ in last:
            budgets.hangs()
        last = start_all(budgets)
        started += last

    assert len(started) == 42  # so many hang, and twelve more count as others do
    budgets.ended(made[0], hung=True)
    assert start_all(budgets) == ["f42"]


def test_a_hung_request_that_ended_gives_back_no_more_than_it_took() -> None:
    budgets = Budgets(100)
    made = failing(12)
    assert len(start_all(budgets, *made)) == 12
    for one in made:
        budgets.hangs()
        budgets.ended(one, hung=True)

    assert budgets.open == 0
    assert len(start_all(budgets, *failing(50))) == 12
