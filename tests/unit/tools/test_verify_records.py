"""``airhook verify`` on a folder with one of everything: clean, and with each kind of damage, which is found alone."""

import json
import shutil

import pytest

from airhook.core.errors import AirhookError, ConfigError
from airhook.tools.verify import text
from support.storage import DAY_MS, NOON_MS
from support.verified import DAY, NEXT_DAY, STATE, change, checked, found, tell

ATTEMPT = "INSERT INTO attempt_log SELECT {of}, {n}, started_ms, finished_ms, t, key_version, request_sha256, remote_addr, {status}, {error}, error_detail, answer_headers, answer_body, timings FROM attempt_log WHERE delivery_id = 1 AND n = 1"


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    folder = tmp_path_factory.mktemp("told") / "data"
    tell(folder)
    return folder


@pytest.fixture
def folder(told, tmp_path):
    return shutil.copytree(told, tmp_path / "data")


def attempt(of, n, *, good=False):
    return ATTEMPT.format(of=of, n=n, status=200 if good else 500, error="NULL" if good else "'bad_status'")


def damage(name, file, *statements, finds):
    return pytest.param(file, statements, set(finds), id=name)


DAMAGES = [
    damage(
        "an event was planned for more", DAY, "UPDATE event_log SET planned = 2 WHERE id = '1002-1'",
        finds=[("planned", "event 1002-1")],
    ),
    damage(
        "an ended delivery and its attempts are lost", DAY,
        "DELETE FROM delivery_log WHERE id = 1", "DELETE FROM attempt_log WHERE delivery_id = 1",
        finds=[("planned", "event 1002-1")],
    ),
    damage(
        "a delivery came to an event", STATE,
        "INSERT INTO deliveries SELECT 99, event_id, account_id, event_type, domain, app, stream, template_id, url, body, lane, shard, state, attempts, created_ms, due_ms, hold_until_ms, expires_ms, NULL, NULL, destination FROM deliveries WHERE id = 9",
        "UPDATE events SET unsettled = 2 WHERE id = 'two-urls'",
        finds=[("planned", "event two-urls")],
    ),
    damage(
        "an unsettled delivery is lost", STATE, "DELETE FROM deliveries WHERE id = 9",
        finds=[("planned", "event two-urls"), ("unsettled", "event two-urls")],
    ),
    damage(
        "a replay miscounts what it made", STATE, "UPDATE replays SET made = 4 WHERE id = 5",
        finds=[("replay", "replay 5")],
    ),
    damage(
        "a replay miscounts what was delivered", STATE, "UPDATE replays SET delivered = 2 WHERE id = 5",
        finds=[("replay", "replay 5")],
    ),
    damage(
        "a replay miscounts what was given up", STATE, "UPDATE replays SET exhausted = 0 WHERE id = 5",
        finds=[("replay", "replay 5")],
    ),
    damage(
        "a replay sends one again twice", STATE, "UPDATE deliveries SET repeat_of = 10 WHERE id = 20",
        finds=[("repeated", "delivery 10")],
    ),
    damage(
        "a caller was told of more", STATE, "UPDATE accepted_ids SET deliveries = 2 WHERE event_id = 'called'",
        finds=[("receipt", "event called")],
    ),
    damage(
        "an accepted event is lost with all that was made of it", STATE,
        "DELETE FROM events WHERE id = 'called'", "DELETE FROM deliveries WHERE event_id = 'called'",
        finds=[("receipt", "event called")],
    ),
    damage(
        "an event miscounts", STATE, "UPDATE events SET unsettled = 2 WHERE id = 'two-urls'",
        finds=[("unsettled", "event two-urls")],
    ),
    damage(
        "an event with unsettled deliveries is lost", STATE, "DELETE FROM events WHERE id = 'two-urls'",
        finds=[("delivery_event", "delivery 8"), ("delivery_event", "delivery 9")],
    ),
    damage(
        "an event that is over is lost", DAY, "DELETE FROM event_log WHERE id = 'picture'",
        finds=[("delivery_event", "delivery 10")],
    ),
    damage(
        "an ended delivery is live", STATE, "UPDATE deliveries SET state = 'cancelled' WHERE id = 9",
        finds=[("delivery_state", "delivery 9")],
    ),
    damage(
        "a live delivery is in the log", DAY,
        "UPDATE delivery_log SET state = 'waiting', reason = NULL WHERE id = 10",
        finds=[("delivery_state", "delivery 10")],
    ),
    damage(
        "an earlier attempt of a delivered one succeeded", DAY,
        "UPDATE attempt_log SET error = NULL, status = 200 WHERE delivery_id = 1 AND n = 1",
        finds=[("success", "delivery 1")],
    ),
    damage(
        "the last attempt of a delivered one failed", DAY,
        "UPDATE attempt_log SET error = 'bad_status', status = 500 WHERE delivery_id = 2",
        finds=[("success", "delivery 2")],
    ),
    damage(
        "the last attempt of an exhausted one succeeded", DAY,
        "UPDATE attempt_log SET error = NULL, status = 200 WHERE delivery_id = 5 AND n = 3",
        finds=[("success", "delivery 5")],
    ),
    damage(
        "an attempt of a waiting one succeeded", DAY,
        "UPDATE attempt_log SET error = NULL, status = 200 WHERE delivery_id = 3",
        finds=[("success", "delivery 3")],
    ),
    damage(
        "delivered without an attempt", DAY,
        "UPDATE delivery_log SET attempts = 0 WHERE id = 8", "DELETE FROM attempt_log WHERE delivery_id = 8",
        finds=[("success", "delivery 8")],
    ),
    damage(
        "exhausted without a reason", DAY, "UPDATE delivery_log SET reason = NULL WHERE id = 5",
        finds=[("exhausted", "delivery 5")],
    ),
    damage(
        "exhausted for no known reason", DAY, "UPDATE delivery_log SET reason = 'boredom' WHERE id = 5",
        finds=[("exhausted", "delivery 5")],
    ),
    damage(
        "given up too early", DAY,
        "UPDATE delivery_log SET attempts = 2 WHERE id = 5", "DELETE FROM attempt_log WHERE delivery_id = 5 AND n = 3",
        finds=[("exhausted", "delivery 5")],
    ),
    damage(
        "a type with its own schedule is given up too early", DAY,
        "UPDATE delivery_log SET attempts = 1 WHERE id = 10",
        "DELETE FROM attempt_log WHERE delivery_id = 10 AND n = 2",
        finds=[("exhausted", "delivery 10")],
    ),
    damage(
        "expired before its time", DAY, "UPDATE delivery_log SET expires_ms = settled_ms + 1 WHERE id = 11",
        finds=[("exhausted", "delivery 11")],
    ),
    damage(
        "a template with its own schedule is given up too early", DAY,
        "UPDATE delivery_log SET attempts = 1 WHERE id = 13",
        "DELETE FROM attempt_log WHERE delivery_id = 13 AND n = 2",
        finds=[("exhausted", "delivery 13")],
    ),
    damage(
        "gone without an answer that says so", DAY, "UPDATE attempt_log SET status = 500 WHERE delivery_id = 15",
        finds=[("exhausted", "delivery 15")],
    ),
    damage(
        "delivered and given up", DAY, "UPDATE delivery_log SET reason = 'attempts' WHERE id = 8",
        finds=[("exhausted", "delivery 8")],
    ),
    damage(
        "an attempt is lost", DAY, "DELETE FROM attempt_log WHERE delivery_id = 5 AND n = 2",
        finds=[("attempt_numbers", "delivery 5")],
    ),
    damage(
        "the successful attempt is lost", DAY, "DELETE FROM attempt_log WHERE delivery_id = 1 AND n = 2",
        finds=[("attempt_numbers", "delivery 1")],
    ),
    damage(
        "an attempt has another's number", DAY, "UPDATE attempt_log SET n = 0 WHERE delivery_id = 5 AND n = 1",
        finds=[("attempt_numbers", "delivery 5")],
    ),
    damage(
        "an ended delivery made one attempt more", DAY, attempt(5, 4),
        finds=[("attempt_numbers", "delivery 5")],
    ),
    damage(
        "an unsettled delivery made two attempts more", DAY, attempt(9, 1), attempt(9, 2),
        finds=[("attempt_numbers", "delivery 9")],
    ),
    damage(
        "an attempt of nothing", DAY, attempt(77, 1), finds=[("attempt_delivery", "delivery 77")],
    ),
    damage(
        "a success that was not answered 200", DAY, "UPDATE attempt_log SET status = 204 WHERE delivery_id = 2",
        finds=[("attempt_status", "delivery 2")],
    ),
    damage(
        "a failure that was answered 200", DAY,
        "UPDATE attempt_log SET status = 200 WHERE delivery_id = 3",
        finds=[("attempt_status", "delivery 3")],
    ),
    damage(
        "a closed session without a stop", STATE, "UPDATE sessions SET state = 'closed' WHERE id = 1004",
        finds=[("session_events", "session 1004")],
    ),
    damage(
        "a stop is lost with all that was made of it", DAY,
        "DELETE FROM event_log WHERE id = '1002-0'", "DELETE FROM delivery_log WHERE id = 2",
        "DELETE FROM attempt_log WHERE delivery_id = 2",
        finds=[("session_events", "session 1002")],
    ),
    damage(
        "a session starts before it is announced", STATE,
        "UPDATE sessions SET state = 'opening' WHERE id = 1004",
        finds=[("session_events", "session 1004")],
    ),
    damage(
        "an open session has stopped", STATE, "UPDATE sessions SET state = 'lost' WHERE id = 1002",
        finds=[("session_events", "session 1002")],
    ),
    damage(
        "a session starts twice", DAY,
        "INSERT INTO event_log SELECT account_id, 'again', event_type, domain, app, stream, session_id, occurred_ms, accepted_ms, config_version, facts, 0 FROM event_log WHERE id = '1002-1'",
        finds=[("session_events", "session 1002")],
    ),
    damage(
        "a session is lost", STATE, "DELETE FROM sessions WHERE id = 1004",
        finds=[("event_session", "event 1004-1")],
    ),
    damage(
        "a stop began before its start had ended", DAY,
        "UPDATE attempt_log SET started_ms = started_ms - 1500 WHERE delivery_id = 2",
        finds=[("lane_order", "delivery 2")],
    ),
    damage(
        "a stop began while its start waits", DAY, attempt(4, 1), finds=[("lane_order", "delivery 4")],
    ),
    damage(
        "a lane stands still", STATE, "UPDATE deliveries SET state = 'held' WHERE id = 3",
        finds=[("lane_head", "lane 1/push.example.com/live/room1001")],
    ),
]  # fmt: skip


