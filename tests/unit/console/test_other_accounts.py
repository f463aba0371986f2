"""Every page, as somebody of another account and as somebody who may only look: a table over all routes (design 8)."""

from typing import Any

import pytest

from airhook.control import domains
from support.console_pages import DOMAIN, PUBLIC, STREAM, Owned, all_routes
from support.console_site import OURS, Site
from support.desk import wait
from support.http_server import Answer, Browser

OWN = {"/password"}  # about whoever asks
MARKS = (
    DOMAIN,
    STREAM,
    "hooks.example.com",
    "aiko",
    "our-key",
    "our-recording",
    "our-pictures",
    "prod-hooks",
)


def ask(browser: Browser, method: str, path: str, fields: dict[str, str]) -> Answer:
    return browser.get(path) if method == "GET" else browser.post(path, fields)


@pytest.fixture
def owned(site: Site) -> Owned:
    return Owned(site)


def snapshot_of(site: Site) -> Any:
    """All that a stranger might have changed."""

    def work(tx: Any) -> Any:
        return (
            tx.domains(OURS),
            tx.templates(OURS),
            tx.rules(OURS),
            tx.record_templates(OURS),
            tx.snapshot_templates(OURS),
            tx.record_rules(OURS),
            tx.destinations(OURS),
            tx.api_keys(OURS),
            tx.bearer_keys(OURS),
            tx.users(OURS),
            list(tx.stream_bans(OURS, site.desk.clock.now_ms())),
        )

    return wait(site.desk.store.transact(work))


def test_another_account_finds_nothing_and_changes_nothing(site: Site, owned: Owned) -> None:
    stranger = site.browser("other")
    before = snapshot_of(site)
    seen: dict[str, int] = {}
    for method, route in all_routes(site):
        if route in PUBLIC | OWN:
            continue
        answer = ask(stranger, method, owned.path(route), owned.fields())
        seen[f"{method} {route}"] = answer.status
        assert answer.status < 500, (method, route)
        if "{" in route:
            assert answer.status == 404, (method, route)
        shown = answer.text if answer.status != 404 else ""
        # A form that is refused gives back what was typed into it; nothing else of ours may be in it.
        marks = [
            mark
            for mark in MARKS
            if mark in shown and (method == "GET" or mark not in owned.fields().values())
        ]
        assert marks == [], (method, route)
    assert len(seen) > 80
    assert snapshot_of(site) == before


def test_who_may_only_look_changes_nothing(site: Site, owned: Owned) -> None:
    viewer = site.browser("wei")
    before = snapshot_of(site)
    for method, route in all_routes(site):
        if method == "GET" or route in PUBLIC | OWN:
            continue
        answer = ask(viewer, method, owned.path(route), owned.fields())
        assert answer.status == 403, (method, route)
    assert snapshot_of(site) == before


def test_who_is_not_signed_in_sees_nothing(site: Site, owned: Owned) -> None:
    nobody = site.browser()
    before = snapshot_of(site)
    for method, route in all_routes(site):
        if route in PUBLIC:
            continue
        answer = ask(nobody, method, owned.path(route), owned.fields())
        assert answer.status in (303, 401), (method, route)
        if answer.status == 303:
            assert answer.headers["location"].startswith("/console/sign-in?next="), (method, route)
    assert snapshot_of(site) == before


def test_no_secret_is_on_a_page_of_who_may_only_look(site: Site, owned: Owned) -> None:
    viewer = site.browser("wei")
    secrets = [one.auth_key for one in wait(domains.list_all(site.desk, OURS))]
    secrets += [owned.pair.secret_key, "Kx7Pq2Lm9TzR4vBnW8"]
    for method, route in all_routes(site):
        if method != "GET" or route in PUBLIC:
            continue
        answer = viewer.get(owned.path(route))
        assert answer.status in (200, 403) or route == "/overview/trends.json", route
        assert not [secret for secret in secrets if secret in answer.text], route
