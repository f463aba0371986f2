"""Sessions on the real store, with a clock that stands still: each row of design D9, and what a crash leaves."""

import asyncio

import pytest

from airhook.control import domains
from airhook.control.domains import DomainChange
from airhook.core import reasons
from airhook.core.push_ports import Refusal
from airhook.core.sessions import NewPush
from support.desk import NOW_MS, wait
from support.push_stage import ACCOUNT, DOMAIN, set_stage


@pytest.fixture
def stage(desk):
    return set_stage(desk)


def test_a_push_is_reported_with_what_is_known_of_it(stage):
    ticket = stage.push()
    stage.later(3.5)
    stage.carry(ticket, 500)
    stage.later(0.5)
    stage.end(ticket, reasons.CLIENT_STOPPED)

    begin, end = stage.bodies
    assert begin == {
        "app": DOMAIN, "appid": 1_300_000_007, "appname": "live", "channel_id": "room1001", "errcode": 0, "errmsg": "ok",
        "event_time": NOW_MS // 1000, "event_type": 1, "height": 720, "idc_id": 21, "node": "198.51.100.17",
        "sequence": str(ticket.session_id), "set_id": 2, "stream_id": "room1001", "stream_param": "a=1",
        "user_ip": "203.0.113.25", "width": 1280,
    }  # fmt: skip
    changed = {key: value for key, value in end.items() if begin.get(key) != value}
    assert changed == {
        "errcode": 1, "errmsg": "The push client actively stopped the push", "event_time": (NOW_MS + 4000) // 1000,
        "event_type": 0, "push_duration": "3500",
    }  # fmt: skip
    assert stage.session(ticket).bytes == 1500


def test_the_start_is_not_reported_before_it_is_announced(stage):
    ticket = stage.admit()
    assert stage.bodies == []
    wait(stage.sessions.announce(ticket, 0, 0))
    wait(stage.sessions.announce(ticket, 640, 360))
    assert stage.said() == [(1, 0)]


def test_a_size_that_comes_late_is_in_the_stop(stage):
    ticket = stage.admit()
    wait(stage.sessions.announce(ticket, 0, 0))
    wait(stage.sessions.resize(ticket, 640, 360))
    stage.end(ticket, reasons.CLIENT_STOPPED)
    assert [(body["width"], body["height"]) for body in stage.bodies] == [(0, 0), (640, 360)]


def test_a_push_that_ends_before_its_announcement_has_a_start_too(stage):
    stage.end(stage.admit(), reasons.CLIENT_STOPPED)
    assert stage.said() == [(1, 0), (0, 1)]


def test_sending_data_the_old_push_is_replaced(stage):
    old = stage.push()
    stage.later(2)
    stage.carry(old, 1)
    new = stage.push()
    assert stage.said() == [(1, 0), (0, 21), (1, 0)]
    assert stage.bodies[1]["errmsg"] == "The push was replaced by a new push URL"
    assert stage.source.cuts == [(old, reasons.REPLACED)]
    assert new.session_id != old.session_id


@pytest.mark.parametrize(("params", "said"), [("a=1", [(1, 0)]), ("a=2", [(1, 0), (0, 21), (1, 0)])])
def test_a_silent_push_is_taken_over_by_its_url_and_ended_by_another(stage, params, said):
    old = stage.push()
    stage.later(3)
    new = stage.push(params)
    assert stage.said() == said
    assert (new.session_id == old.session_id) is (params == "a=1")
    assert [ticket for ticket, _ in stage.source.cuts] == [old]
    if params == "a=2":
        assert stage.bodies[1]["errmsg"] == "The push was without data and was replaced by a new push URL"


def test_a_lost_push_that_comes_back_goes_on(stage):
    first = stage.push()
    stage.end(first, reasons.CONNECTION_CLOSED)
    stage.later(69)
    stage.close_due()
    second = stage.admit()
    stage.carry(second, 200)
    stage.later(1)
    stage.end(second, reasons.CLIENT_STOPPED)
    assert stage.said() == [(1, 0), (0, 1)]
    assert second.session_id == first.session_id
    assert stage.session(second).bytes == 1200, "the bytes of both connections"
    assert stage.bodies[1]["push_duration"] == "69000"


def test_a_lost_push_that_does_not_come_back_ends_with_its_window(stage):
    ticket = stage.push()
    stage.later(10)
    stage.carry(ticket, 1)
    stage.later(1)
    stage.end(ticket, reasons.CONNECTION_CLOSED)
    stage.later(69.9)
    stage.close_due()
    assert stage.said() == [(1, 0)]
    stage.later(0.1)
    stage.close_due()
    stage.close_due()
    assert stage.said() == [(1, 0), (0, 3)]
    end = stage.bodies[1]
    assert end["event_time"] == (NOW_MS + 11_000) // 1000, "when the push ended, not when its window closed"
    assert end["push_duration"] == "10000", "to the last data"


