"""Signing in with a password and out again: whom it lets in, what it tells, and how often it may be tried."""

import re

import pytest

from airhook.console import throttle
from airhook.control import accounts
from support.console_site import PASSWORD, Site
from support.http_server import Answer, Browser

SIGN_IN = "/console/sign-in"


def sign_in(browser: Browser, name: str, password: str = PASSWORD, **fields: str) -> Answer:
    return browser.post(SIGN_IN, {"name": name, "password": password, **fields})


def test_the_right_password_opens_the_console(site: Site) -> None:
    browser = site.browser()
    assert browser.get("/console/").status == 303
    answer = sign_in(browser, "aiko")
    assert (answer.status, answer.headers["location"]) == (303, "/console/")
    page = browser.get("/console/")
    assert page.status == 200
    assert "aiko" in page.text


@pytest.mark.parametrize(
    ("name", "password"),
    [
        pytest.param("aiko", "wrong", id="wrong password"),
        pytest.param("nobody", PASSWORD, id="unknown name"),
        pytest.param("", "", id="nothing"),
        pytest.param("aiko\0", PASSWORD, id="a NUL, which the database does not take"),
        pytest.param("a" * 100, PASSWORD, id="a name too long to exist"),
        pytest.param("aiko", "x" * 2000, id="a password too long to check"),
    ],
)
def test_whatever_is_wrong_the_answer_is_the_same(site: Site, name: str, password: str) -> None:
    browser = site.browser()
    answer = sign_in(browser, name, password)
    assert answer.status == 401
    assert "Name or password is wrong." in answer.text
    assert "set-cookie" not in answer.headers
    told = re.sub(r'name="name" value="[^"]*"| autofocus', "", answer.text)
    other = re.sub(r'name="name" value="[^"]*"| autofocus', "", sign_in(site.browser(), "somebody").text)
    assert told == other


def test_a_form_of_bad_bytes_signs_nobody_in(site: Site) -> None:
    browser = site.browser()
    for body in (b"name=aiko%ff%fe&password=%c3%28", b"\xff\xfe&&=&", b"&".join([b"name=x"] * 1000)):
        answer = browser.ask("POST", SIGN_IN, body, {"Origin": f"http://{site.address}"})
        assert answer.status == 401


def test_the_session_s_cookie_is_out_of_reach_for_scripts_and_other_sites(site: Site) -> None:
    cookie = sign_in(site.browser(), "aiko").headers["set-cookie"]
    assert re.fullmatch(r"airhook=[\w-]{43}; HttpOnly; Max-Age=43200; Path=/; SameSite=lax", cookie), cookie


def test_signing_out_ends_the_session_itself(site: Site) -> None:
    browser = site.browser("aiko")
    kept = dict(browser.cookies)
    assert browser.post("/console/sign-out").headers["location"] == SIGN_IN
    assert not browser.cookies["airhook"]
    browser.cookies = kept
    assert browser.get("/console/").status == 303  # a copy of the cookie opens nothing


def test_a_session_ends_after_twelve_hours(site: Site) -> None:
    browser = site.browser("aiko")
    site.desk.clock.ms += 12 * 3600 * 1000
    assert browser.get("/console/").status == 200
    site.desk.clock.ms += 1
    assert browser.get("/console/").status == 303


# --- coming back ------------------------------------------------------------------------------------------------


def test_a_page_that_needs_a_session_comes_back_after_signing_in(site: Site) -> None:
    browser = site.browser()
    asked = browser.get("/console/deliveries/77?x=1&y=2")
    assert asked.status == 303
    form = browser.get(asked.headers["location"])
    (next_path,) = re.findall(r'name="next" value="(/console/deliveries[^"]*)"', form.text)
    answer = sign_in(browser, "aiko", next=next_path.replace("&amp;", "&"))
    assert answer.headers["location"] == "/console/deliveries/77?x=1&y=2"


@pytest.mark.parametrize(
    "next_path",
    [
        "https://evil.example/",
        "//evil.example/console/",
        "/\\evil.example/console/",
        "/console/..//evil.example",
        "/console/\\..\\x",
        "/console/\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
        "/other",
        "",
    ],
)
def test_nobody_is_sent_out_of_the_console(site: Site, next_path: str) -> None:
    answer = sign_in(site.browser(), "aiko", next=next_path)
    assert (answer.status, answer.headers["location"]) == (303, "/console/")
    assert "a=b" not in str(answer.headers)


# --- how often --------------------------------------------------------------------------------------------------


def test_a_name_may_be_tried_a_few_times_from_one_address(site: Site) -> None:
    browser = site.browser()
    statuses = [sign_in(browser, "aiko", "wrong").status for _ in range(throttle.TRIES_PER_NAME)]
    assert set(statuses) == {401}
    refused = sign_in(browser, "aiko")  # even with the right password
    assert (refused.status, refused.headers["retry-after"]) == (429, "300")
    assert "Wait 5 minutes" in refused.text
    assert sign_in(browser, "wei").status == 303  # another name is not touched
    site.desk.clock.ms += 300_000
    assert sign_in(browser, "aiko").status == 303


def test_signing_in_forgets_earlier_mistakes(site: Site) -> None:
    browser = site.browser()
    for _ in range(3):
        for _ in range(throttle.TRIES_PER_NAME - 1):
            assert sign_in(browser, "aiko", "wrong").status == 401
        assert sign_in(browser, "aiko").status == 303


def test_many_names_from_one_address_are_too_many(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "_verify", lambda user, password: False)  # slow by design, many times here
    browser = site.browser()
    tries = range(throttle.TRIES_PER_ADDRESS + 1)
    statuses = [sign_in(browser, f"name{n}", "wrong").status for n in tries]
    assert statuses == [401] * throttle.TRIES_PER_ADDRESS + [429]
