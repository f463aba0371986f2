"""How destinations are doing is stored beside operators' orders, and neither touches the other."""

import time

import pytest

from airhook.core.deliveries import ErrorClass
from airhook.core.destinations import DestinationKey, DestinationRow, HealthState, Order
from airhook.core.errors import InvalidError
from support.storage import DAY_MS, NOON_MS, await_answer, transact

KEY = DestinationKey(1, "https", "hooks.example.com", 443)


def row(key=KEY, **changes):
    values = {"state": HealthState.HEALTHY, "since_ms": NOON_MS, **changes}
    return DestinationRow(**key._asdict(), **values)


def save(store, *rows):
    error = await_answer(lambda done: store.save_standings(rows, done))
    assert error is None


def stored(store, key=KEY):
    return transact(store, lambda tx: tx.destination(key))


@pytest.mark.parametrize("count", [1, 3, 300])
def test_many_are_saved_at_once(backend, count):
    keys = [KEY._replace(host=f"h{n}.example.com") for n in range(count)]
    save(backend.store, *(row(key) for key in keys))
    found = transact(backend.store, lambda tx: tx.destinations(1))
    assert sorted(one.host for one in found) == sorted(key.host for key in keys)


def test_saving_again_changes_everything_but_the_order(backend):
    transact(backend.store, lambda tx: tx.put_destination(row(paused=True, rate_limit=0.5)))
    save(
        backend.store,
        row(
            state=HealthState.FAILING,
            since_ms=NOON_MS + 1,
            last_error=ErrorClass.TIMEOUT,
            last_success_ms=NOON_MS - 1,
        ),
    )
    found = stored(backend.store)
    assert found.order == Order(paused=True, rate_limit=0.5)
    assert (found.state, found.since_ms, found.last_error, found.last_success_ms) == (
        HealthState.FAILING,
        NOON_MS + 1,
        ErrorClass.TIMEOUT,
        NOON_MS - 1,
    )


def test_a_destination_that_was_not_in_memory_keeps_what_the_store_knows(backend):
    """After a restart the engine knows nothing of the healthy ones: meeting them again tells no news."""
    save(
        backend.store, row(since_ms=NOON_MS - 500, last_success_ms=NOON_MS - 5, last_error=ErrorClass.TIMEOUT)
    )
    save(backend.store, row(since_ms=NOON_MS))
    found = stored(backend.store)
    assert (found.since_ms, found.last_success_ms, found.last_error) == (
        NOON_MS - 500,
        NOON_MS - 5,
        ErrorClass.TIMEOUT,
    )


def test_only_orders_are_configuration(backend):
    version = backend.store.config_version()
    save(backend.store, row())
    assert backend.store.config_version() == version
    assert backend.store.load_config(0).destinations == []
    transact(backend.store, lambda tx: tx.put_destination(row(paused=True)))
    [loaded] = backend.store.load_config(version).destinations
    assert (loaded.key, loaded.order) == (KEY, Order(paused=True))


def test_those_in_trouble_are_found_after_a_restart(backend):
    keys = {state: KEY._replace(host=f"{state.value}.example.com") for state in HealthState}
    save(backend.store, *(row(key, state=state) for state, key in keys.items()))
    backend.reopen()
    assert {one.state for one in backend.store.troubled()} == {HealthState.SLOW, HealthState.FAILING}


def test_a_name_that_cannot_be_stored_fails_alone(backend):
    error = await_failure(lambda done: backend.store.save_standings([row(KEY._replace(host="a\0b"))], done))
    assert isinstance(error, InvalidError)
    save(backend.store, row())


def await_failure(call):
    with pytest.raises(InvalidError) as raised:
        await_answer(call)
    return raised.value


def test_what_is_long_out_of_use_is_forgotten_but_no_order(backend):
    old = NOON_MS - 31 * DAY_MS
    used = row(KEY._replace(host="used"), since_ms=old, last_success_ms=NOON_MS - DAY_MS)
    ordered = row(KEY._replace(host="ordered"), since_ms=old, paused=True)
    save(backend.store, row(KEY._replace(host="gone"), since_ms=old, last_success_ms=old), used)
    transact(backend.store, lambda tx: tx.put_destination(ordered))
    backend.reopen()  # it is looked at after the start, and then every hour
    wait_until(lambda: stored(backend.store, KEY._replace(host="gone")) is None)
    assert {one.host for one in transact(backend.store, lambda tx: tx.destinations(1))} == {"used", "ordered"}


def wait_until(true):
    until = time.monotonic() + 10
    while not true():
        assert time.monotonic() < until
        time.sleep(0.01)
