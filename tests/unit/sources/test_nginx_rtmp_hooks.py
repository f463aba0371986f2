"""nginx-rtmp: every recorded scenario becomes the callbacks that it should, and no other."""

import time

import pytest
from msgspec.structs import replace

from airhook.control import domains, streams, trace, trace_shapes
from airhook.control.domains import DomainChange
from airhook.core import reasons
from airhook.core.sessions import SessionState
from support.desk import open_desk, wait
from support.hook_stage import set_hook_stage
from support.push_stage import ACCOUNT, DOMAIN
from support.recorded_hooks import names, recorded

KIND = "nginx-rtmp"
SECRETS = "txSecret=0f3c1d2e4b5a69788796a5b4c3d2e1f0&txTime=6A9B0C1D"


def changed(request, old, new):
    assert old.encode() in request.body
    return replace(request, body=request.body.replace(old.encode(), new.encode()))


def of_another(name, old="clientid=19", new="clientid=23"):
    """A recorded request, from another connection."""
    return changed(recorded(KIND, name), old, new)


@pytest.fixture
def desk(tmp_path):
    with open_desk(tmp_path) as desk:
        yield desk


@pytest.fixture
def stage(desk):
    return set_hook_stage(desk, KIND)


def test_a_push_that_says_goodbye(stage):
    stage.play("A-vhostparam")
    assert stage.said() == [(1, 0), (0, 1)]
    begin, end = stage.bodies
    assert (begin["app"], begin["appname"], begin["stream_id"]) == (DOMAIN, "live", "demo001")
    assert begin["stream_param"] == (
        "txSecret=e02be6e5e2c5a5d3f6d0a2d4c9c8b7a6&txTime=6A9B0C1D&vhost=push.example.com"
    )
    assert begin["user_ip"] == "127.0.0.1"
    assert begin["sequence"] == end["sequence"]
    assert end["push_duration"] == "4000"
    assert {answer.status for answer in stage.answers} == {200}


def test_the_domain_may_stand_in_tc_url_alone(stage):
    stage.play("B-tcurl")
    assert stage.said() == [(1, 0), (0, 1)]
    assert stage.bodies[0]["app"] == DOMAIN
    assert stage.bodies[0]["stream_param"] == SECRETS


@pytest.mark.parametrize("scenario", ["C-sigkill", "J-drop"])
def test_a_connection_that_breaks_waits_for_its_publisher(stage, scenario):
    stage.play(scenario)
    assert stage.said() == [(1, 0)]
    stage.pass_s(70)
    assert stage.said() == [(1, 0), (0, 3)]


def test_a_push_that_stands_still_is_told_as_silent_and_lasted_to_its_last_data(stage):
    stage.play("D-stall")
    stage.pass_s(75)
    assert stage.said() == [(1, 0), (0, 8)]
    assert stage.bodies[1]["push_duration"] == "1000"  # to the first update, after which no data came


def test_a_refused_push_is_no_push(stage):
    wait(domains.change(stage.desk, ACCOUNT, DOMAIN, DomainChange(auth_enabled=True)))
    stage.play("E-deny")
    stage.pass_s(5)
    assert [answer.status for answer in stage.answers] == [200, 403, 200]
    assert stage.bodies == []
    assert stage.outcomes() == ["noted", "refused", "noted"]
    assert "18/503" in stage.kept()[1].detail


def test_a_forbidden_stream_is_refused(stage):
    wait(streams.forbid(stage.desk, ACCOUNT, DOMAIN, "live", "demo002"))
    stage.play("B-tcurl")
    assert stage.answers[1].status == 403
    assert stage.bodies == []


def test_players_are_none_of_our_business(stage):
    stage.play("F-play")
    assert stage.said() == [(1, 0), (0, 1)]


def test_a_second_publisher_that_the_server_refuses_is_never_told(stage):
    stage.play("G-dup")
    assert stage.said() == [(1, 0), (0, 1)]
    of_second = [hook.outcome.value for hook in stage.kept() if b"clientid=62" in hook.request]
    assert "retracted" in of_second
    assert "stopped" not in of_second


