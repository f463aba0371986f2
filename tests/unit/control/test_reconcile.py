"""What a server's API tells against what its hooks told: every start gets its stop, and none is invented."""

import json

import pytest

from airhook.control import sources, streams
from airhook.control.reconcile import Reconciler
from airhook.control.sources import SourceForm
from airhook.core import reasons
from airhook.core.source_ports import ServerApiError
from support.desk import open_desk, wait
from support.hook_requests import srs
from support.hook_stage import set_hook_stage
from support.push_stage import ACCOUNT, DOMAIN

API = "http://127.0.0.1:1985"


class Api:
    """An SRS that has on what a test says."""

    def __init__(self):
        self.streams = []
        self.pid = "1"
        self.down = False
        self.asked = []

    async def __call__(self, method, url, headers=()):
        self.asked.append((method, url))
        if self.down:
            raise ServerApiError("Connection refused")
        return json.dumps({"code": 0, "pid": self.pid, "service": "s", "streams": self.streams}).encode()

    def has(self, *clients, received=1000):
        self.streams = [
            {
                "name": "room1001", "app": "live", "tcUrl": f"rtmp://{DOMAIN}/live", "recv_bytes": received,
                "publish": {"active": True, "cid": client}, "video": {"codec": "H264", "width": 1280, "height": 720},
            }
            for client in clients
        ]  # fmt: skip


@pytest.fixture
def stage(tmp_path):
    with open_desk(tmp_path) as desk:
        yield set_hook_stage(desk, "srs", api_url=API)


@pytest.fixture
def api():
    return Api()


@pytest.fixture
def asks(stage, api):
    return Reconciler(stage.hooks, stage.desk.config, api, stage.desk.clock)


@pytest.fixture
def look(stage, asks):
    """Ask the server once, five seconds later."""

    def look(times=1):
        for _ in range(times):
            stage.pass_s(5)
            wait(asks.look(stage.desk.config.current.sources[stage.media_server.id]))
            stage.look()

    return look


def test_the_picture_s_size_and_the_bytes_come_from_the_api(stage, api, look):
    stage.send(srs("on_publish"))
    api.has("9308h583", received=5000)
    look()
    stage.send(srs("on_unpublish"))
    begin, end = stage.bodies
    assert (begin["width"], end["width"]) == (0, 1280)  # asked five seconds after the start
    assert wait(stage.desk.store.read(lambda view: view.session(int(end["sequence"])))).bytes == 5000


def test_a_stop_that_never_came_is_concluded_and_says_so(stage, api, look):
    stage.send(srs("on_publish"))
    for received in (1000, 2000):
        api.has("9308h583", received=received)
        look()
    api.has()
    look()
    assert stage.said() == [(1, 0)]
    look()
    assert stage.said() == [(1, 0), (0, 0)]
    assert stage.bodies[1]["push_duration"] == "10000"  # to the last answer that had it
    session_id = int(stage.bodies[1]["sequence"])
    [*_, last] = wait(stage.desk.store.read(lambda view: view.hooks(session_id)))
    assert (last.hook, last.outcome.value) == ("reconciliation", "stopped")


def test_a_push_that_has_just_begun_may_be_missing(stage, api, asks):
    source = stage.media_server
    for _ in range(3):
        stage.send(srs("on_publish"))
        wait(asks.look(source))
    stage.pass_s(2)
    assert stage.said() == [(1, 0)]


def test_a_new_run_of_the_server_ends_what_it_had(stage, api, look):
    stage.send(srs("on_publish"))
    api.has("9308h583")
    look()
    api.has()
    api.pid = "2"
    look()
    stage.pass_s(75)
    assert stage.said() == [(1, 0), (0, 5)]


def test_an_encoder_that_comes_back_after_a_new_run_goes_on(stage, api, look):
    stage.send(srs("on_publish"))
    api.has("9308h583")
    look()
    api.pid = "2"
    api.has("another1")
    stage.send(srs("on_publish", "another1"))
    look(2)
    stage.send(srs("on_unpublish", "another1"))
    assert stage.said() == [(1, 0), (0, 1)]


def test_a_server_that_is_gone_ends_its_pushes(stage, api, look):
    stage.send(srs("on_publish"))
    api.has("9308h583")
    look()
    api.down = True
    look(4)
    assert stage.said() == [(1, 0)]
    look(20)
    assert stage.said() == [(1, 0), (0, 5)]


def test_an_api_that_never_answered_ends_nothing(stage, api, look):
    api.down = True
    stage.send(srs("on_publish"))
    look(30)
    assert stage.said() == [(1, 0)]


def test_a_push_that_nobody_told_of_is_found(stage, api, look):
    api.has("9308h583")
    look(1)
    assert stage.bodies == []
    look(1)
    assert stage.said() == [(1, 0)]
    assert (stage.bodies[0]["app"], stage.bodies[0]["stream_id"]) == (DOMAIN, "room1001")


@pytest.mark.parametrize("listed", ["9308h583", "another1"])
def test_of_two_publishers_the_listed_one_is_on(stage, api, look, listed):
    stage.send(srs("on_publish"))
    api.has("9308h583")
    look()
    stage.send(srs("on_publish", "another1", param="?a=2"))
    api.has(listed, received=2000)
    look()
    stage.send(srs("on_unpublish", listed))
    alone = [(1, 0), (0, 1)]
    assert stage.said() == (alone if listed == "9308h583" else [(1, 0), (0, 21), *alone])


def test_what_an_order_ended_is_ended_at_the_server_again_and_again(stage, api, asks, look):
    stage.send(srs("on_publish"))
    api.has("9308h583")
    look()
    wait(streams.drop(stage.desk, ACCOUNT, DOMAIN, "live", "room1001"))
    wait(stage.sessions.obey())
    stage.look()
    [(hooked, reason)] = stage.kicked
    wait(asks.kick(hooked, reason))
    assert reason == reasons.DROPPED
    kicks = ("DELETE", f"{API}/api/v1/clients/9308h583")
    assert api.asked[-1] == kicks
    look()
    assert api.asked.count(kicks) == 2
    assert stage.said() == [(1, 0), (0, 21)]


def test_a_server_without_an_address_is_not_asked(stage, api, asks):
    wait(sources.change(stage.desk, ACCOUNT, "edge-1", SourceForm(api_url="")))
    asks.ask(stage.desk.config.current.sources[stage.media_server.id])
    assert api.asked == []
