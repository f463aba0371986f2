"""Streams: live, history, forbidden; and one stream's own page."""

from collections.abc import Callable

import msgspec
import pytest
from playwright.sync_api import expect
from starlette.routing import Mount, Router

from airhook.console.app import create_console
from airhook.control import domains, streams
from airhook.control.bitrates import Bitrates
from airhook.core.clock import ID_LOW_BITS
from airhook.core.ports import Tx
from airhook.core.push_ports import PushMeasure
from airhook.core.sessions import Session, SessionState
from support.console_site import (
    OURS,
    Site,
    accept,
    close_session,
    delivery,
    lost,
    put_sessions,
    session,
    trials,
)
from support.desk import NOW_MS, wait
from support.http_server import Switch
from support.pages import PHONE, Reader, faults, overflow

Readers = Callable[..., Reader]
DOMAIN = "push.example.com"


@pytest.fixture
def streaming(site: Site) -> Site:
    wait(domains.add(site.desk, OURS, DOMAIN))
    put_sessions(site, session(1, "room1001"), lost(2, "mobile_77"))
    return site


def ended(site: Site, session_id: int, stream: str, minutes_ago: int) -> Session:
    at_ms = NOW_MS - minutes_ago * 60_000
    one = session(session_id, stream, started_ms=at_ms - 65_000)
    put_sessions(site, one)
    closed = msgspec.structs.replace(one, state=SessionState.CLOSED, ended_ms=at_ms, errcode=1, sub=0)

    def work(tx: Tx) -> None:
        assert tx.change_session(one, closed)

    wait(site.desk.store.transact(work))
    return closed


def test_live_streams_renew_themselves(reader: Readers, streaming: Site) -> None:
    one = reader()
    one.sign_in()
    page = one.open("/console/streams")
    expect(page.locator("#session-1")).to_contain_text("room1001")
    expect(page.locator("#session-2")).to_contain_text("waiting until")
    close_session(streaming, session(1, "room1001"))
    put_sessions(streaming, session(3, "room1003"))
    expect(page.locator("#session-3")).to_be_visible()
    expect(page.locator("#session-1")).to_have_count(0)
    # The row that came by renewal opens its dialog as the others do.
    page.locator("#session-3").get_by_role("link", name="Forbid").click()
    expect(page.get_by_role("dialog").locator("#stream")).to_have_value("room1003")


def test_a_push_is_dropped_after_a_question(reader: Readers, streaming: Site) -> None:
    one = reader()
    one.sign_in()
    page = one.open("/console/streams")
    page.locator("#session-1").get_by_role("link", name="Drop").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("push.example.com/live/room1001")
    dialog.get_by_role("button", name="Drop").click()
    expect(page.get_by_role("status").filter(has_text="The push was ended")).to_be_visible()
    orders = wait(streaming.desk.store.transact(lambda tx: tx.stream_order(session(1, "room1001").key)))
    assert orders is not None
    assert orders.dropped_session == 1


def test_a_stream_is_forbidden_and_resumed(reader: Readers, streaming: Site) -> None:
    one = reader()
    one.sign_in()
    page = one.open("/console/streams/banned")
    page.get_by_role("link", name="Forbid a stream").click()
    dialog = page.get_by_role("dialog")
    for field, value in (
        ("domain", "nobody.example"),
        ("app", "live"),
        ("stream", "room9"),
        ("amount", "91"),
    ):
        dialog.locator(f"#{field}").fill(value)
    dialog.get_by_role("button", name="Forbid").click()
    expect(dialog.locator("#amount-problem")).to_be_visible()
    dialog.locator("#amount").fill("2")
    dialog.get_by_role("button", name="Forbid").click()
    expect(dialog.locator("#domain-problem")).to_be_visible()
    dialog.locator("#domain").fill(DOMAIN)
    dialog.locator("#reason").fill("Wrong room")
    dialog.get_by_role("button", name="Forbid").click()
    row = page.get_by_role("row").filter(has_text="room9")
    expect(row).to_contain_text("Wrong room")
    (ban,) = wait(streams.bans(streaming.desk, OURS))
    assert ban.forbidden_until_ms == NOW_MS + 2 * 86_400_000
    row.get_by_role("button", name="Resume stream").click()
    expect(page.locator("main")).to_contain_text("No stream is forbidden.")
    assert list(wait(streams.bans(streaming.desk, OURS))) == []


