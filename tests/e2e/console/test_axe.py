"""Every page and every dialog, in light and dark, wide and on a phone: what axe finds, and whether anything juts out."""

from collections.abc import Callable
from itertools import cycle
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from airhook.console.i18n import LANGUAGES
from support.console_pages import DOMAIN, PUBLIC, Owned, all_routes
from support.console_site import Site, lost, put_sessions, session
from support.pages import PHONE, WIDE, Reader, contrast_faults, faults, overflow

Readers = Callable[..., Reader]
CONTENT = "{exclude: ['.sidebar', '.topbar']}"
"""Of a page; what stands around it is the same on each, and long: the zones of the world are in it."""
DIALOG = "document.getElementById('dialog')"
MORE = (
    "/console/records?stream=none",
    "/console/records?status=x&app=y",
    "/console/callbacks?q=zzz",
    "/console/streams/history?since=2026-01-15T12:00&until=2026-01-14T12:00",
    "/console/replays/chosen?chosen=1",
    "/console/replays/new?state=exhausted",
    "/console/nothing-like-it",
)
"""Other states of some pages."""


@pytest.fixture
def owned(site: Site) -> Owned:
    put_sessions(site, lost(7, "lost-one"), session(8, "a-very-long-name.of-a-stream_" * 4))
    return Owned(site)


def paths(site: Site, owned: Owned) -> tuple[list[str], list[str]]:
    """Whole pages, not parts of them or files; and those that are a form."""
    browser = site.browser("admin")
    pages: list[str] = list(MORE)
    forms: list[str] = []
    for method, route in all_routes(site):
        path = owned.path(route) if route not in PUBLIC else f"/console{route}".replace("{token}", "gone")
        text = browser.get(path).text if method == "GET" else ""
        if text.lstrip().startswith("<!doctype"):
            (forms if 'class="page-form"' in text else pages).append(path)
    return pages, forms


def judged(page: Page, root: str = CONTENT) -> dict[str, Any]:
    """What is wrong with what is shown: by all rules, wide and light; then what dark and a phone change."""
    return as_light(page, root) | as_dark_phone(page, root)


def as_light(page: Page, root: str) -> dict[str, Any]:
    page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    page.emulate_media(color_scheme="light")
    found = faults(page, root)
    return {"light": found} if found else {}


def as_dark_phone(page: Page, root: str) -> dict[str, Any]:
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    found: dict[str, Any] = {"dark": contrast_faults(page, root), "overflow": max(0, overflow(page))}
    return {name: value for name, value in found.items() if value}


def still(reader: Readers) -> Reader:
    """Nothing moves: colours on their way from light to dark are no colours."""
    return reader(reduced_motion="reduce")


def kind(path: str) -> str:
    """The page of a path, whichever thing it shows."""
    return "".join(c for c in path.partition("?")[0] if not c.isdigit())


def test_every_page_and_every_dialog_is_accessible_and_fits(
    reader: Readers, site: Site, owned: Owned
) -> None:
    one = still(reader)
    page = one.sign_in("admin")
    wrong = {"around": judged(page, "document")}
    pages, forms = paths(site, owned)
    dialogs: dict[str, str] = {}
    for path, language in zip(pages, cycle(LANGUAGES), strict=False):
        one.speak(language)
        one.open(path)
        wrong[path] = judged(page)
        links = "(all) => all.map((one) => one.getAttribute('hx-get') ?? '')"
        for href in filter(None, page.eval_on_selector_all("[hx-target='#dialog']", links)):
            dialogs.setdefault(kind(href), href)
    for path, language in zip(forms, cycle(LANGUAGES), strict=False):
        one.speak(language)
        one.open(path)  # what all rules say of it is asked of its dialog
        wrong[path] = as_dark_phone(page, CONTENT) if kind(path) in dialogs else judged(page)
    one.open("/console/")
    for href in dialogs.values():
        page.evaluate("(href) => htmx.ajax('GET', href, '#dialog')", href)
        expect(page.locator("#dialog .modal-title")).to_be_visible()
        wrong[f"dialog {href}"] = as_light(page, DIALOG)
        page.keyboard.press("Escape")
        expect(page.locator("#dialog")).to_be_hidden()
    assert len(pages) + len(forms) > 50
    assert len(dialogs) > 20
    assert {path: found for path, found in wrong.items() if found} == {}


def test_what_is_shown_once_and_what_is_refused_is_accessible(
    reader: Readers, site: Site, owned: Owned
) -> None:
    one = still(reader)
    page = one.sign_in("aiko")
    wrong: dict[str, dict[str, Any]] = {}
    for path, fields in (
        ("keys/pair", {}),
        ("keys/token", {"name": "encoder"}),
        (f"users/{owned.user.id + 1}/reset", {}),
        (f"domains/{DOMAIN}/push-url", {}),
        ("callbacks/new", {"name": "空 白"}),
        ("domains/add", {"domain": "no domain"}),
        ("recording/new", {}),
    ):
        one.open(f"/console/{path}")
        for name, text in fields.items():
            page.fill(f"main #{name}", text)
        with page.expect_navigation():
            page.locator("main form button[type=submit]").last.click()
        wrong[path] = judged(page)
    one.open(f"/console/replays/{owned.replay.id}")
    assert site.browser("aiko").post(f"/console/replays/{owned.replay.id}/cancel").status == 303
    page.get_by_role("button", name="Cancel replay").click()
    expect(page.locator("h1")).to_have_text("Changed meanwhile")
    wrong["409"] = judged(page)
    viewer = still(reader)
    viewer.sign_in("wei")
    viewer.open("/console/users")
    expect(viewer.page.locator("h1")).to_have_text("Refused")
    wrong["403"] = judged(viewer.page)
    assert {path: found for path, found in wrong.items() if found} == {}
