"""One-time links: only pressing the button uses one up, and it signs in once."""

import pytest

from airhook.control import accounts
from support.console_site import Site
from support.desk import wait


@pytest.fixture
def link(site: Site) -> str:
    made = accounts.one_time_link_token(site.desk.store, site.desk.clock.now_ms(), "wei")
    return f"/console/link/{wait(made)}"


def test_opening_a_link_does_not_use_it_up(site: Site, link: str) -> None:
    for _ in range(3):  # a chat's preview, a mail scanner, a browser that fetches ahead
        shown = site.browser().get(link)
        assert shown.status == 200
        assert '<form method="post">' in shown.text
        assert "set-cookie" not in shown.headers
    assert site.browser().ask("HEAD", link).status == 200
    assert site.browser().post(link).status == 303


def test_a_link_signs_in_once(site: Site, link: str) -> None:
    browser = site.browser()
    answer = browser.post(link)
    assert (answer.status, answer.headers["location"]) == (303, "/console/")
    assert "wei" in browser.get("/console/").text
    late = site.browser()
    again = late.post(link)
    assert again.status == 410
    assert "This link does not work any more" in again.text
    assert not late.cookies
    assert browser.get("/console/").status == 200  # the first session goes on


def test_a_link_is_good_for_half_an_hour(site: Site, link: str) -> None:
    site.desk.clock.ms += 30 * 60 * 1000 + 1
    assert site.browser().post(link).status == 410


def test_a_link_is_no_session(site: Site, link: str) -> None:
    browser = site.browser()
    browser.cookies["airhook"] = link.rpartition("/")[2]
    assert browser.get("/console/").status == 303
    assert site.browser().post(link).status == 303  # and was not used up by trying


def test_a_session_s_token_is_no_link(site: Site) -> None:
    browser = site.browser("aiko")
    assert site.browser().post(f"/console/link/{browser.cookies['airhook']}").status == 410
    assert browser.get("/console/").status == 200


def test_links_cannot_be_guessed_for_long(site: Site) -> None:
    statuses = [site.browser().post(f"/console/link/guess{n}").status for n in range(6)]
    assert statuses == [410] * 5 + [429]
