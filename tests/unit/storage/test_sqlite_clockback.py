"""The wall clock is set back: retries, holds and ages keep their distance; what came after it is left alone."""

import time

import pytest

from airhook.storage.sqlite import clockback
from support.storage import (
    DAY_MS,
    NOON_MS,
    SqliteBackend,
    accept,
    accept_one,
    delivery,
    event,
    failed,
    query,
    settle,
)

HOUR_MS = 3_600_000
MINUTE_MS = 60_000


@pytest.fixture
def backend(tmp_path):
    made = SqliteBackend(tmp_path / "data")
    yield made
    made.close()


def set_back(backend, by_ms=HOUR_MS):
    backend.clock.now -= by_ms


def times(backend, delivery_id):
    """(due, hold, end) as distances from now."""
    found = query(
        backend.folder / "airhook.db",
        "SELECT due_ms, hold_until_ms, expires_ms FROM deliveries WHERE id = ?",
        [delivery_id],
    )
    return tuple(at - backend.clock.now for at in found[0])


def eventually(backend, of, expected):
    deadline = time.monotonic() + 20
    while times(backend, of.id) != expected:
        assert time.monotonic() < deadline, times(backend, of.id)
        time.sleep(0.02)


def test_a_retry_keeps_its_distance(backend):
    of = accept_one(backend.store)
    settle(backend.store, failed(of))
    before = times(backend, of.id)
    time.sleep(1.2)  # the store looks at the clock once a second
    set_back(backend)
    eventually(backend, of, before)


def test_held_ones_and_those_on_their_way_keep_theirs(backend):
    start, stop = (accept_one(backend.store, lane=True) for _ in range(2))
    before = [times(backend, one.id) for one in (start, stop)]
    set_back(backend, DAY_MS)
    eventually(backend, start, before[0])
    eventually(backend, stop, before[1])


def test_what_is_accepted_afterwards_is_left_alone(backend):
    old = accept_one(backend.store, stream="old")
    before = times(backend, old.id)
    time.sleep(1.2)
    set_back(backend)
    now_ms = backend.clock.now
    of = event(accepted_ms=now_ms)
    [new] = accept(
        backend.store, of, delivery(of, created_ms=now_ms, due_ms=now_ms, hold_until_ms=now_ms + MINUTE_MS, expires_ms=now_ms + DAY_MS)
    )  # fmt: skip
    eventually(backend, old, before)
    assert times(backend, new.id) == (0, MINUTE_MS, DAY_MS)


def test_it_is_noticed_at_the_next_start_by_the_ids(backend):
    of = accept_one(backend.store, id=NOON_MS << 21)
    settle(backend.store, failed(of))
    before = times(backend, of.id)
    backend.close()
    set_back(backend)
    backend.store = backend.open()
    eventually(backend, of, before)


def restart(backend):
    backend.close()
    backend.store = backend.open()


def looked(backend):
    """The store has looked at the clock since: what comes of it is committed."""
    looks = []
    watch = backend.store._writer._tidier._clock_watch
    look = watch.look

    def counted():
        more = look()
        looks.append(more)
        return more

    watch.look = counted
    deadline = time.monotonic() + 30
    while not looks or looks[-1]:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_what_was_moved_is_not_moved_again_by_a_restart(backend):
    of = accept_one(backend.store, id=NOON_MS << 21)
    settle(backend.store, failed(of))
    before = times(backend, of.id)
    looked(backend)
    set_back(backend, DAY_MS)
    eventually(backend, of, before)
    for _ in range(2):
        restart(backend)
        looked(backend)
        assert times(backend, of.id) == before


def test_ids_that_go_on_from_those_of_a_clock_that_was_ahead_tell_of_no_step(backend):
    old = accept_one(backend.store, id=NOON_MS << 21)
    before = times(backend, old.id)
    looked(backend)
    set_back(backend, DAY_MS)
    eventually(backend, old, before)
    now_ms = backend.clock.now
    new = accept_one(
        backend.store, stream="new", id=old.id + 1, created_ms=now_ms, due_ms=now_ms,
        hold_until_ms=now_ms + MINUTE_MS, expires_ms=now_ms + DAY_MS,
    )  # fmt: skip
    restart(backend)
    looked(backend)
    assert (times(backend, old.id), times(backend, new.id)) == (before, (0, MINUTE_MS, DAY_MS))
    set_back(backend, HOUR_MS)  # while it was away
    restart(backend)
    eventually(backend, old, before)
    assert times(backend, new.id) == (0, MINUTE_MS, DAY_MS)


def test_a_move_that_a_crash_cut_off_goes_on_where_it_was(backend, monkeypatch):
    monkeypatch.setattr(clockback, "PAGE", 10)
    of = event()
    many = accept(backend.store, of, *(delivery(of) for _ in range(35)))
    settle(backend.store, *map(failed, many))
    before = times(backend, many[0].id)
    looked(backend)
    move = clockback.ClockWatch._move
    moves: list[int] = []

    def dies(self, now_ms):
        if len(moves) == 2:
            raise RuntimeError("it died")
        moves.append(now_ms)
        move(self, now_ms)

    with monkeypatch.context() as dying:
        dying.setattr(clockback.ClockWatch, "_move", dies)
        set_back(backend)
        eventually(backend, many[19], before)
        backend.close()
    assert times(backend, many[34].id) != before
    backend.store = backend.open()
    for one in many:
        eventually(backend, one, before)


def test_many_are_moved_by_parts(backend, monkeypatch):
    monkeypatch.setattr(clockback, "PAGE", 10)
    of = event()
    many = accept(backend.store, of, *(delivery(of) for _ in range(35)))
    settle(backend.store, *map(failed, many))
    before = times(backend, many[0].id)
    set_back(backend)
    for one in many:
        eventually(backend, one, before)


def test_a_small_step_and_a_step_ahead_move_nothing(backend):
    of = accept_one(backend.store)
    settle(backend.store, failed(of))
    due, *_ = times(backend, of.id)
    set_back(backend, 1000)
    time.sleep(1.2)
    set_back(backend, -HOUR_MS)
    time.sleep(1.2)
    assert times(backend, of.id)[0] == due + 1000 - HOUR_MS


def test_what_was_made_before_the_clock_was_ahead_is_no_older_when_it_is_right_again(backend):
    of = accept_one(backend.store)
    looked(backend)
    _, _, end = times(backend, of.id)
    backend.clock.jump(3 * DAY_MS)
    settle(backend.store, failed(of, due_ms=backend.clock.now + MINUTE_MS))  # tried while it was ahead
    looked(backend)
    backend.clock.jump(-3 * DAY_MS)
    deadline = time.monotonic() + 20
    while times(backend, of.id)[0] != MINUTE_MS:
        assert time.monotonic() < deadline, times(backend, of.id)
        time.sleep(0.02)
    assert times(backend, of.id)[2] == end
