"""A real nginx-rtmp in front: its hooks become signed callbacks, and nothing that happens to it is lost."""

from collections.abc import Iterator

import pytest

from airhook import verify
from support.caller import wait_until_changes_count
from support.nginx_rtmp import NginxRtmp, nginx_rtmp
from support.publishers import ffmpeg_command, publishing, stop_cleanly, vanish
from support.server import DOMAIN, KEY

SOON_S = 45


@pytest.fixture
def nginx(tmp_path) -> Iterator[NginxRtmp]:
    with nginx_rtmp(tmp_path / "nginx") as running:
        yield running


@pytest.fixture
def edge(server, receiver, nginx):
    """Airhook and an nginx-rtmp that was set up by what ``source add`` printed. Gives what that said."""
    server.set_up(receiver, window_s=0)
    server.start()
    added = server.json("source", "add", "nginx-rtmp", "edge-1", "--json")
    wait_until_changes_count(server)
    nginx.configure(added["config"])
    nginx.start()
    return added


def test_a_push_to_nginx_is_called_back_signed(edge, nginx, receiver, server):
    with publishing(ffmpeg_command(nginx.push_url("room1001", DOMAIN))) as ffmpeg:
        receiver.wait_for(1, SOON_S)
        stop_cleanly(ffmpeg)
        receiver.wait_for(2, SOON_S)
    begin, end = receiver.json_bodies()
    assert (begin["event_type"], end["event_type"]) == (1, 0)
    assert (begin["app"], begin["appname"], begin["stream_id"]) == (DOMAIN, "live", "room1001")
    assert begin["sequence"] == end["sequence"]
    assert [request.path for request in receiver.requests] == ["/begin", "/end"]
    for body in (begin, end):
        assert verify.verify(body, KEY)
    assert edge["token"] not in server.log()


def test_a_push_that_is_not_signed_is_refused_by_nginx(edge, nginx, receiver, server):
    server.cli("domain", "set", DOMAIN, "--auth", "on")
    wait_until_changes_count(server)
    with publishing(ffmpeg_command(nginx.push_url("room1001", DOMAIN), seconds=30)) as ffmpeg:
        assert ffmpeg.wait(SOON_S) != 0
    signed = server.json(
        "domain", "push-url", DOMAIN, "live", "room1001", "--host", f"127.0.0.1:{nginx.rtmp_port}", "--json"
    )
    with publishing(ffmpeg_command(signed["url"], seconds=2)):
        receiver.wait_for(2, SOON_S)
    assert [body["event_type"] for body in receiver.json_bodies()] == [1, 0]
    hooks = server.json("source", "hooks", "edge-1", "--json")
    refused = [hook for hook in hooks if hook["outcome"] == "refused"]
    assert [hook["detail"].rpartition(" ")[2] for hook in refused] == ["(18/500)"]


@pytest.fixture
def asked(edge, nginx, server):
    """The same nginx-rtmp, which sends no updates and is asked instead."""
    nginx.stop()
    server.cli("source", "set", "edge-1", "--api-url", nginx.stat_url)
    wait_until_changes_count(server)
    nginx.configure(server.json("source", "config", "edge-1", "--json")["config"])
    nginx.start()


@pytest.mark.usefixtures("asked")
def test_a_stop_that_was_lost_while_airhook_was_down(nginx, receiver, server):
    with publishing(ffmpeg_command(nginx.push_url("room1001", DOMAIN))) as ffmpeg:
        begin = receiver.wait_for(1, SOON_S)[0].json()
        server.kill()
        stop_cleanly(ffmpeg)
        server.start()
        end = receiver.wait_for(1, SOON_S, path="/end")[0].json()
    assert (begin["width"], begin["height"]) == (320, 240)
    assert (end["sequence"], end["errcode"]) == (begin["sequence"], 0)


@pytest.mark.usefixtures("asked")
def test_a_dropped_push_ends_at_nginx(nginx, receiver, server):
    with publishing(ffmpeg_command(nginx.push_url("room1001", DOMAIN))) as ffmpeg:
        receiver.wait_for(1, SOON_S)
        server.cli("stream", "drop", DOMAIN, "live", "room1001")
        receiver.wait_for(2, SOON_S)
        assert ffmpeg.wait(SOON_S) != 0
    assert [(body["event_type"], body["errcode"]) for body in receiver.json_bodies()] == [(1, 0), (0, 21)]


@pytest.mark.usefixtures("asked")
def test_pushes_go_on_while_airhook_is_killed_and_started_again(nginx, receiver, server):
    with publishing(ffmpeg_command(nginx.push_url("room1001", DOMAIN))) as ffmpeg:
        receiver.wait_for(1, SOON_S)
        port = server.where["http"]
        server.kill()
        server.start(AIRHOOK_HTTP__LISTEN=port)
        stop_cleanly(ffmpeg)
        receiver.wait_for(1, SOON_S, path="/end")
    first, *_, end = receiver.json_bodies()  # the start may have come twice: nobody had noted its answer yet
    assert (end["event_type"], end["sequence"]) == (0, first["sequence"])
    assert end["errcode"] in (1, 3)


def test_every_start_gets_its_stop_when_nginx_is_killed(edge, nginx, receiver, server):
    server.cli("source", "set", "edge-1", "--silence", "5")
    wait_until_changes_count(server)
    with publishing(ffmpeg_command(nginx.push_url("room1001", DOMAIN))):
        receiver.wait_for(1, SOON_S)
        nginx.kill()
        receiver.wait_for(2, SOON_S)
    assert [(body["event_type"], body["errcode"]) for body in receiver.json_bodies()] == [(1, 0), (0, 5)]


def test_a_connection_that_breaks_is_told_as_lost(edge, nginx, receiver):
    with publishing(ffmpeg_command(nginx.push_url("room1001", DOMAIN))) as ffmpeg:
        receiver.wait_for(1, SOON_S)
        vanish(ffmpeg)
        receiver.wait_for(2, SOON_S)
    assert [(body["event_type"], body["errcode"]) for body in receiver.json_bodies()] == [(1, 0), (0, 3)]
