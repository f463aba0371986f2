"""The wall clock is ahead by weeks, suddenly or since the start: nothing is dropped or forgotten until it has stood by that."""

import logging
import time

import pytest

from airhook.core.believed import DOUBT_S
from airhook.core.events import REPEATS_KNOWN_MS
from airhook.storage.sqlite import tidy, writer
from airhook.storage.sqlite.retention import Retention
from support.storage import (
    DAY_MS,
    NOON_MS,
    SqliteBackend,
    accept,
    accept_one,
    delivered,
    event,
    query,
    session,
    settle,
    transact,
)

AHEAD_MS = 400 * DAY_MS
DOUBT_MS = round(DOUBT_S * 1000)
KEPT = Retention(days=2)
SOON_S = 30


@pytest.fixture(name="backend")
def _backend(tmp_path, monkeypatch):
    """Has a day of the log, an id of a caller, a push that is over, and has saved its time."""
    monkeypatch.setattr(writer, "TIDY_EVERY_S", 0.02)
    monkeypatch.setattr(tidy, "REST_S", 0.0)
    made = SqliteBackend(tmp_path, upkeep=KEPT)
    settle(made.store, delivered(accept_one(made.store)))
    of = event("mine")
    transact(made.store, lambda tx: tx.accept_once(of, [], b"digest"))
    over = session(1, ended_ms=NOON_MS, state="closed")
    transact(made.store, lambda tx: tx.insert_session(over))
    tidied(made)
    yield made
    made.close()


def tidied(backend):
    """The writer has tidied at the present time: an event without deliveries is logged then, and a turn follows."""
    for _ in range(2):
        probe = event(accepted_ms=backend.clock.now)
        accept(backend.store, probe)
        wait_until(lambda probe=probe: probe.id not in backend.live_events())


def wait_until(is_so):
    deadline = time.monotonic() + SOON_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def left(backend):
    """(days of the log that were there before, ids of callers, pushes that are over)."""
    days = len(list((backend.folder / "logs").glob("airhook-2026-01-01.db")))
    live = backend.folder / "airhook.db"
    return days, *(
        query(live, f"SELECT count(*) FROM {table}")[0][0] for table in ("accepted_ids", "sessions")
    )


def restart(backend):
    backend.close()
    backend.store = backend.open(upkeep=KEPT)


def test_a_clock_that_jumps_ahead_drops_nothing_and_goes_back_without_harm(backend, caplog):
    with caplog.at_level(logging.WARNING):
        backend.clock.jump(AHEAD_MS)
        tidied(backend)
        backend.clock.now += DOUBT_MS - 1000
        tidied(backend)
    assert left(backend) == (1, 1, 1)
    assert caplog.text.count("400.0 days ahead of the last known time") == 1
    backend.clock.jump(-AHEAD_MS)
    backend.clock.now += DOUBT_MS
    tidied(backend)
    assert left(backend) == (1, 1, 1)


def test_a_clock_that_was_ahead_at_the_start_drops_nothing_however_often_it_starts(backend):
    backend.close()
    backend.clock.jump(AHEAD_MS)
    for _ in range(3):
        restart(backend)
        settle(backend.store, delivered(accept_one(backend.store, created_ms=backend.clock.now)))
        backend.clock.now += DOUBT_MS // 2
        tidied(backend)
    assert left(backend) == (1, 1, 1)


def test_after_a_long_rest_what_is_old_goes_when_the_clock_has_stood_by_that(backend):
    backend.close()
    backend.clock.jump(AHEAD_MS)
    restart(backend)
    tidied(backend)
    assert left(backend) == (1, 1, 1)
    backend.clock.now += DOUBT_MS
    wait_until(lambda: left(backend) == (0, 0, 0))


def test_what_is_old_by_the_known_time_goes_though_the_clock_is_ahead(backend):
    backend.clock.now += 3 * DAY_MS
    backend.clock.jump(AHEAD_MS)
    wait_until(lambda: left(backend)[0] == 0)
    tidied(backend)
    assert left(backend) == (0, 0 if 3 * DAY_MS > REPEATS_KNOWN_MS else 1, 1)


def test_the_size_of_the_log_costs_no_day_that_is_known_to_be_new(tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "TIDY_EVERY_S", 0.02)
    backend = SqliteBackend(tmp_path, upkeep=Retention(max_bytes=1))
    settle(backend.store, delivered(accept_one(backend.store)))
    backend.clock.jump(AHEAD_MS)
    tidied(backend)
    assert left(backend)[0] == 1
    backend.close()


def test_a_process_beside_the_server_forgets_nothing_either(backend):
    backend.clock.jump(AHEAD_MS)
    backend.close()
    backend.store = backend.open()  # as a command line does: without upkeep
    tidied(backend)
    assert left(backend) == (1, 1, 1)
