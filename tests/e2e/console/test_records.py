"""Event Center → Callback records: finding a callback, and taking the answer along."""

import csv
import io
import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from airhook.control import replays
from airhook.control.replayer import Replayer
from airhook.core.deliveries import DeliveryState
from airhook.core.search import Filter
from support.console_site import (
    OURS,
    THEIRS,
    Site,
    accept,
    attempt,
    bad_status,
    delivered,
    delivery,
    exhausted,
    refused,
    waiting,
)
from support.desk import NOW_MS, wait
from support.pages import Reader, faults

Readers = Callable[..., Reader]
MINUTE_MS = 60_000


def number(minutes_ago: int) -> int:
    """The id of a delivery that was planned then."""
    return ((NOW_MS - minutes_ago * MINUTE_MS) << 21) + minutes_ago


def planned(minutes_ago: int, stream: str, **changed: object) -> object:
    created_ms = NOW_MS - minutes_ago * MINUTE_MS
    return delivery(number(minutes_ago), stream, created_ms=created_ms, **changed)


@pytest.fixture
def filled(site: Site) -> Site:
    """One callback a minute: delivered, waiting, exhausted, and another account's."""
    made = [planned(n, name) for n, name in enumerate(("room1", "room2", "room3", "=room4"), 1)]
    accept(site, *made, planned(9, "theirs", account_id=THEIRS))  # type: ignore[arg-type]
    delivered(site, made[0], attempt(made[0]))  # type: ignore[arg-type]
    waiting(site, made[1], refused(made[1]))  # type: ignore[arg-type]
    exhausted(site, made[2], bad_status(made[2], status=503))  # type: ignore[arg-type]
    return site


def streams(page: Page) -> list[str]:
    return [text.strip() for text in page.locator("tbody .stream strong").all_inner_texts()]


def search(page: Page, **fields: str) -> None:
    page.goto(page.url.partition("?")[0])
    page.get_by_text("More fields").click()
    for label, value in fields.items():
        field = page.locator(f"#{label}")
        if field.evaluate("(field) => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    page.get_by_role("button", name="Search").click()
    page.wait_for_url("**/records?**")


def test_each_field_finds_and_the_newest_is_first(reader: Readers, filled: Site) -> None:
    one = reader(timezone_id="Asia/Tokyo")
    one.sign_in()
    page = one.open("/console/records")
    assert streams(page) == ["room1", "room2", "room3", "=room4"]
    for fields, found in (
        ({"stream": "room2"}, ["room2"]),
        ({"state": "exhausted"}, ["room3"]),
        ({"status": "503"}, ["room3"]),
        ({"error": "connect_refused"}, ["room2"]),
        (
            {"destination": "https://hooks.example.com/any", "event_type": "1"},
            ["room1", "room2", "room3", "=room4"],
        ),
        ({"id": str(number(1))}, ["room1"]),
        ({"domain": "push.example.com", "app": "other"}, []),
        # 11:48:01 to 11:49 UTC is 20:48 to 20:49 for this reader.
        ({"since": "2026-01-15T20:48", "until": "2026-01-15T20:49"}, ["room2"]),
    ):
        search(page, **fields)
        assert streams(page) == found, fields
    expect(page.locator("#since")).to_have_value("2026-01-15T20:48")


def test_what_cannot_be_asked_is_told_at_its_field(reader: Readers, filled: Site) -> None:
    one = reader()
    one.sign_in()
    page = one.open("/console/records")
    search(page, status="2xx")
    expect(page.locator("#status-problem")).to_be_visible()
    expect(page.locator("#status")).to_have_value("2xx")


def test_pages_follow_each_other_without_gaps(reader: Readers, site: Site) -> None:
    accept(site, *(planned(n, f"s{n}") for n in range(1, 121)))  # type: ignore[arg-type]
    one = reader()
    one.sign_in()
    page = one.open("/console/records")
    seen = streams(page)
    while page.get_by_role("link", name="Older").count():
        page.get_by_role("link", name="Older").click()
        page.wait_for_url("**cursor=**")
        expect(page.locator("tbody .stream strong").first).not_to_have_text(seen[-1])
        seen += streams(page)
    assert seen == [f"s{n}" for n in range(1, 121)]


def test_the_answer_is_taken_along_as_csv_and_json_lines(reader: Readers, filled: Site) -> None:
    one = reader()
    one.sign_in()
    page = one.open("/console/records?state=exhausted")
    with page.expect_download() as loading:
        page.get_by_role("link", name="CSV").click()
    assert loading.value.suggested_filename.endswith(".csv")
    rows = list(csv.DictReader(io.StringIO(loading.value.path().read_text())))
    assert [(row["stream"], row["last_status"]) for row in rows] == [("room3", "503")]
    page = one.open("/console/records")
    with page.expect_download() as loading:
        page.get_by_role("link", name="JSON Lines").click()
    lines = [json.loads(line) for line in loading.value.path().read_text().splitlines()]
    assert [line["stream"] for line in lines] == ["room1", "room2", "room3", "=room4"]


def test_one_callback_is_sent_again(reader: Readers, filled: Site) -> None:
    one = reader()
    one.sign_in()
    page = one.open(f"/console/deliveries/{number(3)}")
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_role("status").filter(has_text="this is the new callback")).to_be_visible()
    page.get_by_role("link", name=str(number(3))).click()
    expect(page.locator("dl").first).to_contain_text("all attempts used")
    one.open(f"/console/deliveries/{number(2)}")  # it waits for its next attempt
    expect(page.get_by_role("button", name="Send again")).to_have_count(0)


