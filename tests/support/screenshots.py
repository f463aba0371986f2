"""Pictures of the console for ``docs/console.md``, and with ``--all`` of every page for looking at.

``make screenshots`` renews the first. Each is taken of the real console in Chromium, filled with made-up streams and
callbacks; nothing is drawn by hand.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from airhook.control import (
    accounts,
    bearer,
    destinations,
    domains,
    media_rules,
    media_templates,
    rules,
    sources,
    streams,
    templates,
)
from airhook.control.media_rules import RECORD_RULES
from airhook.control.record_templates import RECORD, ParamForm, RecordTemplateForm
from airhook.control.sources import SourceForm
from airhook.control.templates import TemplateForm
from airhook.core.deliveries import DeliveryState
from airhook.core.media_rules import RuleKey
from airhook.core.record_templates import RecordFormat
from airhook.core.replays import Replay, ReplayState
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
    fill_trends,
    in_lane,
    lost,
    open_site,
    put_sessions,
    refused,
    session,
    waiting,
)
from support.desk import NOW_MS, wait
from support.http_server import serve_switch
from support.pages import PHONE, Reader, chromium
from support.receiver import Receiver

DOCS = Path(__file__).parents[2] / "docs" / "images"
MAX_BYTES = 150_000
DESK = (1440, 900)
REPLAY = Replay(
    id=21,
    account_id=OURS,
    wanted=Filter(
        state=DeliveryState.EXHAUSTED, destination="https://hooks.example.com:443", since_ms=NOW_MS
    ),
    rate=50,
    state=ReplayState.RUNNING,
    starts=True,
    created_ms=NOW_MS - 60_000,
    cursor=0,
    counted=14_220,
    made=8_300,
    delivered=7_958,
    exhausted=12,
    skipped=3,
)
HOOKS = "https://hooks.contoso.example/live"
DOMAIN, EDGE = "push.contoso.example", "live.fabrikam.example"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--all", type=Path, metavar="FOLDER", help="every page, each language, theme and width"
    )
    folder = parser.parse_args().all
    with (
        tempfile.TemporaryDirectory() as data,
        serve_switch() as switch,
        open_site(Path(data), switch) as site,
        Receiver() as receiver,
        chromium() as browser,
    ):
        fill(site, receiver)
        if folder is None:
            take_for_docs(browser, site, DOCS)
        else:
            take_all(browser, site, folder)


def fill(site: Site, receiver: Receiver) -> None:
    """Something of each kind."""
    desk = site.desk
    urls = {1: f"{HOOKS}/begin", 0: f"{HOOKS}/end", 100: f"{HOOKS}/record", 200: f"{HOOKS}/picture"}
    form = TemplateForm(
        name="live-platform", description="主站回调", urls=urls, callback_key="Kx7Pq2Lm9TzR4vBnW8"
    )
    platform = wait(templates.create(desk, OURS, form))
    staging = TemplateForm(name="staging", urls={1: receiver.url("/begin")}, callback_key="StagingKey01")
    wait(templates.create(desk, OURS, staging))
    for name in (DOMAIN, EDGE, "push.example.com"):
        wait(domains.add(desk, OURS, name))
    wait(rules.bind(desk, OURS, DOMAIN, "", platform.id))
    wait(rules.bind(desk, OURS, EDGE, "vip", platform.id))
    archive = RecordTemplateForm(name="archive", params={RecordFormat.MP4: ParamForm(enabled=True)})
    recorded = wait(media_templates.create(desk, RECORD, OURS, archive))
    wait(media_rules.bind(desk, RECORD_RULES, OURS, RuleKey(DOMAIN, "live", ""), recorded.id))
    wait(destinations.limit(desk, OURS, "https://hooks.example.com", 50))
    wait(destinations.pause(desk, OURS, "https://staging.contoso.example"))
    wait(accounts.create_api_key(desk, OURS))
    wait(sources.add(desk, OURS, "nginx-rtmp", SourceForm(name="edge-tokyo")))
    wait(bearer.create_bearer_key(desk, OURS, "encoder-fleet"))
    wait(streams.forbid(desk, OURS, DOMAIN, "live", "room9", reason="Wrong room"))
    put_sessions(
        site,
        session(1, "room1001", domain=DOMAIN),
        session(2, "main-stage", domain=DOMAIN, width=3840, height=2160, bytes=2_948_312_004),
        lost(3, "mobile_77", domain=EDGE, app="vip", user_ip="2001:db8:85a3::8a2e:370:7334"),
    )
    names = ("room1001", "main-stage", "mobile_77", "backstage", "interview", "lobby")
    made = [delivery(n, name, domain=DOMAIN) for n, name in enumerate(names, 1)]
    accept(site, *made, in_lane(delivery(8, "room1001", domain=DOMAIN)))
    for one in made[:3]:
        delivered(site, one, attempt(one))
    waiting(site, made[3], refused(made[3]))
    exhausted(site, made[4], bad_status(made[4]))
    fill_trends(site)
    wait(site.desk.store.transact(lambda tx: tx.put_replay(REPLAY)))


def take_for_docs(browser: Browser, site: Site, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)

    def take(name: str, page: Page) -> None:
        page.wait_for_timeout(300)  # charts, and dialogs that open
        page.screenshot(path=folder / f"{name}.png")
        size = (folder / f"{name}.png").stat().st_size
        assert size < MAX_BYTES, f"{name}.png has {size} bytes"
        print(f"{folder / name}.png: {size // 1000} kB")

    def reader(**options: Any) -> Reader:
        made = Reader(browser, site, **options)
        made.sign_in("admin")
        return made

    take("console-overview", reader(size=(1280, 860)).open("/console/"))
    page = reader(size=(1280, 860)).open("/console/callbacks")
    page.get_by_role("link", name="Create template").first.click()
    page.get_by_role("dialog").get_by_label("Template name").fill("live-platform")
    take("console-template", page)
    page = reader(size=(1280, 980), color_scheme="dark").open("/console/callbacks/1002")
    page.get_by_role("link", name="Test").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Send").click()
    page.get_by_role("dialog").get_by_role("status").wait_for()
    take("console-test", page)
    take("console-delivery", reader(size=(1280, 1000), locale="ja").open("/console/deliveries/5"))
    page = reader(size=(1120, 800)).open("/console/records")
    for n in (1, 5):
        page.locator(f"#delivery-{n} input[type=checkbox]").check()
    take("console-records", page)
    take("console-phone", reader(size=PHONE, locale="zh-CN", color_scheme="dark").open("/console/records"))


PAGES: tuple[str, ...] = (
    "",
    "callbacks",
    "callbacks/1001",
    "callbacks/new",
    "callbacks/1001/edit",
    "callbacks/1001/test",
    "callbacks/1001/bind",
    "callbacks/1001/delete",
    "records",
    "deliveries/1",
    "deliveries/5",
    "replays",
    "replays/new?state=exhausted",
    "replays/chosen?chosen=1&chosen=5",
    "replays/chosen",
    "replays/21",
    "destinations",
    "destinations/https/hooks.example.com/443",
    "streams",
    "streams/history",
    "streams/banned",
    f"streams/{DOMAIN}/live/room1001",
    "pushes/1",
    "domains",
    "domains/add",
    f"domains/{DOMAIN}",
    f"domains/{DOMAIN}/auth",
    f"domains/{DOMAIN}/callback",
    f"domains/{DOMAIN}/push-url",
    "recording",
    "recording/new",
    "recording/1003",
    "screenshots",
    "screenshots/new",
    "keys",
    "keys/pair",
    "keys/token",
    "users",
    "users/add",
    "users/2/role",
    "users/2/reset",
    "password",
    "sources",
    "sources/add",
    "sources/SOURCE",
    "sources/SOURCE/edit",
    "sources/SOURCE/token",
    "sources/SOURCE/remove",
    "audit",
    "retention",
    "nothing",
    "sign-in",
)
DIALOGS: tuple[str, ...] = (
    "callbacks/1001/edit",
    "callbacks/1001/test",
    "callbacks/1001/bind",
    "callbacks/1001/delete",
    "replays/chosen?chosen=1&chosen=5",
    "domains/add",
    f"domains/{DOMAIN}/auth",
    f"domains/{DOMAIN}/push-url",
    "recording/new",
    "keys/pair",
    "users/2/role",
    "users/2/reset",
)


def take_all(browser: Browser, site: Site, folder: Path) -> None:
    ways: list[tuple[str, dict[str, Any]]] = [
        (f"{language}-{theme}-{name}", {"locale": language, "color_scheme": theme, "size": size})
        for language, theme, name, size in (
            ("en", "light", "wide", DESK),
            ("ja", "dark", "wide", DESK),
            ("zh-CN", "light", "wide", DESK),
            ("zh-CN", "light", "phone", PHONE),
            ("ja", "dark", "phone", PHONE),
        )
    ]
    [source] = wait(sources.list_all(site.desk, OURS))
    pages = [path.replace("SOURCE", source.id) for path in PAGES]
    for way, options in ways:
        (folder / way).mkdir(parents=True, exist_ok=True)
        reader = Reader(browser, site, **options)
        reader.sign_in("admin")
        for n, path in enumerate(pages):
            page = reader.open(f"/console/{path}")
            page.wait_for_timeout(150)
            name = PAGES[n].partition("?")[0].replace("/", "-") or "overview"
            page.screenshot(path=folder / way / f"{n:02}-{name}.png", full_page=True)
        for n, path in enumerate(DIALOGS):
            page = reader.open(f"/console/{path.partition('/')[0]}")
            page.evaluate("(path) => htmx.ajax('GET', path, '#dialog')", f"/console/{path}")
            page.locator("#dialog .modal-title").wait_for()
            page.wait_for_timeout(150)
            name = path.partition("?")[0].replace("/", "-")
            page.screenshot(path=folder / way / f"dialog-{n:02}-{name}.png")
        reader.open("/console/")
        page.locator("details.account > summary").click()
        page.screenshot(path=folder / way / "account-menu.png")
        page.locator("#account").select_option(str(THEIRS))
        page.locator("details.account button").click()
        page.locator("form.acting").wait_for()
        page.screenshot(path=folder / way / "account-other.png")
        reader.close()


if __name__ == "__main__":
    main()
