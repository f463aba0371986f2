"""Real ffmpeg pushes to a real server: the exact callbacks of every way a push may go (design D9)."""

import time

import pytest

from airhook.core.domains import tx_secret
from airhook.verify import verify
from support.caller import wait_until_changes_count
from support.publishers import ffmpeg_command, publishing, stop_cleanly, vanish
from support.server import DOMAIN, KEY

SOON_S = 45
WENT_AWAY = (3, 4)  # closed or reset: which of the two the kernel of a killed publisher chooses


def kinds(receiver):
    return [body["event_type"] for body in receiver.json_bodies()]


def test_a_clean_push_gives_a_start_and_a_stop(server, receiver):
    server.set_up(receiver)
    server.start()
    with publishing(ffmpeg_command(server.push_url(params="a=1"), seconds=2)) as ffmpeg:
        receiver.wait_for(2, SOON_S)
        ffmpeg.wait(SOON_S)
    begin, end = receiver.json_bodies()

    assert [request.path for request in receiver.requests] == ["/begin", "/end"]
    assert (begin["event_type"], begin["errcode"], begin["errmsg"]) == (1, 0, "ok")
    assert (end["event_type"], end["errcode"]) == (0, 1)
    assert end["errmsg"] == "The push client actively stopped the push"
    assert begin["sequence"] == end["sequence"]
    assert begin["app"] == end["app"] == DOMAIN
    assert (begin["appname"], begin["stream_id"], begin["channel_id"]) == ("live", "room1001", "room1001")
    assert begin["stream_param"] == f"vhost={DOMAIN}&a=1"
    assert (begin["width"], begin["height"]) == (end["width"], end["height"]) == (320, 240)
    assert begin["user_ip"] == "127.0.0.1"
    assert begin["appid"] == server.credentials["appid"]
    assert 1500 <= int(end["push_duration"]) <= 6000
    assert isinstance(end["push_duration"], str)
    for request in receiver.requests:
        assert verify(request.body, KEY).ok
        assert request.headers["content-type"] == "application/json"
        assert list(request.json()) == sorted(request.json())


def test_a_killed_publisher_is_reported_after_the_window(server, receiver):
    server.set_up(receiver, window_s=2)
    server.start()
    with publishing(ffmpeg_command(server.push_url())) as ffmpeg:
        receiver.wait_for(1, SOON_S)
        vanish(ffmpeg)
        died = time.time()
    receiver.wait_for(2, SOON_S)
    end = receiver.json_bodies()[1]
    assert end["event_type"] == 0
    assert end["errcode"] in WENT_AWAY
    assert abs(end["event_time"] - died) <= 2, (
        "the stop tells when the push ended, not when the window closed"
    )
    assert receiver.requests[1].at - died >= 1.9


def test_a_reconnect_within_the_window_gives_no_callbacks(server, receiver):
    server.set_up(receiver, window_s=30)
    server.start()
    with publishing(ffmpeg_command(server.push_url())) as first:
        receiver.wait_for(1, SOON_S)
        vanish(first)
    with publishing(ffmpeg_command(server.push_url(), seconds=2)) as second:
        receiver.wait_for(2, SOON_S)
        second.wait(SOON_S)
    assert kinds(receiver) == [1, 0]
    begin, end = receiver.json_bodies()
    assert begin["sequence"] == end["sequence"]
    assert end["errcode"] == 1


def test_a_reconnect_after_the_window_is_a_new_push(server, receiver):
    server.set_up(receiver, window_s=1)
    server.start()
    with publishing(ffmpeg_command(server.push_url())) as first:
        receiver.wait_for(1, SOON_S)
        vanish(first)
    receiver.wait_for(2, SOON_S)
    with publishing(ffmpeg_command(server.push_url(), seconds=2)):
        receiver.wait_for(4, SOON_S)
    assert kinds(receiver) == [1, 0, 1, 0]
    one, one_end, two, two_end = (body["sequence"] for body in receiver.json_bodies())
    assert one == one_end != two == two_end


def test_another_push_url_within_the_window_ends_the_lost_push_at_once(server, receiver):
    server.set_up(receiver, window_s=60)
    server.start()
    with publishing(ffmpeg_command(server.push_url(params="try=1"))) as first:
        receiver.wait_for(1, SOON_S)
        vanish(first)
    with publishing(ffmpeg_command(server.push_url(params="try=2"))) as second:
        receiver.wait_for(3, SOON_S)
        stop_cleanly(second)
        receiver.wait_for(4, SOON_S)
    assert kinds(receiver) == [1, 0, 1, 0]
    assert receiver.json_bodies()[1]["errcode"] in WENT_AWAY


def test_a_second_publisher_replaces_one_that_sends(server, receiver):
    server.set_up(receiver)
    server.start()
    with publishing(ffmpeg_command(server.push_url())) as first:
        receiver.wait_for(1, SOON_S)
        with publishing(ffmpeg_command(server.push_url(), seconds=2)):
            receiver.wait_for(4, SOON_S)
            assert first.wait(SOON_S) != 0, "the replaced publisher is disconnected"
    assert kinds(receiver) == [1, 0, 1, 0]
    replaced = receiver.json_bodies()[1]
    assert (replaced["errcode"], replaced["errmsg"]) == (21, "The push was replaced by a new push URL")


@pytest.mark.parametrize(
    ("secret_of", "expires_in_s", "reason"),
    [
        ("wrong", 3600, "The push authentication failed"),
        ("right", -60, "The push URL has expired"),
        ("none", 0, "The push URL has no expiry parameter (txTime)"),
    ],
)
def test_a_push_that_may_not_is_refused_without_callbacks(server, receiver, secret_of, expires_in_s, reason):
    server.set_up(receiver, auth="on")
    server.start()
    key = server.json("domain", "list", "--json")[0]["auth_key"]
    params = (
        auth_params(key if secret_of == "right" else "wrongkey", expires_in_s) if secret_of != "none" else ""
    )
    assert reason in what_the_refused_publisher_says(server.push_url(params=params))
    with publishing(ffmpeg_command(server.push_url(params=auth_params(key, 3600)), seconds=2)):
        receiver.wait_for(2, SOON_S)
    assert kinds(receiver) == [1, 0], "only the push with the right secret is reported"


def test_a_disabled_domain_refuses_from_the_change_on(server, receiver):
    server.set_up(receiver)
    server.start()
    server.cli("domain", "set", DOMAIN, "--disable")
    wait_until_changes_count(server)
    assert "The push domain is disabled" in what_the_refused_publisher_says(server.push_url())
    assert receiver.requests == []


def test_the_domain_comes_from_the_host_too(server, receiver):
    server.set_up(receiver)
    server.start()
    port = server.where["rtmp"].rpartition(":")[2]
    command = ffmpeg_command(f"rtmp://127.0.0.1:{port}/live/room1001", seconds=2)
    tc_url = ["-rtmp_tcurl", f"rtmp://{DOMAIN}:{port}/live"]
    with publishing([*command[:-1], *tc_url, command[-1]]):
        receiver.wait_for(2, SOON_S)
    assert receiver.json_bodies()[0]["app"] == DOMAIN
    assert receiver.json_bodies()[0]["stream_param"] == ""


def what_the_refused_publisher_says(url):
    with publishing(ffmpeg_command(url)) as ffmpeg:
        said, _ = ffmpeg.communicate(timeout=SOON_S)
        assert ffmpeg.returncode != 0
    return said.decode()


def auth_params(key, expires_in_s):
    tx_time = f"{int(time.time()) + expires_in_s:X}"
    return f"txSecret={tx_secret(key, 'room1001', tx_time)}&txTime={tx_time}"