def test_names_that_css_does_not_allow_are_refused(stage):
    stage.play("H-names")
    assert stage.answers[1].status == 403
    assert stage.bodies == []


def test_a_query_cannot_speak_for_the_server(stage):
    stage.play("K-inject")
    stage.pass_s(75)
    begin, end = stage.bodies
    assert (begin["stream_id"], begin["user_ip"], begin["app"]) == ("demo008", "127.0.0.1", DOMAIN)
    assert begin["stream_param"].startswith("name=victim&addr=203.0.113.9")
    assert end["event_type"] == 0


@pytest.mark.parametrize("scenario", ["L-noquery", "M-tcurlargs", "N-videoonly", "O-get_recint"])
def test_other_scenarios(stage, scenario):
    stage.play(scenario)
    assert stage.said() == [(1, 0), (0, 1)]


def test_every_repeat_changes_nothing(stage):
    for name in names(KIND, "A-vhostparam"):
        stage.hook(name)
        stage.later(1)
        stage.look()
        stage.hook(name)
    assert stage.said() == [(1, 0), (0, 1)]
    assert stage.outcomes().count("started") == stage.outcomes().count("stopped") == 1


def test_a_stop_that_overtakes_its_start(stage):
    stage.hook("A-vhostparam_06-on_publish_done")
    stage.hook("A-vhostparam_02-on_publish")
    stage.pass_s(3)
    assert stage.said() == [(1, 0), (0, 1)]


def test_a_stop_that_never_comes_is_made_of_the_connection_s_end(stage):
    for name in ("C-sigkill_02-on_publish", "C-sigkill_03-on_update_publish", "C-sigkill_04-on_disconnect"):
        stage.hook(name)
        stage.pass_s(1)
    stage.pass_s(75)
    assert stage.said() == [(1, 0), (0, 3)]


def test_silence_ends_a_push_as_of_its_last_update(stage):
    stage.hook("A-vhostparam_02-on_publish")
    stage.pass_s(3)
    stage.hook("A-vhostparam_03-on_update_publish")
    stage.pass_s(29)
    assert wait(stage.desk.store.read(lambda view: view.live_sessions(None)))[0].state is SessionState.LIVE
    stage.pass_s(75)
    assert stage.said() == [(1, 0), (0, 5)]
    assert stage.bodies[1]["push_duration"] == "3000"
    of_session = wait(stage.desk.store.read(lambda view: view.hooks(int(stage.bodies[0]["sequence"]))))
    assert [(hook.hook, hook.detail) for hook in of_session][-1] == ("silence", "no update for 30 s")


def test_a_publisher_that_comes_back_within_the_window_goes_on(stage):
    stage.play("C-sigkill")
    again = of_another("C-sigkill_02-on_publish")
    assert stage.send(again).status == 200
    stage.pass_s(100)
    stage.send(of_another("C-sigkill_05-on_publish_done"))
    assert [said for said in stage.said() if said[0] == 1] == [(1, 0)]


def test_an_encoder_that_comes_back_before_its_old_connection_is_told_lost(stage):
    stage.hook("C-sigkill_02-on_publish")
    stage.pass_s(2)
    stage.send(of_another("C-sigkill_02-on_publish"))
    stage.hook("C-sigkill_04-on_disconnect")
    stage.hook("C-sigkill_05-on_publish_done")
    stage.pass_s(5)
    assert stage.said() == [(1, 0)]
    stage.send(of_another("C-sigkill_05-on_publish_done"))
    assert stage.said() == [(1, 0), (0, 1)]


def test_a_second_publisher_that_stays_takes_the_place_of_the_first(stage):
    stage.hook("C-sigkill_02-on_publish")
    stage.pass_s(2)
    other = of_another("C-sigkill_02-on_publish")
    other = changed(other, "txTime=6A9B0C1D", "txTime=6A9B0C1E")
    stage.send(other)
    assert stage.said() == [(1, 0)]
    stage.pass_s(4)
    assert stage.said() == [(1, 0), (0, 21), (1, 0)]
    assert stage.bodies[0]["sequence"] != stage.bodies[2]["sequence"]