def test_good_records_agree(folder):
    report = checked(folder)
    assert report.ok
    assert found(report) == set()
    assert report.counted == {
        "sessions": 5, "events": 14, "deliveries": 20, "attempts": 22, "unsettled": 6, "days": 2,
    }  # fmt: skip
    assert "The records agree" in text(report)


@pytest.mark.parametrize(("file", "statements", "finds"), DAMAGES)
def test_a_damage_is_found_and_nothing_else(folder, file, statements, finds):
    change(folder, file, *statements)
    report = checked(folder)
    assert found(report) == finds
    assert not report.ok
    assert all(f"{subject} " in text(report) for _, subject in finds)


FINE = [
    pytest.param(DAY, [attempt(9, 1, good=True)], id="an attempt that was logged when the process died"),
    pytest.param(
        NEXT_DAY,
        [
            "ATTACH '{folder}/airhook.db' AS live",
            "INSERT INTO delivery_log SELECT id, event_id, account_id, event_type, domain, app, stream, template_id, url, body, lane, shard, 'delivered', 1, created_ms, due_ms, hold_until_ms, expires_ms, NULL, NULL, NULL, created_ms FROM live.deliveries WHERE id = 9",
        ],
        id="an end that was logged when the process died",
    ),
    pytest.param(
        DAY,
        ["UPDATE delivery_log SET hold_until_ms = 0 WHERE id = 2", "UPDATE attempt_log SET started_ms = 1 WHERE delivery_id = 2"],
        id="a stop that was held long enough",
    ),
    pytest.param(DAY, ["UPDATE event_log SET planned = NULL WHERE id = 'picture'"], id="not recorded by revision 1"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "statements"), FINE)
