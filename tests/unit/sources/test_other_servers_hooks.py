"""SRS, ZLMediaKit and MediaMTX by requests as their documentation shows them."""

import pytest

from airhook.control import domains
from airhook.control.domains import DomainChange
from airhook.sources.reports import MalformedHookError
from support.desk import open_desk, wait
from support.hook_requests import (
    mtx_auth,
    mtx_command,
    posted,
    srs,
    zlm,
    zlm_flow,
    zlm_gone,
    zlm_publish,
    zlm_there,
)
from support.hook_stage import set_hook_stage
from support.push_stage import ACCOUNT, DOMAIN


@pytest.fixture
def desk(tmp_path):
    with open_desk(tmp_path) as desk:
        yield desk


def forbid_unsigned(desk):
    wait(domains.change(desk, ACCOUNT, DOMAIN, DomainChange(auth_enabled=True)))


class TestSrs:
    @pytest.fixture
    def stage(self, desk):
        return set_hook_stage(desk, "srs")

    def test_a_push(self, stage):
        for action in ("on_connect", "on_publish"):
            assert stage.send(srs(action)).body == b'{"code":0}'
        stage.pass_s(6)
        for action in ("on_unpublish", "on_close"):
            stage.send(srs(action))
        stage.pass_s(5)
        assert stage.said() == [(1, 0), (0, 1)]
        begin, end = stage.bodies
        assert (begin["app"], begin["stream_id"], begin["stream_param"]) == (DOMAIN, "room1001", "a=1")
        assert begin["user_ip"] == "203.0.113.25"
        assert end["push_duration"] == "6000"

    def test_a_refusal(self, stage):
        forbid_unsigned(stage.desk)
        answer = stage.send(srs("on_publish"))
        assert (answer.status, b'"code":18' in answer.body) == (403, True)

    def test_a_publisher_of_a_stream_that_is_taken_shows_by_its_close(self, stage):
        stage.send(srs("on_publish"))
        stage.pass_s(2)
        stage.send(srs("on_publish", "other"))
        stage.send(srs("on_close", "other"))
        stage.pass_s(10)
        assert stage.said() == [(1, 0)]

    def test_a_lost_unpublish_is_made_of_the_close(self, stage):
        stage.send(srs("on_publish"))
        stage.pass_s(2)
        stage.send(srs("on_close"))
        stage.pass_s(75)
        assert stage.said() == [(1, 0), (0, 3)]

    def test_a_player_s_close_is_nothing(self, stage):
        stage.send(srs("on_publish"))
        stage.send(srs("on_play", "player"))
        stage.send(srs("on_stop", "player"))
        stage.send(srs("on_close", "player"))
        stage.pass_s(75)
        assert stage.said() == [(1, 0)]

    def test_a_late_repeat_of_the_start_is_nothing(self, stage):
        stage.send(srs("on_publish"))
        stage.send(srs("on_unpublish"))
        stage.send(srs("on_publish"))
        stage.pass_s(5)
        assert stage.said() == [(1, 0), (0, 1)]

    def test_a_server_s_own_vhost_names_the_domain(self, stage):
        stage.send(srs("on_publish", vhost=DOMAIN, tcUrl="rtmp://10.0.0.1/live"))
        stage.pass_s(2)
        assert stage.bodies[0]["app"] == DOMAIN

    @pytest.mark.parametrize(
        "body", [{}, {"action": "on_publish", "client_id": 7, "app": []}, {"action": "on_publish"}]
    )
    def test_nonsense(self, stage, body):
        with pytest.raises(MalformedHookError):
            stage.send(posted(**body))
        assert stage.outcomes() == ["malformed"]


