"""Orders about streams on the real store: what they do to the push that is on, and to those that want in."""

import pytest

from airhook.control import streams
from airhook.control.base import NoStreams
from airhook.control.streams import StreamFilter, StreamState
from airhook.core import reasons
from airhook.core.errors import InvalidError
from airhook.core.push_ports import PushTicket, Refusal
from airhook.core.sessions import SessionState
from airhook.core.stream_orders import DAY_MS
from support.desk import NOW_MS, wait
from support.push_stage import ACCOUNT, DOMAIN, Stage, set_stage

ROOM = (DOMAIN, "live", "room1001")
HOUR_MS = 3_600_000


@pytest.fixture
def stage(desk) -> Stage:
    stage = set_stage(desk)
    desk.live = stage.sessions
    return stage


def state(stage, *who):
    return wait(streams.state(stage.desk, ACCOUNT, *(who or ROOM)))


def drop(stage, *who):
    return wait(streams.drop(stage.desk, ACCOUNT, *(who or ROOM)))


def forbid(stage, *who, **how):
    return wait(streams.forbid(stage.desk, ACCOUNT, *(who or ROOM), **how))


def resume(stage):
    return wait(streams.resume(stage.desk, ACCOUNT, *ROOM))


def test_a_dropped_push_is_over_when_the_call_returns(stage):
    ticket = stage.push()
    stage.later(2)
    stage.carry(ticket, 500)
    assert drop(stage) is True
    assert stage.source.cuts == [(ticket, reasons.DROPPED)]
    assert stage.said() == [(1, 0), (0, 21)]
    end = stage.bodies[-1]
    assert (end["errmsg"], end["push_duration"]) == ("The stream was stopped at your request", "2000")
    assert stage.session(ticket).reason == reasons.DROPPED
    assert stage.session(ticket).bytes == 1500
    assert state(stage) is StreamState.INACTIVE


def test_a_dropped_stream_may_be_pushed_again(stage):
    stage.push()
    drop(stage)
    again = stage.push()
    wait(stage.sessions.obey())
    assert stage.session(again).state is SessionState.LIVE


def test_a_drop_that_is_obeyed_late_spares_the_next_push(stage):
    old = stage.push()
    stage.desk.live = NoStreams()  # another process gives the order
    assert drop(stage) is True
    stage.end(old, reasons.CLIENT_STOPPED)
    new = stage.push()
    wait(stage.sessions.obey())
    assert stage.session(new).state is SessionState.LIVE
    assert stage.said() == [(1, 0), (0, 1), (1, 0)]


def test_nothing_happens_to_a_stream_that_is_not_on(stage):
    assert drop(stage) is False
    assert stage.bodies == []


def test_other_streams_go_on(stage):
    other = stage.push(stream="room1002")
    stage.push()
    drop(stage)
    assert stage.session(other).state is SessionState.LIVE
    assert stage.source.cuts[0][0] != other


def test_a_dropped_push_that_was_not_announced_yet_has_its_start_and_its_stop(stage):
    ticket = stage.admit()
    drop(stage)
    assert stage.said() == [(1, 0), (0, 21)]
    wait(stage.sessions.announce(ticket, 640, 360))
    assert stage.said() == [(1, 0), (0, 21)]


def test_a_lost_push_that_is_dropped_ends_at_once_and_counts_to_its_loss(stage):
    ticket = stage.push()
    stage.end(ticket, reasons.CONNECTION_CLOSED)
    stage.later(10)
    assert state(stage) is StreamState.ACTIVE
    drop(stage)
    assert stage.said() == [(1, 0), (0, 21)]
    assert stage.bodies[-1]["event_time"] == NOW_MS // 1000
    stage.later(120)
    stage.close_due()
    assert stage.said() == [(1, 0), (0, 21)]


def test_a_forbidden_push_ends_and_nobody_gets_in_until_the_time(stage):
    ticket = stage.push()
    forbid(stage, until_ms=NOW_MS + HOUR_MS, reason="rights")
    assert stage.source.cuts == [(ticket, reasons.FORBIDDEN)]
    assert stage.said() == [(1, 0), (0, 21)]
    assert stage.bodies[-1]["errmsg"] == "The stream was banned at your request"
    assert state(stage) is StreamState.FORBIDDEN
    assert stage.admit() == Refusal(reasons.STREAM_BANNED)
    assert isinstance(stage.admit(stream="room1002"), PushTicket)
    stage.later(3599)
    assert stage.admit() == Refusal(reasons.STREAM_BANNED)
    stage.later(1)
    assert state(stage) is StreamState.INACTIVE
    assert isinstance(stage.admit(), PushTicket)
    assert stage.said() == [(1, 0), (0, 21)]


def test_a_forbidden_stream_may_be_resumed_before_its_time(stage):
    forbid(stage)
    assert resume(stage) is True
    assert isinstance(stage.admit(), PushTicket)
    assert resume(stage) is False