def test_another_url_within_the_window_ends_the_lost_push_at_once(stage):
    stage.end(stage.push(), reasons.CONNECTION_CLOSED)
    stage.later(5)
    stage.push("a=2")
    assert stage.said() == [(1, 0), (0, 3), (1, 0)]


@pytest.mark.parametrize("reason", [reasons.CONTENT_ERROR, reasons.AMF_ERROR, reasons.FRAME_TOO_LARGE])
def test_an_error_in_the_stream_is_reported_at_once(stage, reason):
    stage.end(stage.push(), reason)
    assert stage.said() == [(1, 0), (0, reason.errcode)]


def test_without_a_window_a_lost_push_is_reported_at_once(stage):
    wait(domains.change(stage.desk, ACCOUNT, DOMAIN, DomainChange(reconnect_window_s=0)))
    stage.end(stage.push(), reasons.READ_FAILED)
    assert stage.said() == [(1, 0), (0, 4)]


def test_the_window_of_a_silent_push_counts_from_its_last_data(stage):
    ticket = stage.push()
    stage.later(1)
    stage.carry(ticket, 1)
    stage.later(30)
    stage.end(ticket, reasons.NO_DATA)
    stage.later(39.9)
    stage.close_due()
    assert stage.said() == [(1, 0)]
    stage.later(0.1)
    stage.close_due()
    assert stage.said() == [(1, 0), (0, 8)]


def test_a_push_without_any_media_is_closed_at_once(stage):
    ticket = stage.admit()
    wait(stage.sessions.announce(ticket, 0, 0))
    stage.later(30)
    stage.end(ticket, reasons.NO_DATA)
    assert stage.said() == [(1, 0), (0, 8)]
    assert stage.bodies[1]["push_duration"] == "0"


def test_the_end_of_a_displaced_connection_tells_nothing(stage):
    old = stage.push()
    activity = stage.source.live[old]
    stage.push()
    wait(stage.sessions.end(old, reasons.CONNECTION_CLOSED, activity))
    assert stage.said() == [(1, 0), (0, 21), (1, 0)]


def test_a_push_is_not_taken_over_when_its_window_is_over(stage):
    stage.end(stage.push(), reasons.CONNECTION_CLOSED)
    stage.later(70)
    stage.push()
    assert stage.said() == [(1, 0), (0, 3), (1, 0)]


def test_what_is_known_of_one_connection_is_not_said_of_another(stage):
    """Two publishers that come at once, both while an older one is live: the middle one has carried nothing."""
    old = stage.push()
    stage.carry(old, 5_000_000)
    push = NewPush(domain=DOMAIN, app="live", stream="room1001", stream_param="b", user_ip="203.0.113.25")

    async def both():
        return await asyncio.gather(stage.gate.admit(push), stage.gate.admit(push))

    middle, _ = wait(both())
    assert stage.session(old).bytes == 5_001_000
    assert stage.session(middle).bytes == 0


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        ({"domain": "other.example.com"}, reasons.DOMAIN_UNKNOWN),
        ({"domain": "192.0.2.7"}, reasons.IP_NOT_ALLOWED),
        ({"domain": "2001:db8::1"}, reasons.IP_NOT_ALLOWED),
        ({"domain": "no_domain!"}, reasons.DOMAIN_ILLEGAL),
        ({"app": "li/ve"}, reasons.APP_NAME_ILLEGAL),
        ({"app": ".live"}, reasons.APP_NAME_ILLEGAL),
        ({"stream": ""}, reasons.STREAM_NAME_ILLEGAL),
        ({"stream": "пот"}, reasons.STREAM_NAME_ILLEGAL),
        ({"stream": "a" * 129}, reasons.STREAM_NAME_ILLEGAL),
    ],
)
def test_who_may_not_push_is_told_why(stage, who, reason):
    assert stage.admit(**who) == Refusal(reason)


def test_a_disabled_domain_lets_nobody_in(stage):
    wait(domains.change(stage.desk, ACCOUNT, DOMAIN, DomainChange(enabled=False)))
    assert stage.admit() == Refusal(reasons.DOMAIN_DISABLED)


def test_the_domain_may_be_written_in_capitals(stage):
    stage.push(domain="PUSH.Example.COM")
    assert stage.bodies[0]["app"] == DOMAIN


def test_streams_of_one_name_in_two_apps_are_two(stage):
    stage.push()
    stage.push(app="other")
    assert stage.source.cuts == []
