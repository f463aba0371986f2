"""What keeps other sites out: headers on every answer, and forms that only our own pages may send."""

import re
from pathlib import Path

import pytest
from starlette.datastructures import Headers

from airhook.console.protection import HEADERS, is_from_own_page
from support.catalogues import CONSOLE
from support.console_site import PASSWORD, Site

POLICY = HEADERS["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/console/", 303),
        ("/console/sign-in", 200),
        ("/console/link/x", 200),
        ("/console/overview/tables", 401),
        ("/console/static/console.css", 200),
        ("/console/static/nothing.css", 404),
        ("/console/nothing", 404),
        ("/console/sign-out", 405),
    ],
)
def test_every_answer_carries_the_headers(site: Site, path: str, status: int) -> None:
    answer = site.browser().get(path)
    assert answer.status == status
    for name in ("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy"):
        assert answer.headers[name] == HEADERS[name]
    if "/static/" not in path:
        assert answer.headers["Cache-Control"] == "no-store"


def test_the_policy_leaves_no_way_in() -> None:
    directives = dict(part.strip().split(" ", 1) for part in POLICY.split(";"))
    assert directives["default-src"] == "'self'"
    assert directives["frame-ancestors"] == directives["base-uri"] == directives["object-src"] == "'none'"
    assert directives["form-action"] == "'self'"
    assert "unsafe" not in POLICY


@pytest.mark.parametrize("page", sorted(CONSOLE.glob("templates/**/*.html")), ids=lambda page: page.name)
def test_no_page_holds_what_the_policy_forbids(page: Path) -> None:
    text = page.read_text()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"""(src|href|action)=["']?(https?:)?//""", text)


# --- forms ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        pytest.param({"sec-fetch-site": "same-origin"}, True, id="a browser says so"),
        pytest.param({"sec-fetch-site": "cross-site"}, False, id="another site"),
        pytest.param({"sec-fetch-site": "same-site"}, False, id="a neighbour's host"),
        pytest.param({"sec-fetch-site": "none"}, False, id="typed in: never a form"),
        pytest.param(
            {"sec-fetch-site": "cross-site", "origin": "http://h:1", "host": "h:1"},
            False,
            id="the browser's word counts before Origin",
        ),
        pytest.param(
            {"sec-fetch-site": "same-origin", "origin": "https://a", "host": "10.0.0.1:8080"},
            True,
            id="a proxy that changes Host, under https",
        ),
        pytest.param({"origin": "http://h:8080", "host": "h:8080"}, True, id="plain http: by Origin"),
        pytest.param({"origin": "http://H:8080", "host": "h:8080"}, True, id="case of the host"),
        pytest.param({"origin": "https://h", "host": "h"}, True, id="behind a proxy that ends TLS"),
        pytest.param({"origin": "http://h:8081", "host": "h:8080"}, False, id="another port"),
        pytest.param({"origin": "http://h.evil.example", "host": "h"}, False, id="another host"),
        pytest.param({"origin": "null", "host": "h"}, False, id="a sandboxed page"),
        pytest.param({"origin": "http://[::1", "host": "h"}, False, id="nonsense"),
        pytest.param({"host": "h"}, False, id="neither"),
        pytest.param({"origin": "", "host": ""}, False, id="both empty"),
    ],
)
def test_where_a_form_comes_from(headers: dict[str, str], own: bool) -> None:
    assert is_from_own_page(Headers(headers)) is own


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/console/sign-in", {"name": "aiko", "password": PASSWORD}),
        ("/console/sign-out", {}),
        ("/console/preferences", {"language": "ja"}),
        ("/console/link/x", {}),
    ],
)
def test_another_site_s_form_changes_nothing(site: Site, path: str, fields: dict[str, str]) -> None:
    browser = site.browser("aiko")
    answer = browser.post(path, fields, Origin="https://evil.example")
    assert answer.status == 403
    assert "This request did not come from a page of this console." in answer.text
    assert "set-cookie" not in answer.headers
    assert browser.get("/console/").status == 200


def test_a_form_that_is_too_large_is_refused(site: Site) -> None:
    answer = site.browser().post("/console/sign-in", {"name": "x" * 70_000})
    assert answer.status == 413
