"""Every text in every language, and whose language a page is in."""

import re
from collections.abc import Sequence

import pytest
from babel.messages.catalog import Message

from airhook.console import callback_events, words
from airhook.console.i18n import DEFAULT_LANGUAGE, LANGUAGES, catalogue, choose_language
from airhook.control.audit import WATCHED
from airhook.control.streams import StreamState
from airhook.core.accounts import Role
from airhook.core.audit import Deed, Face
from airhook.core.deliveries import DeliveryState, ErrorClass, ExhaustReason
from airhook.core.destinations import HealthState
from airhook.core.events import EventType
from airhook.core.hooks import HookOutcome
from airhook.core.replays import ReplayState
from airhook.core.sessions import SessionState
from airhook.core.templates import CONFIGURABLE_TYPES
from support.catalogues import extracted, translated
from support.console_site import Site

OTHERS = sorted(set(LANGUAGES) - {DEFAULT_LANGUAGE})


def texts(message: Message) -> list[str]:
    return _all(message.id)


def translations(message: Message) -> list[str]:
    return _all(message.string)


def _all(forms: str | Sequence[str] | None) -> list[str]:
    """Singular and plural."""
    return [forms] if isinstance(forms, str) else list(forms or ())


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_has_every_text_and_no_other(language: str) -> None:
    source = {message.id for message in extracted() if message.id}
    assert len(source) > 100
    done = {m.id for m in translated(language) if m.id and all(translations(m)) and not m.fuzzy}
    assert source - done == set(), "not translated"
    assert done - source == set(), "nobody says this any more"


@pytest.mark.parametrize("language", OTHERS)
def test_translations_keep_their_placeholders_and_stay_plain_text(language: str) -> None:
    for message in translated(language):
        if not message.id:
            continue
        wanted = set(re.findall(r"%\(\w+\)s", " ".join(texts(message))))
        for text in translations(message):
            assert set(re.findall(r"%\(\w+\)s", text)) == wanted, message.id
            assert not re.search(r"[<>]|%(?!\(\w+\)s)", text), message.id
            assert text == text.strip()


@pytest.mark.parametrize("language", OTHERS)
def test_translations_are_in_their_own_script(language: str) -> None:
    same = {text for m in translated(language) for text in translations(m) if m.id and text == m.id}
    assert same == {"URL"}
    for message in translated(language):
        for text in translations(message):
            kana = re.search(r"[\u3040-\u30ff]", text)
            assert not (language == "zh" and kana), text


def test_every_state_type_class_and_role_has_a_word() -> None:
    assert set(words.EVENTS) == set(EventType)
    assert set(words.SESSION_STATES) == set(SessionState)
    assert set(words.DELIVERY_STATES) == set(DeliveryState)
    assert set(words.HOOK_OUTCOMES) == set(HookOutcome)
    assert set(words.TONES) == set(SessionState) | set(DeliveryState) | set(HookOutcome)
    assert set(words.EXHAUST_REASONS) == set(ExhaustReason)
    assert set(words.ERRORS) == set(ErrorClass)
    assert set(words.ROLES) == set(Role)
    assert set(words.HEALTH) == set(words.HEALTH_TONES) == set(HealthState)
    assert set(words.FACES) == set(Face)
    assert set(words.DEEDS) == set(words.DEED_TONES) == set(Deed)
    assert set(words.REPLAY_STATES) == set(words.REPLAY_TONES) == set(ReplayState)
    assert set(words.STREAM_STATES) == set(words.STREAM_TONES) == set(StreamState)
    assert {watch.thing for watch in WATCHED.values()} <= set(words.THINGS)
    assert set(callback_events.ALL) == CONFIGURABLE_TYPES


def test_a_plural_is_spoken_in_each_language() -> None:
    one, many = "%(n)s older session is not shown.", "%(n)s older sessions are not shown."
    assert [catalogue("en").ngettext(one, many, n) for n in (1, 2)] == [one, many]
    assert catalogue("ja").ngettext(one, many, 1) == "ほかに古いセッションが %(n)s 件あります。"
    assert catalogue("zh").ngettext(one, many, 2) == "另有 %(n)s 个较早的会话未显示。"


@pytest.mark.parametrize(
    ("by_hand", "accept_language", "language"),
    [
        pytest.param(None, "", "en", id="nothing said"),
        pytest.param(None, "ja", "ja", id="one language"),
        pytest.param(None, "ja-JP,ja;q=0.9,en;q=0.8", "ja", id="a browser in Japan"),
        pytest.param(None, "zh-Hans-CN;q=0.9, en;q=0.8", "zh", id="script and country"),
        pytest.param(None, "en;q=0.3, zh-TW;q=0.8, ja;q=0.5", "zh", id="by weight, not by place"),
        pytest.param(None, "fr, de;q=0.9, ja;q=0.1", "ja", id="the first that is spoken here"),
        pytest.param(None, "fr, ja;q=0", "en", id="q=0 means not this one"),
        pytest.param(None, "fr", "en", id="none that is spoken here"),
        pytest.param(None, "*", "en", id="any"),
        pytest.param(None, "ja;q=x,,;;q=1, zh;level=1", "zh", id="nonsense between"),
        pytest.param("zh", "ja", "zh", id="by hand before the browser"),
        pytest.param("xx", "ja", "ja", id="a cookie with another language"),
    ],
)
def test_the_language_of_a_reader(by_hand: str | None, accept_language: str, language: str) -> None:
    assert choose_language(by_hand, accept_language) == language


@pytest.mark.parametrize(
    ("language", "lang", "heading"),
    [("en-GB", "en", "Sign in"), ("ja", "ja", "サインイン"), ("zh-CN", "zh-Hans", "登录")],
)
def test_a_page_is_in_the_browser_s_language(site: Site, language: str, lang: str, heading: str) -> None:
    page = site.browser().get("/console/sign-in", Accept_Language=language)
    assert f'<html lang="{lang}" ' in page.text
    assert f">{heading}</h1>" in page.text
    assert page.headers["content-language"] == lang
    assert "Accept-Language" in page.headers["vary"]


def test_a_language_chosen_by_hand_stays(site: Site) -> None:
    browser = site.browser(Accept_Language="en")
    answer = browser.post(
        "/console/preferences", {"language": "ja", "next": "/console/sign-in?next=/console/"}
    )
    assert (answer.status, answer.headers["location"]) == (303, "/console/sign-in?next=/console/")
    assert ">サインイン</h1>" in browser.get("/console/sign-in").text
    browser.post("/console/preferences", {"language": "en"})
    assert ">Sign in</h1>" in browser.get("/console/sign-in").text


def test_a_language_that_nobody_speaks_is_not_remembered(site: Site) -> None:
    browser = site.browser()
    browser.post("/console/preferences", {"language": "xx\r\nX: y"})
    assert not browser.cookies