def test_what_may_be_is_no_finding(folder, file, statements):
    change(folder, file, *(one.replace("{folder}", str(folder)) for one in statements))
    assert found(checked(folder)) == set()


def test_the_newest_log_is_missed(folder):
    (folder / NEXT_DAY).unlink()
    assert found(checked(folder)) == {
        ("session_events", "session 1003"),
        ("log_file", "airhook-2026-01-02.db"),
    }


def test_a_day_that_is_gone_without_being_dropped_is_missed(folder):
    (folder / DAY).unlink()
    assert found(checked(folder)) == {("log_file", "airhook-2026-01-01.db")}


def test_what_was_dropped_with_its_day_is_not_missed(folder):
    (folder / DAY).unlink()
    start_ms = NOON_MS // DAY_MS * DAY_MS
    change(folder, STATE, f"UPDATE log_days SET dropped_ms = 1 WHERE start_ms = {start_ms}")
    assert found(checked(folder)) == set()


@pytest.mark.parametrize("name", ["airhook-2026-01-01.db.damaged-1767268800000", "airhook-2025-12-30.db"])
def test_a_log_that_cannot_be_read_is_told(folder, name):
    (folder / "logs" / name).write_bytes(b"no database" * 1000)
    assert found(checked(folder)) == {("log_file", name)}


