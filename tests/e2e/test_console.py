"""The console in a real browser: what its forms, its script and its layout do for a person."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from airhook.control import accounts
from support.chromium import Page, chromium
from support.console_site import (
    PASSWORD,
    Site,
    accept,
    attempt,
    bad_status,
    close_session,
    delivered,
    delivery,
    exhausted,
    in_lane,
    lost,
    open_site,
    put_sessions,
    refused,
    session,
    waiting,
)
from support.desk import wait
from support.http_server import Browser, serve_switch
from support.publishers import ffmpeg_command, publishing
from support.receiver import Receiver
from support.server import AirhookServer

ROW_IDS = "[...document.querySelectorAll('tbody tr')].map((row) => row.id)"


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with chromium(zone="Asia/Tokyo") as page:
        page.resize(1280)
        yield page


@pytest.fixture
def site(tmp_path: Path, page: Page) -> Iterator[Site]:
    with serve_switch() as switch, open_site(tmp_path, switch) as site:
        page.command("Network.clearBrowserCookies")
        page.problems.clear()
        yield site
        page.open("about:blank")  # its script asks no more


def url(site: Site, path: str = "/console/") -> str:
    return f"http://{site.address}{path}"


def sign_in(page: Page, site: Site, user: str = "aiko") -> None:
    page.open(url(site))
    page.fill("#name", user)
    page.fill("#password", PASSWORD)
    page.loading(lambda: page.click("button.main"))
    assert page.run("location.pathname") == "/console/"


def fill(site: Site) -> None:
    """Streams and callbacks in every state, some with long names."""
    long = "a-very-long-name.of-a-stream_" * 4
    put_sessions(
        site,
        session(1, "room1001"),
        lost(2, "mobile_77", user_ip="2001:db8:85a3:1234:5678:8a2e:370:7334"),
        session(3, long, domain="live.some-long-subdomain.contoso.example", app=long),
    )
    made = [delivery(n, name) for n, name in enumerate(("ok", "retry", "gone", long), 1)]
    target = f"https://receiver.contoso.example/{'path/' * 40}"
    accept(
        site, *made, in_lane(delivery(5, "lane")), in_lane(delivery(6, "lane", event_type=341, url=target))
    )
    delivered(site, made[0], attempt(made[0]))
    waiting(site, made[1], refused(made[1]))
    exhausted(site, made[2], bad_status(made[2]))


def test_signing_in_looking_and_signing_out(page: Page, site: Site) -> None:
    sign_in(page, site)
    assert page.run("document.querySelector('.person .name').textContent") == "aiko"
    page.loading(lambda: page.click(".languages button[value=ja]"))
    assert page.run("document.querySelector('h1').textContent") == "概要"
    page.loading(lambda: page.click(".who form:last-child button"))
    assert page.run("location.pathname") == "/console/sign-in"
    page.open(url(site))
    assert page.run("location.pathname") == "/console/sign-in"
    assert page.problems == []


def test_a_one_time_link_signs_in_by_its_button(page: Page, site: Site) -> None:
    token = wait(accounts.one_time_link_token(site.desk.store, site.desk.clock.now_ms(), "wei"))
    page.open(url(site, f"/console/link/{token}"))
    page.loading(lambda: page.click("button.main"))
    assert page.run("[location.pathname, document.querySelector('.person .name').textContent]") == [
        "/console/",
        "wei",
    ]


def test_times_are_the_reader_s_own(page: Page, site: Site) -> None:
    accept(site, delivery(1, "room1001"))
    sign_in(page, site)
    for path in ("/console/", "/console/deliveries/1"):
        page.open(url(site, path))
        assert page.run("document.querySelector('[data-zone]').textContent") == "GMT+9"
        accepted = "document.querySelector('#delivery-1 time, dd time').textContent"
        assert page.run(accepted) == "2026-01-15 20:49:01"  # 11:49:01 UTC


def test_the_tables_stay_fresh_and_focus_stays_where_it_is(page: Page, site: Site) -> None:
    one = delivery(1, "room1001")
    accept(site, one)
    sign_in(page, site)
    page.run("window.link = document.querySelector('#delivery-1 a'); link.focus()")
    delivered(site, one, attempt(one))
    put_sessions(site, session(1, "room1001"), session(2, "room1002"))
    page.wait_for(ROW_IDS, ["session-1", "session-2", "delivery-1"])
    page.wait_for("document.querySelector('#delivery-1 .badge').textContent", "Delivered")
    assert page.run("document.activeElement === link && link.isConnected")
    assert page.run("document.querySelector('.tile strong').textContent") == "2"
    close_session(site, session(1, "room1001"))
    page.wait_for(ROW_IDS, ["session-2", "delivery-1"])
    assert page.problems == []


def test_durations_run_between_two_looks(page: Page, site: Site) -> None:
    put_sessions(site, session(1, "room1001"))
    sign_in(page, site)
    page.click("[data-pause]")
    page.wait_for("document.querySelector('[data-since]').textContent", "3:17")


def test_updates_can_be_paused(page: Page, site: Site) -> None:
    sign_in(page, site)
    page.click("[data-pause]")
    assert page.run("document.querySelector('[data-pulse]').textContent") == "Updates are paused"
    put_sessions(site, session(1, "room1001"))
    page.run("new Promise((done) => setTimeout(done, 2500))")  # longer than the time between two looks
    assert page.run(ROW_IDS) == []
    page.click("[data-pause]")
    page.wait_for(ROW_IDS, ["session-1"])


def test_a_session_that_ended_elsewhere_leads_to_signing_in(page: Page, site: Site) -> None:
    sign_in(page, site)
    site.desk.clock.ms += accounts.SESSION_LIFE_MS + 1
    page.wait_for("location.pathname + location.search", "/console/sign-in?next=/console/")


def test_a_server_that_is_gone_is_told_and_so_is_its_return(
    page: Page, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(page, site)
    read = site.desk.store.read

    async def fail(*_: object) -> None:
        raise RuntimeError("gone")

    monkeypatch.setattr(site.desk.store, "read", fail)
    page.wait_for("document.querySelector('[data-pulse]').textContent", "No connection; trying again")
    monkeypatch.setattr(site.desk.store, "read", read)
    page.wait_for("document.querySelector('[data-pulse]').textContent", "Updated every 2 seconds")


@pytest.mark.parametrize("language", ["en", "ja", "zh"])
def test_no_page_is_wider_than_its_window(page: Page, site: Site, language: str) -> None:
    fill(site)
    sign_in(page, site)
    pages = ["/console/", *(f"/console/deliveries/{n}" for n in (1, 2, 3, 4, 6)), "/console/nothing"]
    signed_out = ["/console/sign-in", "/console/link/x"]
    for path in pages + signed_out:
        page.open(url(site, path), language=language)
        for width in (320, 390, 600, 761, 1000, 1101, 1280, 1920):
            page.resize(width)
            assert page.run("document.documentElement.scrollWidth") <= width, (path, width)
    page.resize(1280)
    assert [problem for problem in page.problems if "404" not in problem] == []


def test_a_served_console_shows_a_push_and_its_callbacks(tmp_path: Path, receiver: Receiver) -> None:
    """Everything is real but the browser: ``airhook serve``, its link, a push, its callback."""
    with AirhookServer(tmp_path) as server:
        server.set_up(receiver)
        browser = Browser(server.where["http"])
        assert browser.get("/").headers["location"] == "/console/"
        link = server.json("console-link", "--json")["url"]
        path = link.removeprefix(server.http_url)
        assert browser.post(path).headers["location"] == "/console/"
        with publishing(ffmpeg_command(server.push_url())):
            receiver.wait_for(1, 15)
            overview = browser.get("/console/").text
        assert "room1001" in overview
        assert receiver.url("/begin") in overview