def test_history_is_searched_by_part_of_the_name_and_by_time(reader: Readers, streaming: Site) -> None:
    ended(streaming, 11, "alpha-1", 10)
    ended(streaming, 12, "beta-1", 30)
    ended(streaming, 13, "alpha-2", 60 * 30)
    one = reader()
    one.sign_in()
    page = one.open("/console/streams/history")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("The push client actively stopped the push")
    expect(rows.first).to_contain_text("1:05")
    page.locator("#stream").fill("alpha")
    page.locator("#since").fill("2026-01-13T00:00")
    page.get_by_role("button", name="Search").click()
    page.wait_for_url("**stream=alpha**")
    expect(rows).to_have_count(2)
    expect(rows.last).to_contain_text("alpha-2")
    page.locator("#since").fill("2025-01-01T00:00")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#since-problem")).to_be_visible()
    expect(page.locator("#stream")).to_have_value("alpha")


def test_a_stream_s_page_tells_its_pushes_and_callbacks(reader: Readers, streaming: Site) -> None:
    ended(streaming, 11, "room1001x", 10)
    close_session(streaming, session(1, "room1001"))
    accept(streaming, delivery(5, "room1001"), delivery(6, "other"))
    one = reader()
    one.sign_in()
    page = one.open("/console/streams/push.example.com/live/room1001")
    expect(page.locator("dl").first).to_contain_text("Not on")
    expect(page.locator(".timeline li")).to_have_count(1)
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Push started").click()
    expect(page.locator("h1")).to_contain_text("Push started")
    one.open("/console/streams/push.example.com/live/never")
    expect(page.locator("dl").first).to_contain_text("Not on")
    one.open("/console/streams/not.ours/live/never")
    expect(page.locator("h1")).to_have_text("Not found")


def test_a_viewer_gives_no_orders(reader: Readers, streaming: Site) -> None:
    one = reader()
    one.sign_in("wei")
    page = one.open("/console/streams")
    expect(page.locator("#session-1")).to_be_visible()
    expect(page.get_by_role("link", name="Drop")).to_have_count(0)
    one.open("/console/streams/drop?domain=push.example.com&app=live&stream=room1001")
    expect(page.locator("main")).to_contain_text("Your role does not allow this")


def test_a_push_s_page_draws_what_it_carried_and_leads_to_each_callback(
    reader: Readers, streaming: Site, switch: Switch
) -> None:
    bitrates = Bitrates(lambda: {1: PushMeasure(video_bps=2_500_000)}, streaming.desk.clock)
    for _ in range(3):
        streaming.desk.clock.ms += 10_000
        bitrates.look()
    console = create_console(streaming.desk, trials(streaming.desk), bitrates=bitrates)
    switch.app = Router([Mount("/console", console)])
    picture = delivery(
        NOW_MS << ID_LOW_BITS,
        "room1001",
        event_type=200,
        body=b'{"pic_full_url":"http://airhook.example/media/1/token/a.jpg"}',
    )
    accept(streaming, picture, session_id=1)
    for options in ({}, {"size": PHONE, "locale": "ja", "color_scheme": "dark"}):
        one = reader(**options)
        one.context.route(
            "**/media/**",
            lambda route: route.fulfill(
                body='<svg xmlns="http://www.w3.org/2000/svg" width="16" height="9"/>',
                content_type="image/svg+xml",
            ),
        )
        one.sign_in()
        page = one.open("/console/streams/push.example.com/live/room1001")
        page.locator(".timeline a").click()
        expect(page.locator("[data-chart] canvas")).to_be_visible()
        expect(page.locator(".veiled img")).to_have_css("filter", "blur(28px)")
        page.locator(".veiled input").check()
        expect(page.locator(".veiled img")).to_have_css("filter", "none")
        assert faults(page) == []
        assert overflow(page) <= 0
        page.locator(f'a[href="/console/deliveries/{picture.id}"]').click()
        expect(page.locator('a[href="/console/pushes/1"]')).to_be_visible()