def test_what_a_search_found_is_replayed_and_can_be_cancelled(reader: Readers, filled: Site) -> None:
    one = reader()
    one.sign_in()
    page = one.open("/console/records?state=exhausted")
    page.get_by_role("link", name="Send all again").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("#rate").fill("0")
    dialog.get_by_role("button", name="Send again").click()
    expect(dialog.locator("#rate-problem")).to_be_visible()
    dialog.locator("#rate").fill("5")
    dialog.get_by_role("button", name="Send again").click()
    page.wait_for_url("**/console/replays/*")
    (replay,) = wait(replays.list_some(filled.desk, OURS))
    assert (replay.wanted, replay.rate) == (Filter(state=DeliveryState.EXHAUSTED), 5)
    page.get_by_role("button", name="Cancel replay").click()
    expect(page.locator(".badge", has_text="Cancelled")).to_be_visible()
    one.open("/console/replays")
    expect(page.locator("tbody tr")).to_contain_text("State = Exhausted")
    assert faults(page) == []


def tick(page: Page, stream: str) -> Locator:
    return page.get_by_role("checkbox", name=f"Select: Push started, {stream}")


def test_chosen_callbacks_are_sent_again_by_keyboard(reader: Readers, filled: Site) -> None:
    one = reader()
    one.sign_in()
    page = one.open("/console/records?domain=push.example.com")
    send = page.get_by_role("button", name="Send selected again")
    expect(send).to_be_disabled()
    expect(page.get_by_role("checkbox", name="Select: ")).to_have_count(2)  # the others have not ended
    page.get_by_label("All on this page").focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("status").filter(has_text="2 selected")).to_be_visible()
    tick(page, "room1").focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("status").filter(has_text="1 selected")).to_be_visible()
    assert page.get_by_label("All on this page").evaluate("(box) => box.indeterminate")
    assert faults(page) == []
    send.press("Enter")
    dialog = page.get_by_role("dialog", name="Send selected callbacks again")
    expect(dialog).to_contain_text("1 callback is sent once more")
    assert faults(page) == []
    dialog.locator("#rate").fill("0")
    dialog.get_by_role("button", name="Send again").click()
    expect(dialog.locator("#rate-problem")).to_be_visible()
    dialog.locator("#rate").fill("5")
    dialog.get_by_role("button", name="Send again").press("Enter")
    page.wait_for_url("**/console/replays/*")
    (replay,) = wait(replays.list_some(filled.desk, OURS))
    assert (replay.chosen, replay.rate) == ([number(3)], 5)
    for _ in range(3):
        wait(Replayer(filled.desk).turn())
    expect(page.locator(".tile", has_text="under way")).to_contain_text("1")  # the page renews itself
    page.get_by_text("1 selected callback").click()
    page.get_by_role("link", name=str(number(3))).click()
    page.wait_for_url(f"**/deliveries/{number(3)}")


def test_callbacks_are_chosen_without_javascript(reader: Readers, filled: Site) -> None:
    one = reader(java_script_enabled=False)
    one.sign_in()
    page = one.open("/console/records?stream=room1")
    page.get_by_role("button", name="Send selected again").click()
    expect(page.get_by_role("alert")).to_have_text("Select at least one callback.")
    page.get_by_role("link", name="Back", exact=True).click()
    page.wait_for_url("**/records?stream=room1")
    tick(page, "room1").check()
    page.get_by_role("button", name="Send selected again").click()
    page.get_by_role("button", name="Send again").click()
    page.wait_for_url("**/console/replays/*")
    (replay,) = wait(replays.list_some(filled.desk, OURS))
    assert replay.chosen == [number(1)]


def test_what_is_gone_or_under_way_meanwhile_is_told(site: Site) -> None:
    one = planned(3, "room3")
    accept(site, one)  # type: ignore[arg-type]
    browser = site.browser("aiko")
    for chosen, says in ((number(3), "has not ended yet"), (17, "not there any more"), ("x", "right form")):
        answer = browser.post("/console/replays/chosen", {"chosen": str(chosen), "rate": "5"})
        assert (answer.status, says in answer.text) == (422, True), chosen
    assert wait(replays.list_some(site.desk, OURS)) == []


def test_viewers_choose_nothing(reader: Readers, filled: Site) -> None:
    one = reader()
    one.sign_in("wei")
    page = one.open("/console/records")
    expect(page.locator("tbody tr")).to_have_count(4)
    expect(page.get_by_role("checkbox")).to_have_count(0)
    assert filled.browser("wei").post("/console/replays/chosen", {"chosen": str(number(1))}).status == 403
