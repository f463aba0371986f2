"""A process that dies: what was acknowledged is there, and nothing has ended without its log."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from airhook.core.search import Filter
from airhook.storage.sqlite.writer import TOGETHER
from support.searching import ids, index, search
from support.storage import DAY_MS, NOON_MS, accept_one, all_due, delivered, settle
from support.verified import checked, found

WORKER = Path(__file__).parent.parent / "support" / "storage_worker.py"
DEADLINE_S = 60


@contextlib.contextmanager
def started(folder, *args):
    """A worker on the folder; it is dead at the end, however the test ends."""
    tests = WORKER.parent.parent
    path = os.pathsep.join([str(tests), str(tests.parent / "src")])
    with subprocess.Popen(
        [sys.executable, str(WORKER), str(folder), *args],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
    ) as worker:
        try:
            yield worker
        finally:
            worker.kill()


def test_every_acknowledged_event_survives_kill_9(backend):
    backend.close()
    acknowledged = []
    with started(backend.folder, "accept") as worker:
        for line in worker.stdout:
            acknowledged.append(line.decode().strip())
            if len(acknowledged) == 400:
                worker.send_signal(signal.SIGKILL)
    acknowledged = [line for line in acknowledged if line.endswith(".")]  # the last line may be torn
    backend.reopen()
    there = backend.live_events()
    assert len(acknowledged) >= 399
    assert [name for name in acknowledged if name not in there] == []
    due = all_due(backend.store, NOON_MS, 100_000)
    assert {one.event_id for one in due} == set(there), "an event and its deliveries are one commit"


@pytest.mark.parametrize(
    ("point", "has_ended"),
    [
        ("writer.before_commit:2", False),
        ("writer.after_log_commit:1", False),
        ("writer.after_commit:2", True),
    ],
)
def test_a_crash_while_settling_can_be_repeated(backend, point, has_ended):
    """The worker accepts one delivery (commit 1), then settles it (log commit 1, commit 2)."""
    backend.close()
    with started(backend.folder, "settle", point) as worker:
        assert worker.wait(DEADLINE_S) == 137
    backend.reopen()
    due = all_due(backend.store, NOON_MS, 10)
    assert len(due) == (0 if has_ended else 1)
    for one in due:
        assert one.attempts == 0
        assert len(settle(backend.store, delivered(one)).applied) == 1
    assert backend.logged_attempts() == [(1, 200)]
    assert backend.logged_events() == ["the-event"]
    assert backend.live_events() == {}


@pytest.mark.parametrize(
    ("point", "committed"),
    [
        ("writer.after_log_commit:1", False),
        ("writer.before_commit:1", False),
        ("writer.after_commit:1", True),
    ],
)
def test_a_crash_while_callers_and_outcomes_are_committed_together_halves_nothing(backend, point, committed):
    backend.close()
    with started(backend.folder, "together", point) as worker:
        assert worker.wait(DEADLINE_S) == 137
    backend.reopen()
    due = all_due(backend.store, NOON_MS, 100)
    old = {f"old-{n}" for n in range(TOGETHER)}
    assert {one.event_id for one in due} == ({"new"} if committed else old)
    assert len(backend.logged_attempts()) == TOGETHER, "the log is never behind the state"
    for one in due:
        settle(backend.store, delivered(one))
    assert set(backend.logged_events()) == old | ({"new"} if committed else set())
    assert len(backend.logged_attempts()) == TOGETHER + committed
    assert backend.live_events() == {}


@pytest.mark.parametrize(
    ("point", "tries", "dropped"),
    [
        pytest.param(
            "writer.before_commit:3", [500, 200], False, id="before the state of the new day is committed"
        ),
        pytest.param(
            "writer.after_log_commit:2", [500, 200], False, id="between the new day's log and the state"
        ),
        pytest.param("writer.after_commit:3", [500, 200], False, id="after the new day's first commit"),
        pytest.param("index.before_commit:1", [500, 200], False, id="while the old day is indexed"),
        pytest.param("index.before_commit:2", [500, 200], False, id="while the new day is indexed"),
        pytest.param("log.drop:1", [200], True, id="in the middle of dropping the old day"),
    ],
)
def test_a_crash_at_the_change_of_day_loses_and_doubles_nothing(backend, point, tries, dropped):
    """The first attempt is of one day, the second of the next; then both are indexed and the first is dropped."""
    backend.close()
    with started(backend.folder, "midnight", point) as worker:
        assert worker.wait(DEADLINE_S) == 137
    backend.clock.now += DAY_MS
    backend.reopen()
    assert [status for _, status in backend.logged_attempts()] == tries
    for one in all_due(backend.store, backend.clock.now, 10):
        assert (one.attempts, settle(backend.store, delivered(one)).applied != []) == (1, True)
    assert [status for _, status in backend.logged_attempts()] == ([200] if dropped else [500, 200])
    index(backend)
    assert [one.delivery.event_id for one in search(backend, Filter(status=200)).records] == ["the-event"]
    assert len(ids(search(backend, Filter(status=500)))) == (0 if dropped else 1)
    assert backend.live_events() == {}
    backend.close()
    assert found(checked(backend.folder)) == set()


def test_an_accept_that_died_before_its_commit_left_nothing(backend):
    backend.close()
    with started(backend.folder, "settle", "writer.before_commit:1") as worker:
        assert worker.wait(DEADLINE_S) == 137
    backend.reopen()
    assert backend.live_events() == {}
    assert accept_one(backend.store).attempts == 0
