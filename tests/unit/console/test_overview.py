"""The first page: live sessions and the latest callbacks, of those accounts that the user may see."""

import html
import re

from airhook.console.views import overview
from airhook.core.sessions import SessionState
from support.console_site import (
    THEIRS,
    Site,
    accept,
    attempt,
    bad_status,
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
from support.desk import NOW_MS
from support.http_server import Answer

TABLES = "/console/overview/tables"


def rows(page: Answer) -> dict[str, str]:
    """What each row of the tables says, by its id."""
    found = re.findall(r'<tr id="([\w-]+)">(.*?)</tr>', page.text, re.DOTALL)
    return {name: words(cells) for name, cells in found}


def words(markup: str) -> str:
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", markup.replace("<wbr>", "")).split()))


def tiles(page: Answer) -> list[str]:
    return re.findall(r'<li class="tile[^>]*><strong>(\d+)</strong>', page.text)


# --- sessions ---------------------------------------------------------------------------------------------------


def test_a_session_says_what_streams_since_when_and_how_much(site: Site) -> None:
    put_sessions(site, session(1, "room1001"))
    page = site.browser("aiko").get("/console/")
    assert rows(page) == {
        "session-1": "push.example.com/live/ room1001 Live 203.0.113.7 2026-01-15 11:46:46 3:15 1920×1080 48.3 MB"
    }
    assert 'datetime="2026-01-15T11:46:46.000Z"' in page.text
    assert f'data-since="{NOW_MS - 195_000}"' in page.text  # the script lets it run


def test_a_lost_session_says_until_when_it_may_come_back(site: Site) -> None:
    put_sessions(site, lost(1, "room1001"))
    page = site.browser("aiko").get("/console/")
    said = rows(page)["session-1"]
    assert "Lost waiting until 11:50:59" in said
    assert " 3:03 " in said  # its duration stands still
    assert "data-since" not in page.text
    assert tiles(page)[:2] == ["0", "1"]


def test_what_is_not_known_is_not_invented(site: Site) -> None:
    put_sessions(site, session(1, "audio", width=0, height=0, state=SessionState.OPENING))
    assert "Starting" in rows(site.browser("aiko").get("/console/"))["session-1"]
    assert " – " in rows(site.browser("aiko").get("/console/"))["session-1"]


def test_the_newest_session_is_first_and_the_oldest_are_only_counted(site: Site) -> None:
    put_sessions(site, *(session(n, f"s{n}", started_ms=NOW_MS - n) for n in range(1, 103)))
    page = site.browser("aiko").get("/console/")
    assert list(rows(page)) == [f"session-{n}" for n in range(1, overview.MAX_SESSIONS + 1)]
    assert "2 older sessions are not shown." in page.text
    assert tiles(page)[0] == "102"


# --- callbacks --------------------------------------------------------------------------------------------------


def test_every_state_of_a_callback_is_told(site: Site) -> None:
    made = {name: delivery(n, name) for n, name in enumerate(("ok", "retry", "gone", "new"), 1)}
    head, follower = in_lane(delivery(5, "lane")), in_lane(delivery(6, "lane", event_type=0))
    accept(site, *made.values(), head, follower)
    delivered(site, made["ok"], attempt(made["ok"]))
    waiting(site, made["retry"], refused(made["retry"]))
    exhausted(site, made["gone"], bad_status(made["gone"]))
    page = site.browser("aiko").get("/console/")
    start = "2026-01-15 11:49:01"
    where, url = "push.example.com/live/", "https://hooks.example.com/live/begin"
    assert rows(page) == {
        "delivery-6": f"{start} Push ended 0 {where} lane {url} Held behind an earlier callback 0 –",
        "delivery-5": f"{start} Push started 1 {where} lane {url} Pending 0 –",
        "delivery-4": f"{start} Push started 1 {where} new {url} Pending 0 –",
        "delivery-3": f"{start} Push started 1 {where} gone {url} Exhausted all attempts used 1 503 Not a success",
        "delivery-2": f"{start} Push started 1 {where} retry {url} Waiting next try 11:51:01 1 Connection refused",
        "delivery-1": f"{start} Push started 1 {where} ok {url} Delivered 1 200",
    }
    assert list(rows(page)) == [f"delivery-{n}" for n in (6, 5, 4, 3, 2, 1)]
    assert tiles(page) == ["0", "0", "4", "1"]


def test_a_click_leads_to_the_delivery(site: Site) -> None:
    accept(site, delivery(7, "room1001"))
    browser = site.browser("aiko")
    (link,) = re.findall(r'href="(/console/deliveries/\d+)"', browser.get("/console/").text)
    assert browser.get(link).status == 200


def test_an_event_type_that_this_release_does_not_know_is_shown_by_its_number(site: Site) -> None:
    accept(site, delivery(1, "room1001", event_type=999))
    assert "Unknown event 999" in rows(site.browser("aiko").get("/console/"))["delivery-1"]


def test_with_nothing_under_way_it_says_what_to_do(site: Site) -> None:
    page = site.browser("aiko").get("/console/")
    assert "Nothing is live now." in page.text
    assert "<code>airhook publish</code>" in page.text
    assert "No callbacks yet." in page.text


def test_what_a_publisher_chose_is_only_ever_text(site: Site) -> None:
    wicked = '"><script>alert(1)</script>'
    put_sessions(site, session(1, "s", user_ip=wicked))
    accept(site, delivery(1, "s", url=f"https://h.example/{wicked}"))
    page = site.browser("aiko").get("/console/")
    assert "<script>alert" not in page.text
    assert page.text.count("&lt;script&gt;alert(1)") == 3


# --- who sees what ----------------------------------------------------------------------------------------------


def test_users_see_their_account_and_the_owner_of_the_system_everything(site: Site) -> None:
    put_sessions(site, session(1, "ours"), session(2, "theirs", account_id=THEIRS))
    accept(site, delivery(1, "ours"), delivery(2, "theirs", account_id=THEIRS))
    ours, theirs = {"session-1", "delivery-1"}, {"session-2", "delivery-2"}
    for user, sees in (("aiko", ours), ("wei", ours), ("other", theirs), ("admin", ours | theirs)):
        browser = site.browser(user)
        for path in ("/console/", TABLES):
            assert set(rows(browser.get(path))) == sees, (user, path)


# --- keeping it fresh -------------------------------------------------------------------------------------------


def test_without_a_script_the_page_loads_itself_again(site: Site) -> None:
    page = site.browser("aiko").get("/console/")
    assert '<noscript><meta http-equiv="refresh" content="10"></noscript>' in page.text


def test_the_tables_come_alone_and_only_when_something_changed(site: Site) -> None:
    browser = site.browser("aiko")
    first = browser.get(TABLES)
    assert "<html" not in first.text
    assert browser.get(TABLES, If_None_Match=first.headers["etag"]).status == 304
    site.desk.clock.ms += 2000  # time alone changes nothing
    assert browser.get(TABLES, If_None_Match=first.headers["etag"]).status == 304
    put_sessions(site, session(1, "room1001"))
    second = browser.get(TABLES, If_None_Match=first.headers["etag"])
    assert (second.status, list(rows(second))) == (200, ["session-1"])
    in_another_language = browser.get(TABLES, If_None_Match=second.headers["etag"], Accept_Language="ja")
    assert in_another_language.status == 200


def test_without_a_session_the_tables_are_refused_so_that_the_script_can_tell(site: Site) -> None:
    assert site.browser().get(TABLES).status == 401
