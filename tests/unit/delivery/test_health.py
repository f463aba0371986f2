import pytest

from airhook.core.destinations import HealthState
from airhook.delivery.health import (
    FAILURES_TO_OPEN,
    FIRST_PAUSE_S,
    MAX_BUDGET,
    MAX_PAUSE_S,
    START_BUDGET,
    TROUBLED_BUDGET,
    Health,
    Share,
)


def state(health: Health) -> HealthState:
    return health.state


def share(health: Health) -> Share:
    return health.share


def proven() -> Health:
    health = Health()
    health.succeeded(hung=False)
    return health


def circuit_open(now: float = 100) -> Health:
    health = proven()
    for _ in range(FAILURES_TO_OPEN):
        health.failed(now, hung=False, probe=False)
    return health


def probe(health: Health) -> None:
    assert health.started()


def test_a_new_destination_starts_with_two_and_has_to_prove_itself() -> None:
    health = Health()

    assert [health.may_start(open_now, 0) for open_now in (0, 1, 2)] == [True, True, False]
    assert share(health) is Share.NEW
    assert state(health) is HealthState.HEALTHY


def test_the_budget_doubles_with_each_full_round_of_good_answers_up_to_its_limit() -> None:
    health = Health()
    budgets = []
    for _ in range(7):
        budgets.append(health.budget)
        for _ in range(health.budget):
            health.succeeded(hung=False)

    assert budgets == [2, 4, 8, 16, 32, 64, MAX_BUDGET]
    assert share(health) is Share.PROVEN


def test_a_request_open_for_three_seconds_makes_it_slow_at_once() -> None:
    health = proven()
    for _ in range(99):
        health.succeeded(hung=False)
    health.hangs()

    assert state(health) is HealthState.SLOW
    assert share(health) is Share.TROUBLED
    assert health.budget == TROUBLED_BUDGET


def test_it_is_healthy_again_with_a_quick_answer_and_nothing_hanging() -> None:
    health = proven()
    health.hangs()
    health.succeeded(hung=False)
    assert state(health) is HealthState.SLOW  # the first one hangs still
    health.succeeded(hung=True)
    assert state(health) is HealthState.SLOW  # an answer, but a slow one
    health.succeeded(hung=False)
    assert state(health) is HealthState.HEALTHY


def test_a_slow_one_does_not_grow_beyond_its_budget() -> None:
    health = proven()
    health.hangs()
    for _ in range(50):
        health.succeeded(hung=False)

    assert health.budget == TROUBLED_BUDGET


def test_wrong_statuses_lower_the_budget_and_open_no_circuit() -> None:
    health = proven()
    for _ in range(99):
        health.succeeded(hung=False)
    for _ in range(99):
        health.refused(hung=False)

    assert health.budget == TROUBLED_BUDGET
    assert state(health) is HealthState.HEALTHY
    assert health.may_start(0, 0)


def test_failures_in_a_row_open_the_circuit() -> None:
    health = proven()
    for _ in range(FAILURES_TO_OPEN - 1):
        health.failed(100, hung=False, probe=False)
    health.refused(hung=False)  # an answer of any kind: somebody is there
    for _ in range(FAILURES_TO_OPEN - 1):
        health.failed(100, hung=False, probe=False)
    assert state(health) is HealthState.HEALTHY

    health.failed(100, hung=False, probe=False)
    assert state(health) is HealthState.FAILING
    assert share(health) is Share.TROUBLED
    assert not health.may_start(0, 100)


def test_an_open_circuit_lets_one_probe_through_after_its_pause() -> None:
    health = circuit_open(100)

    assert not health.may_start(0, 100 + FIRST_PAUSE_S - 0.01)
    assert health.may_start(0, 100 + FIRST_PAUSE_S)
    probe(health)
    assert not health.may_start(0, 100 + FIRST_PAUSE_S)


@pytest.mark.parametrize("answer", ["succeeded", "refused"])
def test_a_single_answered_probe_closes_it_and_the_start_is_slow(answer: str) -> None:
    health = circuit_open()
    probe(health)
    getattr(health, answer)(hung=False)

    assert state(health) is HealthState.HEALTHY
    assert START_BUDGET <= health.budget <= START_BUDGET + 1


def test_failed_probes_double_the_pause_up_to_its_limit() -> None:
    health = circuit_open(0)
    pauses = []
    for _ in range(8):
        assert health.probe_at is not None
        now = health.probe_at
        probe(health)
        health.failed(now, hung=False, probe=True)
        pauses.append(health.probe_at - now)

    assert pauses == [2, 4, 8, 16, MAX_PAUSE_S, MAX_PAUSE_S, MAX_PAUSE_S, MAX_PAUSE_S]


def test_the_pause_is_short_again_after_a_recovery() -> None:
    health = circuit_open(0)
    probe(health)
    health.failed(1, hung=False, probe=True)
    probe(health)
    health.succeeded(hung=False)
    for _ in range(FAILURES_TO_OPEN):
        health.failed(50, hung=False, probe=False)

    assert health.probe_at == 50 + FIRST_PAUSE_S


def test_older_requests_that_fail_do_not_move_the_probe() -> None:
    health = circuit_open(100)
    health.failed(200, hung=False, probe=False)
    assert health.probe_at == 100 + FIRST_PAUSE_S

    probe(health)
    health.failed(200, hung=False, probe=False)
    assert health.probing


def test_a_probe_that_told_nothing_makes_way_for_another() -> None:
    health = circuit_open(100)
    probe(health)
    health.told_nothing(hung=False, probe=True)

    assert health.may_start(0, 100 + FIRST_PAUSE_S)


def test_who_hesitates_without_a_success_is_no_longer_new_and_gets_one_request_at_a_time() -> None:
    health = Health()
    assert health.may_start(1, now=0)

    health.hesitates()
    assert share(health) is Share.TROUBLED
    assert state(health) is HealthState.HEALTHY
    assert not health.may_start(1, now=0)
    assert health.may_start(0, now=0)

    health.came()
    assert share(health) is Share.NEW


def test_who_hesitates_and_then_answers_well_is_proven() -> None:
    health = Health()
    health.hesitates()
    health.came()
    health.succeeded(hung=False)

    assert share(health) is Share.PROVEN
    assert health.may_start(1, now=0)