class TestZlMediaKit:
    @pytest.fixture
    def stage(self, desk):
        return set_hook_stage(desk, "zlmediakit")

    def test_a_push_of_which_every_schema_is_told(self, stage):
        assert stage.send(zlm_publish()).body == b'{"code":0,"msg":"success"}'
        stage.pass_s(2)
        assert stage.bodies == []  # it has asked for leave; nobody knows whether it is there
        for schema in ("rtsp", "rtmp", "fmp4", "ts", "hls"):
            stage.send(zlm_there(schema=schema))
        stage.look()
        assert stage.said() == [(1, 0)]
        assert (stage.bodies[0]["width"], stage.bodies[0]["height"]) == (1280, 720)
        stage.pass_s(6)
        stage.send(zlm_flow())
        for schema in ("rtsp", "rtmp", "hls"):
            stage.send(zlm_gone(schema))
        stage.pass_s(3)
        assert stage.said() == [(1, 0), (0, 1)]

    def test_the_stop_without_a_flow_report(self, stage):
        stage.send(zlm_publish())
        stage.send(zlm_there())
        stage.look()
        stage.send(zlm_gone())
        assert stage.said() == [(1, 0), (0, 1)]

    def test_leave_that_nobody_makes_use_of(self, stage):
        stage.send(zlm_publish())
        stage.pass_s(25)
        assert stage.bodies == []
        stage.send(zlm_there())  # a slow one
        stage.look()
        assert stage.said() == [(1, 0)]

    def test_a_publisher_of_a_stream_that_is_taken(self, stage):
        stage.send(zlm_publish())
        stage.send(zlm_there())
        stage.send(zlm_publish("other-7"))
        stage.pass_s(25)
        assert stage.said() == [(1, 0)]
        stage.send(zlm_flow())
        assert stage.said() == [(1, 0), (0, 1)]

    def test_local_publishers_are_told_only_when_they_are_there(self, stage):
        stage.send(zlm_there())
        stage.look()
        assert stage.said() == [(1, 0)]

    def test_pulled_streams_are_no_pushes(self, stage):
        stage.send(zlm_there(originType=4))
        stage.look()
        assert stage.bodies == []

    def test_a_refusal(self, stage):
        forbid_unsigned(stage.desk)
        answer = stage.send(zlm_publish())
        assert (answer.status, b'"code":-1' in answer.body) == (200, True)

    def test_a_server_that_starts_anew_ends_what_it_had(self, stage):
        stage.send(zlm_publish())
        stage.send(zlm_there())
        stage.pass_s(2)
        stage.send(zlm("on_server_started"))
        stage.pass_s(75)
        assert stage.said() == [(1, 0), (0, 5)]

    def test_keepalives_keep_pushes_and_their_absence_ends_them(self, stage):
        stage.send(zlm_publish())
        stage.send(zlm_there())
        for _ in range(6):
            stage.pass_s(10)
            stage.send(zlm("on_server_keepalive"))
        assert stage.said() == [(1, 0)]
        stage.pass_s(75)
        assert stage.said() == [(1, 0), (0, 5)]

    def test_players_are_nothing(self, stage):
        stage.send(zlm_publish())
        stage.send(zlm_there())
        stage.send(zlm_flow(player=True))
        stage.pass_s(3)
        assert stage.said() == [(1, 0)]


class TestMediaMtx:
    @pytest.fixture
    def stage(self, desk):
        return set_hook_stage(desk, "mediamtx")

    def test_a_push(self, stage):
        assert stage.send(mtx_auth()).status == 200
        stage.pass_s(2)
        assert stage.bodies == []
        stage.send(mtx_command("ready"))
        stage.look()
        stage.pass_s(4)
        stage.send(mtx_command("gone"))
        assert stage.said() == [(1, 0), (0, 1)]
        begin = stage.bodies[0]
        assert (begin["app"], begin["appname"], begin["stream_id"]) == (DOMAIN, "live", "room1001")
        assert begin["stream_param"] == f"a=1&vhost={DOMAIN}"

    def test_a_refusal(self, stage):
        forbid_unsigned(stage.desk)
        assert stage.send(mtx_auth()).status == 403
        assert stage.send(mtx_auth(action="read")).status == 200

    def test_a_publisher_that_overrides_another(self, stage):
        stage.send(mtx_auth())
        stage.send(mtx_command("ready"))
        stage.pass_s(2)
        stage.send(mtx_auth("e0f1-2"))
        stage.send(mtx_command("gone"))
        stage.send(mtx_command("ready", "e0f1-2"))
        stage.pass_s(2)
        assert stage.said() == [(1, 0), (0, 21), (1, 0)]
        assert len({body["sequence"] for body in stage.bodies}) == 2

    @pytest.mark.parametrize("event", ["", "ready", "else"])
    def test_nonsense(self, stage, event):
        with pytest.raises(MalformedHookError):
            stage.send(mtx_command(event, client=""))