def test_of_a_running_server_the_last_half_minute_is_not_judged(folder):
    """Records that were written after the live database was read fit nothing yet."""
    change(
        folder, DAY,
        "UPDATE event_log SET planned = 7, accepted_ms = 1 << 50 WHERE id = 'picture'",
        attempt(1 << 62, 1),
        attempt(3, 2), attempt(3, 3),
        "UPDATE attempt_log SET started_ms = 1 << 50 WHERE delivery_id = 3 AND n > 1",
    )  # fmt: skip
    assert found(checked(folder, running=True)) == set()
    assert len(found(checked(folder))) == 3


def test_the_folder_is_left_as_it_was(folder):
    before = {path: path.read_bytes() for path in folder.rglob("*.db")}
    checked(folder)
    assert {path: path.read_bytes() for path in folder.rglob("*.db")} == before


def test_many_findings_are_counted_and_the_first_are_shown(folder):
    change(folder, DAY, *(attempt(n, 1) for n in range(100, 150)))
    report = checked(folder)
    assert report.totals == {"attempt_delivery": 50}
    assert len(report.findings) == 20
    assert "... and 30 more" in text(report)


def test_a_folder_without_a_database_is_named(tmp_path):
    with pytest.raises(ConfigError, match=str(tmp_path)):
        checked(tmp_path)


def test_another_revision_says_how_to_migrate(folder):
    change(folder, STATE, "UPDATE alembic_version SET version_num = '0001'")
    with pytest.raises(ConfigError, match="airhook migrate"):
        checked(folder)


# --- what receivers wrote down --------------------------------------------------------------------------------------


def line(sequence, kind, *, at=1.0, signature="ok", body=None):
    heard = {"event_type": kind, "sequence": str(sequence), "stream_id": "room"}
    return {
        "at": at,
        "path": "/",
        "headers": {},
        "body": heard if body is None else body,
        "signature": signature,
    }