def test_pushes_go_on_over_a_restart_of_ours(stage):
    stage.hook("A-vhostparam_02-on_publish")
    stage.pass_s(2)
    stage.recover()
    stage.hook("A-vhostparam_03-on_update_publish")
    stage.pass_s(10)
    stage.hook("A-vhostparam_06-on_publish_done")
    assert stage.said() == [(1, 0), (0, 1)]
    assert stage.bodies[1]["push_duration"] == "12000"


def test_a_start_that_was_not_told_yet_is_told_after_a_restart(stage):
    stage.hook("A-vhostparam_02-on_publish")
    assert stage.bodies == []
    stage.recover()
    stage.look()
    assert stage.said() == [(1, 0)]


def test_an_update_tells_of_a_push_whose_start_was_lost(stage):
    stage.hook("A-vhostparam_03-on_update_publish")
    stage.look()
    assert stage.said() == [(1, 0)]
    stage.hook("A-vhostparam_06-on_publish_done")
    stage.hook("A-vhostparam_05-on_update_publish")  # overtaken by the stop
    stage.pass_s(3)
    assert stage.said() == [(1, 0), (0, 1)]


def test_a_dropped_push_is_ended_at_the_server_too(stage):
    stage.hook("A-vhostparam_02-on_publish")
    stage.pass_s(2)
    wait(streams.drop(stage.desk, ACCOUNT, DOMAIN, "live", "demo001"))
    wait(stage.sessions.obey())
    stage.look()
    assert stage.said() == [(1, 0), (0, 21)]
    assert [(hooked.push.stream, reason) for hooked, reason in stage.kicked] == [("demo001", reasons.DROPPED)]
    assert stage.hook("A-vhostparam_03-on_update_publish").status == 403  # then nginx ends it
    stage.pass_s(3)
    assert stage.said() == [(1, 0), (0, 21)]


def test_each_hook_is_kept_with_the_push_it_told_of(stage):
    stage.play("A-vhostparam")
    session_id = int(stage.bodies[0]["sequence"])
    found = [
        (hook.hook, hook.outcome.value, hook.count) for hook in stage.kept() if hook.session_id == session_id
    ]
    assert found == [
        ("on_publish", "started", 1), ("on_update_publish", "alive", 3), ("on_publish_done", "stopped", 1),
        ("on_record_done", "noted", 1), ("on_done", "noted", 1), ("on_disconnect", "noted", 1),
    ]  # fmt: skip
    of_session = wait(stage.desk.store.read(lambda view: view.hooks(session_id)))
    assert [hook.hook for hook in of_session] == [name for name, _, _ in found]
    assert b"timestamp=8856" in of_session[1].request


def test_the_trace_of_a_push_begins_with_its_hooks(stage):
    stage.play("A-vhostparam")
    session_id = int(stage.bodies[0]["sequence"])
    found = trace_shapes.session(wait(trace.session(stage.desk.store, ACCOUNT, session_id)))
    assert [(hook.hook, hook.outcome, hook.count) for hook in found.hooks][:2] == [
        ("on_publish", "started", 1), ("on_update_publish", "alive", 3),
    ]  # fmt: skip
    assert found.hooks[0].request.startswith("POST /on_publish\n\napp=live&")
    assert [part.event.event_type for part in found.events] == [1, 0]
    assert found.session.source == stage.media_server.id


def test_hooks_move_into_the_day_s_log(stage):
    stage.play("A-vhostparam")
    session_id = int(stage.bodies[0]["sequence"])

    def hooks():
        return wait(stage.desk.store.read(lambda view: view.hooks(session_id)))

    before = hooks()
    stage.later(61)
    deadline = time.monotonic() + 10
    while stage.kept() and time.monotonic() < deadline:
        wait(stage.desk.store.transact(lambda tx: tx.prove_writable()))  # the writer tidies between commits
    assert stage.kept() == []
    assert hooks() == before
