"""A push's page: its events with their callbacks, its files, and its bitrate; and the way there."""

import json
import re

import msgspec
import pytest

from airhook.console.app import create_console
from airhook.control.bitrates import BitratePoint, Bitrates
from airhook.core.clock import ID_LOW_BITS
from airhook.core.deliveries import Delivery
from airhook.core.push_ports import PushMeasure
from airhook.core.sessions import Session
from support.console_site import (
    Site,
    accept,
    accept_untold_stop,
    attempt,
    bad_status,
    close_session,
    delivered,
    delivery,
    exhausted,
    put_sessions,
    session,
    trials,
)
from support.desk import NOW_MS
from support.http_server import Switch

FIRST = (NOW_MS - 60_000) << ID_LOW_BITS  # ids tell when deliveries were planned
PICTURE = "http://airhook.example:8080/media/1/token/%d.jpg"


def push(site: Site, session_id: int = 7) -> Session:
    one = session(session_id, "room1001")
    put_sessions(site, one)
    return one


def told(n: int, event_type: int, field: str, url: str) -> Delivery:
    return delivery(FIRST + n, "room1001", event_type=event_type, body=json.dumps({field: url}).encode())


def test_a_push_shows_each_event_with_what_became_of_its_callbacks(site: Site) -> None:
    push(site)
    good, bad = delivery(FIRST + 1, "room1001"), delivery(FIRST + 2, "room1001")
    accept(site, good, bad, session_id=7)
    delivered(site, good, attempt(good))
    exhausted(site, bad, bad_status(bad))
    page = site.browser("aiko").get("/console/pushes/7").text
    assert page.count('<li id="event-') == 2
    assert f'href="/console/deliveries/{FIRST + 1}"' in page
    assert "Delivered" in page
    assert "503" in page
    assert "1 attempt" in page
    assert 'href="/console/streams/push.example.com/live/room1001"' in page


def test_an_event_that_nobody_was_told_of_says_so(site: Site) -> None:
    one = push(site)
    close_session(site, one)
    accept_untold_stop(site, one)
    page = site.browser("aiko", **{"Accept-Language": "ja"}).get("/console/pushes/7").text
    assert "コールバックなし" in page
    assert "The push client actively stopped the push" in page


def test_pictures_are_blurred_and_each_file_is_shown_once(site: Site) -> None:
    push(site)
    accept(
        site,
        told(1, 200, "pic_full_url", PICTURE % 1),
        told(2, 317, "img", PICTURE % 1),
        told(3, 317, "img", PICTURE % 2),
        told(4, 100, "video_url", "https://bucket.example/a.mp4"),
        session_id=7,
    )
    browser = site.browser("aiko")
    for path in ("/console/pushes/7", "/console/streams/push.example.com/live/room1001"):
        page = browser.get(path).text
        veiled = page.partition('<div class="veiled">')[2].partition("</div>")[0]
        assert sorted(re.findall(r'<img src="([^"]*)"', veiled)) == [
            "/media/1/token/1.jpg",
            "/media/1/token/2.jpg",
        ]
        assert page.count("<img ") == 2
        assert '<a href="https://bucket.example/a.mp4" rel="noreferrer">' in page


@pytest.mark.parametrize("path", ["/console/pushes/7", "/console/pushes/7/bitrate.json"])
def test_another_account_s_push_is_not_found(site: Site, path: str) -> None:
    push(site)
    assert site.browser("other").get(path).status == 404
    assert site.browser("admin").get(path).status == 200
    assert site.browser("admin").get(path.replace("7", str(2**70))).status == 404


def test_the_bitrate_is_told_while_it_is_known(site: Site, switch: Switch) -> None:
    one = push(site)
    carried = {7: PushMeasure(video_bps=2_500_000, audio_bps=128_000)}
    bitrates = Bitrates(lambda: carried, site.desk.clock)
    console = create_console(site.desk, trials(site.desk), bitrates=bitrates)
    assert "data-chart" not in site.browser("aiko").get("/console/pushes/7").text
    switch.app.routes[0].app = console  # type: ignore[union-attr]
    bitrates.look()
    browser = site.browser("wei")
    assert "data-chart" in browser.get("/console/pushes/7").text
    points = msgspec.json.decode(browser.get("/console/pushes/7/bitrate.json").text, type=list[BitratePoint])
    assert points == [BitratePoint(NOW_MS // 1000, 2500.0, 128.0)]
    close_session(site, one)
    assert "data-chart" in browser.get("/console/pushes/7").text


def test_history_and_a_callback_lead_to_the_push(site: Site) -> None:
    one = push(site)
    accept(site, delivery(1, "room1001"), session_id=7)
    close_session(site, one)
    browser = site.browser("aiko")
    for path in ("streams/history", "deliveries/1", "streams/push.example.com/live/room1001"):
        assert 'href="/console/pushes/7"' in browser.get(f"/console/{path}").text, path