HEARD = [
    line(1002, 1),
    line(1002, 1),
    line(1002, 0),
    line(1001, 1),
    line(1004, 1),
    line(1003, 1),
    line(1003, 0),
]


@pytest.fixture
def heard(tmp_path):
    """Writes a receiver's file."""

    def write(lines, name="received.jsonl"):
        path = tmp_path / name
        path.write_text("".join(json.dumps(one) + "\n" for one in lines))
        return path

    return write


def test_what_arrived_agrees(folder, heard):
    report = checked(folder, received_files=[heard(HEARD)])
    assert found(report) == set()
    assert report.counted["received"] == 7


RECEIVED = [
    pytest.param(HEARD[:-1], {("received_lost", "event 1003-0")}, id="one is lost"),
    pytest.param([*HEARD, line(4711, 1)], {("received_unknown", "event 4711-1")}, id="one is not known"),
    pytest.param([*HEARD, line(1003, 0)], {("received_repeated", "event 1003-0")}, id="one is repeated"),
    pytest.param(
        [line(1002, 0), *HEARD[:2], *HEARD[3:]], {("received_order", "delivery 2")}, id="stop before start"
    ),
    pytest.param(
        [*HEARD[:-1], line(1003, 0, signature="bad")], {("received_lost", "event 1003-0")}, id="a forged one"
    ),
    pytest.param([*HEARD[:-2], line(1003, 0), line(1003, 1)], set(), id="a stop that was held long enough"),
    pytest.param(
        [*HEARD, line(1, 317), line(0, 0, body="text"), line(1, 1, body={"a": 1})], set(), id="others"
    ),
]


@pytest.mark.parametrize(("lines", "finds"), RECEIVED)
def test_what_arrived_is_compared(folder, heard, lines, finds):
    assert found(checked(folder, received_files=[heard(lines)])) == finds


def test_a_push_that_a_caller_reported_is_known_by_its_sequence(folder, heard):
    assert checked(folder, received_files=[heard([*HEARD, line(7, 1)])]).ok
    change(folder, STATE, "UPDATE events SET facts = replace(facts, '\"sequence\":7', '\"sequence\":8')")
    lost = checked(folder, received_files=[heard([*HEARD, line(7, 1)])])
    assert found(lost) == {("received_unknown", "event 7-1")}


def test_repeats_by_crashes_are_allowed_up_to_a_number(folder, heard):
    file = heard([*HEARD, line(1003, 0), line(1003, 0), line(1004, 1), line(1004, 1), line(1004, 1)])
    assert checked(folder, received_files=[file], repeats=3).ok
    assert checked(folder, received_files=[file], repeats=2).totals == {"received_repeated": 3}


def test_several_receivers_are_ordered_by_their_clocks(folder, heard):
    starts = heard([line(number, 1, at=5) for number in (1001, 1002, 1003, 1004)], "starts")
    stops = heard([line(1002, 0, at=6), line(1003, 0, at=5.5)], "stops")
    assert checked(folder, received_files=[stops, starts]).ok
    early = heard([line(1002, 0, at=4.9), line(1003, 0, at=6)], "early")
    assert found(checked(folder, received_files=[early, starts])) == {("received_order", "delivery 2")}


def test_a_line_cut_off_at_the_end_is_left_out(folder, heard):
    file = heard(HEARD)
    file.write_text(file.read_text() + '{"at": 1, "bo')
    assert checked(folder, received_files=[file]).ok


def test_a_file_of_something_else_is_named(folder, tmp_path):
    file = tmp_path / "log.txt"
    file.write_text("hello\nworld\n")
    with pytest.raises(AirhookError, match=r"log\.txt, line 1"):
        checked(folder, received_files=[file])
    with pytest.raises(AirhookError, match="missing"):
        checked(folder, received_files=[tmp_path / "missing"])
