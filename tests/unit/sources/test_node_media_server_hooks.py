"""Node-Media-Server: recorded requests; its stops come half a minute late, with the true time."""

import pytest
from msgspec.structs import replace

from airhook.control import domains
from airhook.control.domains import DomainChange
from support.desk import open_desk, wait
from support.hook_stage import set_hook_stage
from support.push_stage import ACCOUNT, DOMAIN
from support.recorded_hooks import names, recorded

KIND = "node-media-server"


@pytest.fixture
def stage(tmp_path):
    with open_desk(tmp_path) as desk:
        yield set_hook_stage(desk, KIND)


def test_a_push_and_its_late_stop(stage):
    stage.play("A-vhostparam")
    stage.pass_s(30)
    stage.hook("D-stall_04-donePublish")
    assert stage.said() == [(1, 0), (0, 1)]
    begin, end = stage.bodies
    assert (begin["app"], begin["appname"], begin["stream_id"]) == (DOMAIN, "live", "demo201")
    assert (
        begin["stream_param"]
        == "txSecret=0f3c1d2e4b5a69788796a5b4c3d2e1f0&txTime=6A9B0C1D&vhost=push.example.com"
    )
    assert begin["user_ip"] == "127.0.0.1"
    assert end["push_duration"] == "6205"  # endtime - createtime
    assert end["event_time"] - begin["event_time"] == 6


def test_releases_that_call_both_starts_by_one_name(stage):
    request = recorded(KIND, "A-vhostparam_01-prePublish")
    stage.send(replace(request, body=request.body.replace(b"prePublish", b"postPublish")))
    stage.hook("A-vhostparam_02-postPublish")
    stage.pass_s(3)
    assert stage.said() == [(1, 0)]
    assert stage.outcomes() == ["started", "duplicate"]


def test_a_refused_publisher_is_no_push_whatever_is_told_of_it(stage):
    wait(domains.change(stage.desk, ACCOUNT, DOMAIN, DomainChange(auth_enabled=True)))
    for name in names(KIND, "E-deny"):
        stage.hook(name)
    stage.pass_s(30)
    stage.hook("I-noquery_06-donePublish")
    stage.pass_s(5)
    assert [answer.status for answer in stage.answers] == [403, 403, 200, 200]
    assert stage.bodies == []


def test_a_second_publisher_that_the_server_refuses_is_never_told(stage):
    stage.play("G-dup")
    stage.pass_s(10)
    assert stage.said() == [(1, 0)]
    assert stage.outcomes() == ["started", "duplicate", "noted", "retracted", "duplicate", "retracted"]


def test_names_that_it_does_not_tell_are_refused(stage):
    stage.play("H-names")
    assert [answer.status for answer in stage.answers] == [403, 403, 200]
    assert stage.bodies == []


def test_players_and_recordings_change_nothing(stage):
    for name in names(KIND, "F-play"):
        stage.hook(name)
        stage.look()
    assert stage.said() == [(1, 0)]  # donePublish in it is of another scenario
    stage.pass_s(30)
    stage.hook("I-noquery_08-donePublish")
    assert stage.said() == [(1, 0), (0, 1)]
    assert stage.bodies[1]["push_duration"] == "9198"


def test_every_recorded_request_is_understood(stage):
    for name in names(KIND):
        stage.hook(name)
    assert "malformed" not in stage.outcomes()
