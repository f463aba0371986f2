"""The first page, and what stands around every page, in a real browser."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from airhook.control import accounts
from support.console_site import (
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
    put_sessions,
    refused,
    session,
    waiting,
)
from support.desk import wait
from support.pages import PHONE, Reader, overflow

Readers = Callable[..., Reader]


def row_ids(page: Page) -> list[str]:
    return list(page.locator("tbody tr").evaluate_all("(rows) => rows.map((row) => row.id)"))


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


def test_signing_in_looking_and_signing_out(reader: Readers) -> None:
    page = reader().by_form()
    expect(page.locator(".person .name")).to_have_text("aiko")
    page.click(".languages button[value=ja]")
    expect(page.locator("h1")).to_have_text("概要")
    page.click(".person summary")
    page.get_by_role("button", name="サインアウト").click()
    page.wait_for_url("**/console/sign-in")
    page.goto(page.url.replace("sign-in", ""))
    page.wait_for_url("**/console/sign-in?next=/console/")


def test_a_one_time_link_signs_in_by_its_button(reader: Readers, site: Site) -> None:
    token = wait(accounts.one_time_link_token(site.desk.store, site.desk.clock.now_ms(), "wei"))
    page = reader().open(f"/console/link/{token}")
    page.click("main button[type=submit]")
    expect(page.locator(".person .name")).to_have_text("wei")


def test_times_are_the_reader_s_own_or_in_the_zone_they_choose(reader: Readers, site: Site) -> None:
    accept(site, delivery(1, "room1001"))  # 11:49:01 UTC
    one = reader()
    page = one.sign_in()
    for path in ("/console/", "/console/deliveries/1"):
        one.open(path)
        expect(page.locator("[data-zone]")).to_have_text("GMT+9")
        expect(page.locator("#delivery-1 time, dd time").first).to_have_text("2026-01-15 20:49:01")
    page.click(".person summary")
    page.select_option("#zone", "America/New_York")
    page.get_by_role("button", name="Set", exact=True).click()
    expect(page.locator("dd time").first).to_have_text("2026-01-15 06:49:01")
    expect(page.locator("[data-zone]")).to_have_text("EST")


def test_the_tables_stay_fresh_and_focus_stays_where_it_is(page: Page, site: Site) -> None:
    one = delivery(1, "room1001")
    accept(site, one)
    page.reload()
    page.evaluate("window.link = document.querySelector('#delivery-1 a'); link.focus()")
    delivered(site, one, attempt(one))
    put_sessions(site, session(1, "room1001"), session(2, "room1002"))
    expect(page.locator("#delivery-1 .badge")).to_have_text("Delivered")
    expect(page.locator("tbody tr")).to_have_count(3)  # one look may have come between the two changes
    assert row_ids(page) == ["session-1", "session-2", "delivery-1"]
    assert page.evaluate("document.activeElement === link && link.isConnected")
    expect(page.locator(".tile strong").first).to_have_text("2")
    close_session(site, session(1, "room1001"))
    expect(page.locator("#session-1")).to_have_count(0)


def test_durations_run_between_two_looks(page: Page, site: Site) -> None:
    put_sessions(site, session(1, "room1001"))
    page.reload()
    page.click("[data-pause]")
    expect(page.locator("[data-since]")).to_have_text(re.compile(r"^3:(1[7-9]|[2-5]\d)$"))  # it was 3:15


def test_updates_can_be_paused(page: Page, site: Site) -> None:
    page.click("[data-pause]")
    expect(page.locator("[data-pulse]")).to_have_text("Updates are paused")
    put_sessions(site, session(1, "room1001"))
    page.wait_for_timeout(2500)  # longer than the time between two looks
    assert row_ids(page) == []
    page.click("[data-pause]")
    expect(page.locator("#session-1")).to_be_visible()


def test_a_session_that_ended_elsewhere_leads_to_signing_in(page: Page, site: Site) -> None:
    site.desk.clock.ms += accounts.SESSION_LIFE_MS + 1
    page.wait_for_url("**/console/sign-in?next=/console/")


def test_a_server_that_is_gone_is_told_and_so_is_its_return(
    reader: Readers, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = reader()
    page = one.sign_in()
    read = site.desk.store.read

    async def fail(*_: object) -> None:
        raise RuntimeError("gone")

    monkeypatch.setattr(site.desk.store, "read", fail)
    expect(page.locator("[data-pulse]")).to_have_text("No connection; trying again")
    monkeypatch.setattr(site.desk.store, "read", read)
    expect(page.locator("[data-pulse]")).to_have_text("Updated every 2 seconds")
    assert all("status of 500" in problem for problem in one.problems)
    one.problems.clear()


def test_light_and_dark_follow_the_system_or_the_reader_s_choice(reader: Readers) -> None:
    page = reader(color_scheme="dark").sign_in()
    root = page.locator("html")
    expect(root).to_have_attribute("data-bs-theme", "dark")
    page.emulate_media(color_scheme="light")
    expect(root).to_have_attribute("data-bs-theme", "light")
    page.click(".themes button[value=dark]")
    expect(root).to_have_attribute("data-bs-theme", "dark")
    page.emulate_media(color_scheme="light")
    page.reload()
    expect(root).to_have_attribute("data-bs-theme", "dark")


def test_on_a_phone_the_menu_opens_and_closes(reader: Readers) -> None:
    page = reader(size=PHONE).sign_in()
    places = page.get_by_role("navigation", name="Pages")
    expect(places).to_be_hidden()
    button = page.get_by_role("button", name="Menu")
    button.click()
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(places.get_by_role("link", name="Overview")).to_be_visible()
    button.click()
    expect(places).to_be_hidden()


def test_without_a_script_pages_read_and_forms_work(reader: Readers, site: Site) -> None:
    fill(site)
    page = reader(java_script_enabled=False).by_form()
    expect(page.locator("#session-1 .stream")).to_contain_text("room1001")
    page.click("#delivery-1 a")
    expect(page.locator("h1")).to_contain_text("Push started")
    page.click(".languages button[value=zh]")
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")


@pytest.mark.parametrize("language", ["en", "ja"])
def test_no_page_is_wider_than_its_window(reader: Readers, site: Site, language: str) -> None:
    """At any width; that of a phone is asked of every page (test_axe.py)."""
    fill(site)
    one = reader(locale=language)
    page = one.sign_in()
    for path in ("/console/", "/console/deliveries/2"):
        one.open(path)
        for width in (320, 768, 1000, 1280, 1920):
            page.set_viewport_size({"width": width, "height": 800})
            assert overflow(page) <= 0, (path, width)
