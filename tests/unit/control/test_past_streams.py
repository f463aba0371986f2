"""Pushes that are over: found by when they ended and by their names, page by page."""

from collections.abc import Iterator

import pytest

from airhook.control import past_streams
from airhook.core import reasons
from airhook.core.errors import InvalidError
from airhook.core.history import REMEMBERED_MS, PastFilter
from support.desk import NOW_MS, open_desk, wait
from support.push_stage import ACCOUNT, DOMAIN, Stage, set_stage

DAY_MS = 86_400_000
STREAMS = ("room1", "room2", "hall_1", "hallx1")


@pytest.fixture(scope="module")
def stage(tmp_path_factory) -> Iterator[Stage]:
    """Four pushes that ended a minute apart; the last one without any data. And one that is still on."""
    with open_desk(tmp_path_factory.mktemp("past")) as desk:
        yield with_history(desk)


def with_history(desk) -> Stage:
    stage = set_stage(desk)
    for stream in STREAMS[:3]:
        ticket = stage.admit(stream=stream)
        stage.later(60)
        stage.carry(ticket, 10)
        stage.end(ticket, reasons.CLIENT_STOPPED)
    stage.end(stage.admit(stream=STREAMS[3]), reasons.CLIENT_STOPPED)
    stage.push(stream="room3")
    return stage


def find(
    stage, *, account_id=ACCOUNT, page=1, size=10, ascending=False, since_ms=NOW_MS, until_ms=None, **names
):
    until = stage.desk.clock.ms if until_ms is None else until_ms
    wanted = PastFilter(since_ms=since_ms, until_ms=until, **names)
    return wait(past_streams.find(stage.desk, account_id, wanted, page=page, size=size, ascending=ascending))


def names(stage, **how):
    return [session.stream for session in find(stage, **how).sessions]


def test_the_last_to_end_comes_first(stage):
    assert names(stage) == ["hallx1", "hall_1", "room2", "room1"]
    assert names(stage, ascending=True) == ["room1", "room2", "hall_1", "hallx1"]


def test_pages(stage):
    page = find(stage, page=2, size=3)
    assert ([session.stream for session in page.sessions], page.total) == (["room1"], 4)
    assert names(stage, page=3, size=3) == []


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        pytest.param({"stream": "room1"}, ["room1"], id="whole-name"),
        pytest.param({"stream": "room"}, [], id="part-is-not-the-whole"),
        pytest.param({"stream": "oom", "part_of_name": True}, ["room2", "room1"], id="part"),
        pytest.param({"stream": "l_1", "part_of_name": True}, ["hall_1"], id="underscore-is-itself"),
        pytest.param({"stream": "%", "part_of_name": True}, [], id="percent-is-itself"),
        pytest.param({"stream": "*", "part_of_name": True}, [], id="asterisk-is-itself"),
        pytest.param({"with_data": True}, ["hall_1", "room2", "room1"], id="with-data"),
        pytest.param({"domain": DOMAIN.upper(), "app": "live", "stream": "room2"}, ["room2"], id="all-names"),
        pytest.param({"app": "vod"}, [], id="another-app"),
        pytest.param({"domain": "x.example.com"}, [], id="another-domain"),
        pytest.param({"since_ms": NOW_MS + 60_001}, ["hallx1", "hall_1", "room2"], id="since"),
        pytest.param({"until_ms": NOW_MS + 120_000}, ["room2", "room1"], id="until"),
    ],
)
def test_filters(stage, wanted, found):
    assert names(stage, **wanted) == found


def test_the_last_second_counts_whole(desk):
    """Times of the API are in seconds: who asks until the second in which a push ended finds it."""
    stage = set_stage(desk)
    ticket = stage.admit(stream="late")
    desk.clock.ms += 60_500
    stage.end(ticket, reasons.CLIENT_STOPPED)
    assert names(stage, until_ms=NOW_MS + 60_000) == ["late"]
    assert names(stage, until_ms=NOW_MS + 59_000) == []


def test_another_accounts_pushes_are_not_found(stage):
    assert find(stage, account_id=ACCOUNT + 1).total == 0
    assert find(stage, account_id=None).total == 4


@pytest.mark.parametrize(
    ("how", "field"),
    [
        pytest.param({"since_ms": NOW_MS - REMEMBERED_MS - 1}, "start_time", id="too-long-ago"),
        pytest.param({"until_ms": NOW_MS + DAY_MS}, "end_time", id="in-the-future"),
        pytest.param({"until_ms": NOW_MS}, "end_time", id="no-span"),
        pytest.param({"since_ms": NOW_MS - 31 * DAY_MS}, "end_time", id="too-long-a-span"),
        pytest.param({"page": 1001}, "page_num", id="beyond-ten-thousand"),
    ],
)
def test_what_cannot_be_asked(stage, how, field):
    with pytest.raises(InvalidError) as caught:
        find(stage, **how)
    assert caught.value.field == field


def test_old_ones_are_forgotten_and_open_ones_stay(desk):
    stage = with_history(desk)

    def forget(tx):
        return tx.forget_sessions(NOW_MS + 120_000, 2), tx.forget_sessions(2**60, 1), len(tx.open_sessions())

    assert wait(stage.desk.store.transact(forget)) == (1, 1, 1)
    assert names(stage) == ["hallx1", "hall_1"]


def test_a_page_is_read_by_the_index(stage):
    def work(view):
        said: list[str] = []
        view._reader.raw.set_trace_callback(said.append)
        wanted = PastFilter(since_ms=NOW_MS, until_ms=NOW_MS + DAY_MS, stream="oom", part_of_name=True)
        view.past_sessions(ACCOUNT, wanted, ascending=False, offset=0, limit=10)
        view._reader.raw.set_trace_callback(None)
        asked = [statement for statement in said if statement.startswith("SELECT")]
        return [view._reader.rows(f"EXPLAIN QUERY PLAN {statement}") for statement in asked]

    plans = [" ".join(row[-1] for row in plan) for plan in wait(stage.desk.store.read(work))]
    assert len(plans) == 2
    assert all("USING INDEX sessions_ended" in plan for plan in plans)
    assert all("SCAN" not in plan for plan in plans)
