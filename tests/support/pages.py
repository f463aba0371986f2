"""The console in real Chromium: a page with its problems written down, signing in, and the judgement of axe."""

import functools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

from airhook.console.preferences import LANGUAGE_COOKIE
from airhook.control import accounts
from support.console_site import PASSWORD, Site
from support.desk import wait

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CHROMIUM = "/usr/bin/chromium"
PATIENCE_MS = 30_000  # several browsers and servers share few cores
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
WIDE, PHONE = (1280, 800), (390, 844)

expect.set_options(timeout=PATIENCE_MS)


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


class Reader:
    """Somebody before a browser of their own: ``page``, and in ``problems`` what its console complained about."""

    def __init__(self, browser: Browser, site: Site, **options: Any) -> None:
        given = {"locale": "en", "timezone_id": "Asia/Tokyo", **options}
        width, height = given.pop("size", WIDE)
        self.site = site
        self.context = browser.new_context(viewport={"width": width, "height": height}, **given)
        self.context.set_default_timeout(PATIENCE_MS)
        self.page: Page = self.context.new_page()
        self.problems: list[str] = []
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("console", self._heard)

    def _heard(self, message: Any) -> None:
        # A form that is refused answers 4xx, which the browser writes down as a failed load.
        if message.type in ("error", "warning") and "status of 4" not in message.text:
            self.problems.append(message.text)

    def open(self, path: str) -> Page:
        self.page.goto(f"http://{self.site.address}{path}")
        return self.page

    def sign_in(self, user: str = "aiko") -> Page:
        """Signed in, on the overview; without the form, which is slow by design (``by_form``)."""
        desk = self.site.desk
        link = wait(accounts.one_time_link_token(desk.store, desk.clock.now_ms(), user))
        token = wait(accounts.redeem_link(desk.store, desk.clock.now_ms(), link))
        assert token is not None, f"{user} may not sign in"
        self.context.add_cookies(
            [{"name": "airhook", "value": token, "url": f"http://{self.site.address}", "httpOnly": True}]
        )
        return self.open("/console/")

    def by_form(self, user: str = "aiko") -> Page:
        """Signed in as people do it."""
        self.open("/console/")
        self.page.fill("#name", user)
        self.page.fill("#password", PASSWORD)
        self.page.click("main button[type=submit]")
        self.page.wait_for_url("**/console/")
        return self.page

    def speak(self, language: str) -> None:
        """As chosen by hand, from the next page on."""
        url = f"http://{self.site.address}"
        self.context.add_cookies([{"name": LANGUAGE_COOKIE, "value": language, "url": url}])

    def close(self) -> None:
        self.context.close()


def faults(page: Page, root: str = "document", rules: str = "") -> list[str]:
    """What axe finds serious or worse on the page as it stands now, or in a part of it (a script that gives it)."""
    # Not as a script of the page: its policy lets none in that is not the console's own.
    if not page.evaluate("'axe' in window"):
        page.evaluate(_axe())
    found = page.evaluate(
        f"axe.run({root}, {{resultTypes: ['violations'] {rules}}}).then((result) => result.violations)"
    )
    return [
        f"{one['id']}: {one['help']}: {json.dumps([node['html'][:160] for node in one['nodes'][:3]])}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


@functools.cache
def _axe() -> str:
    assert AXE.is_file(), "axe is missing; run: make assets"
    return AXE.read_text()


def contrast_faults(page: Page, root: str = "document") -> list[str]:
    """What of that another theme can change."""
    return faults(page, root, ", runOnly: {type: 'rule', values: ['color-contrast']}")


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