def test_a_ban_is_for_seven_days_unless_another_time_is_given(stage):
    assert forbid(stage).forbidden_until_ms == NOW_MS + 7 * DAY_MS
    assert forbid(stage, until_ms=NOW_MS + 90 * DAY_MS).forbidden_until_ms == NOW_MS + 90 * DAY_MS


def test_whoever_is_just_being_let_in_when_the_ban_comes_is_out_again(stage):
    """The push was judged by the configuration before the ban, and committed after it."""
    transact = stage.desk.store.transact

    async def slowly(work):
        stage.desk.store.transact = transact
        await streams.forbid(stage.desk, ACCOUNT, *ROOM)
        return await transact(work)

    stage.desk.store.transact = slowly
    ticket = stage.admit()
    assert stage.source.cuts == [(ticket, reasons.FORBIDDEN)]
    assert stage.session(ticket).reason == reasons.FORBIDDEN


def test_an_order_given_while_the_server_was_down_is_obeyed_at_its_start(stage):
    ticket = stage.push()
    stage.desk.live = NoStreams()  # another process
    drop(stage)
    assert stage.said() == [(1, 0)]
    stage.restart()
    wait(stage.sessions.recover())
    wait(stage.sessions.obey())
    assert stage.said() == [(1, 0), (0, 21)]
    assert stage.session(ticket).reason == reasons.DROPPED


def test_bans_are_listed_while_they_are_in_force(stage):
    forbid(stage, DOMAIN, "live", "b", until_ms=NOW_MS + HOUR_MS, reason="rights")
    forbid(stage, DOMAIN, "live", "a", until_ms=NOW_MS + 2 * HOUR_MS)
    found = wait(streams.bans(stage.desk, ACCOUNT))
    assert [(one.stream, one.reason) for one in found] == [("a", ""), ("b", "rights")]
    stage.later(3600)
    assert [one.stream for one in wait(streams.bans(stage.desk, ACCOUNT))] == ["a"]
    assert wait(streams.bans(stage.desk, ACCOUNT + 1)) == []


def test_orders_that_are_over_are_forgotten(stage):
    forbid(stage, until_ms=NOW_MS + HOUR_MS)
    forbid(stage, DOMAIN, "live", "b", until_ms=NOW_MS + 3 * HOUR_MS)
    stage.later(7200)
    forbid(stage, DOMAIN, "live", "c")
    assert {key.stream for key in stage.desk.config.current.stream_orders} == {"b", "c"}
    wait(stage.desk.store.transact(lambda tx: tx.forget_stream_orders(stage.desk.clock.ms)))
    kept = wait(stage.desk.store.transact(lambda tx: tx.stream_bans(ACCOUNT, 0)))
    assert {order.stream for order in kept} == {"b", "c"}


def test_streams_are_found_by_their_names(stage):
    stage.push()
    stage.push(stream="room1002")

    def found(**wanted):
        return [one.stream for one in wait(streams.online(stage.desk, ACCOUNT, StreamFilter(**wanted)))]

    assert found() == ["room1001", "room1002"]
    assert found(domain=DOMAIN.upper(), app="live", stream="room1002") == ["room1002"]
    assert found(stream="room") == []
    assert found(app="vod") == []
    assert wait(streams.online(stage.desk, ACCOUNT + 1)) == []
    assert len(wait(streams.online(stage.desk, None))) == 2


def test_a_push_without_its_connection_is_on_but_carries_nothing(stage):
    ticket = stage.push()
    stage.push(stream="room1002")
    stage.end(ticket, reasons.CONNECTION_CLOSED)
    assert len(wait(streams.online(stage.desk, ACCOUNT))) == 2
    assert [one.session.stream for one in wait(streams.pushes(stage.desk, ACCOUNT))] == ["room1002"]


@pytest.mark.parametrize(
    ("who", "how", "field"),
    [
        pytest.param(("x.example.com", "live", "a"), {}, "domain", id="unknown-domain"),
        pytest.param((DOMAIN, "a/b", "a"), {}, "app", id="bad-app"),
        pytest.param((DOMAIN, "live", ".a"), {}, "stream", id="bad-stream"),
        pytest.param(ROOM, {"until_ms": NOW_MS}, "resume_time", id="a-time-that-is-over"),
        pytest.param(ROOM, {"until_ms": NOW_MS + 90 * DAY_MS + 1}, "resume_time", id="too-far-ahead"),
        pytest.param(ROOM, {"reason": "る" * 683}, "reason", id="reason-of-2049-bytes"),
    ],
)
def test_what_cannot_be_ordered(stage, who, how, field):
    with pytest.raises(InvalidError) as caught:
        forbid(stage, *who, **how)
    assert caught.value.field == field


def test_another_accounts_streams_are_nobody_elses_business(stage, other):
    ticket = stage.push()
    for ask in (streams.drop, streams.forbid, streams.resume, streams.state):
        with pytest.raises(InvalidError, match="not one of your push domains"):
            wait(ask(stage.desk, other, *ROOM))
    assert stage.session(ticket).state is SessionState.LIVE
