"""``airhook verify`` with what receivers wrote down of what they were sent."""

import json

import pytest

from airhook.core.errors import AirhookError
from support.verified import STATE, change, checked, found


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
    pytest.param(
        [*HEARD, line("9" * 5000, 1), line(2**63, 1), line("-1", 0), line("", 0), line("²", 0)],
        set(),
        id="numbers that are no sequences",
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
