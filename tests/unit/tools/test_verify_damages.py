"""``airhook verify`` on a folder with each kind of damage, which is found alone."""

import pytest

from airhook.tools.verify import text
from support.verified import DAY, STATE, attempt, change, checked, found


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


@pytest.mark.parametrize(("file", "statements", "finds"), DAMAGES)
def test_a_damage_is_found_and_nothing_else(folder, file, statements, finds):
    change(folder, file, *statements)
    report = checked(folder)
    assert found(report) == finds
    assert not report.ok
    assert all(f"{subject} " in text(report) for _, subject in finds)
