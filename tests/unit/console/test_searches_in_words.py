"""What a replay sends again is told in the reader's words, and rows lead on to the page of their stream."""

import pytest

from airhook.control import replays
from airhook.core.deliveries import DeliveryState, ErrorClass
from airhook.core.search import Filter
from support.console_site import OURS, Site, accept, delivery
from support.desk import NOW_MS, wait


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["State = Exhausted", "Event = Push ended 0", "Error of an attempt = No answer in time"]),
        ("ja", ["状態 = 送信断念", "イベント = プッシュ終了 0"]),
        ("zh", ["状态 = 已放弃", "事件 = 断流 0"]),
    ],
)
def test_a_replay_tells_its_search_in_the_reader_s_language(
    site: Site, language: str, words: list[str]
) -> None:
    wanted = Filter(
        state=DeliveryState.EXHAUSTED, event_type=0, error=ErrorClass.TIMEOUT, since_ms=NOW_MS - 3_600_000
    )
    made = wait(replays.create(site.desk, OURS, wanted))
    browser = site.browser("aiko", **{"Accept-Language": language})
    ask = "/console/replays/new?state=exhausted&event_type=0&error=timeout&zone=UTC"
    for path in (f"/console/replays/{made.id}", "/console/replays", ask):
        page = browser.get(path).text
        assert [one for one in words if one not in page] == [], path
        assert "zone = " not in page
    assert str(NOW_MS - 3_600_000) not in browser.get("/console/replays").text


def test_a_search_with_nonsense_is_shown_as_it_is(site: Site) -> None:
    page = site.browser("aiko").get("/console/replays/new?state=lost&error=none&since=2026-01-15T10:00").text
    for text in ("State = lost", "Error of an attempt = none", "From = 2026-01-15 10:00"):
        assert text in page


def test_a_record_leads_to_its_stream_unless_it_is_about_none(site: Site) -> None:
    accept(site, delivery(1, "room1001"), delivery(2, "", app=""))
    page = site.browser("aiko").get("/console/records").text
    assert 'href="/console/streams/push.example.com/live/room1001"' in page
    assert page.count('href="/console/streams/push.example.com/') == 1
