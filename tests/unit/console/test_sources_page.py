"""Settings → Sources: media servers are added, changed and removed, and their page says what to write where."""

import html
import re

import pytest

from airhook.control import sources
from airhook.control.sources import SourceForm
from airhook.core.hooks import HookOutcome, HookRecord
from support.console_site import OURS, Site, put_sessions, session
from support.desk import NOW_MS, wait

ADD = {
    "kind": "nginx-rtmp",
    "name": "edge-1",
    "domain": "",
    "domain_rule": "auto",
    "allowed": "10.0.0.0/8\n::1",
}


def test_adding_leads_to_the_text_for_the_server(site: Site) -> None:
    browser = site.browser("aiko")
    answer = browser.post("/console/sources/add", ADD)
    assert answer.status == 303
    page = browser.get(answer.headers["Location"]).text
    [source] = wait(sources.list_all(site.desk, OURS))
    url = f"http://{browser.address}{source.hook_path}"
    assert f"on_publish {url};" in html.unescape(page)
    assert re.search(r'data-copy="# nginx\.conf[^"]*on_publish_done', page)
    assert (source.allowed, source.name) == (["10.0.0.0/8", "::1/128"], "edge-1")
    listed = browser.get("/console/sources").text
    assert "edge-1" in listed
    assert source.token not in listed


def test_what_is_wrong_stands_beside_its_field(site: Site) -> None:
    answer = site.browser("aiko").post(
        "/console/sources/add", {**ADD, "allowed": "10.0.0.0/99", "name": "edge-1"}
    )
    assert answer.status == 422
    assert 'id="allowed-problem"' in answer.text
    assert 'value="edge-1"' in answer.text
    soon = site.browser("aiko").post("/console/sources/add", {**ADD, "silence_s": "soon"})
    assert 'id="silence_s-problem"' in soon.text
    assert wait(sources.list_all(site.desk, OURS)) == []


def test_changing_keeps_the_secret_and_the_token(site: Site) -> None:
    form = SourceForm(name="edge-1", api_secret="s3cr3t")
    made = wait(sources.add(site.desk, OURS, "zlmediakit", form))
    browser = site.browser("aiko")
    page = browser.get(f"/console/sources/{made.id}/edit").text
    assert "s3cr3t" not in page
    sent = {
        "name": "edge-2",
        "domain": "",
        "domain_rule": "auto",
        "allowed": "",
        "api_url": "",
        "silence_s": "60",
        "pull_url": "rtmp://10.0.0.5/{app}/{stream}",
    }
    assert browser.post(f"/console/sources/{made.id}/edit", sent).status == 303
    changed = wait(sources.get(site.desk, OURS, "edge-2"))
    assert (changed.silence_s, changed.api_secret, changed.token) == (60, "s3cr3t", made.token)
    assert changed.pull_url == "rtmp://10.0.0.5/{app}/{stream}"
    assert changed.pull_url in browser.get(f"/console/sources/{made.id}").text
    browser.post(f"/console/sources/{made.id}/token")
    assert wait(sources.get(site.desk, OURS, "edge-2")).token != made.token
    browser.post(f"/console/sources/{made.id}/remove")
    assert wait(sources.list_all(site.desk, OURS)) == []
    assert browser.get(f"/console/sources/{made.id}").status == 404


def test_what_came_lately_is_shown_as_text(site: Site) -> None:
    made = wait(sources.add(site.desk, OURS, "srs", SourceForm(name="edge-1")))
    record = HookRecord(
        session_id=0, id=1, account_id=OURS, source_id=made.id, at_ms=NOW_MS, last_ms=NOW_MS, count=3, hook="on_<b>",
        remote="192.0.2.9", request=b"", outcome=HookOutcome.REFUSED, detail="(18/503)",
    )  # fmt: skip
    wait(site.desk.store.transact(lambda tx: tx.add_hook(record)))
    page = site.browser("aiko").get(f"/console/sources/{made.id}").text
    assert "on_&lt;b&gt;" in page
    assert all(text in page for text in ("(18/503)", "192.0.2.9", "× 3", "refused"))


def test_viewers_do_not_see_tokens(site: Site) -> None:
    made = wait(sources.add(site.desk, OURS, "srs", SourceForm(name="edge-1")))
    for path in ("/console/sources", f"/console/sources/{made.id}"):
        assert site.browser("wei").get(path).status == 403


def test_a_push_s_page_tells_what_its_server_told(site: Site) -> None:
    put_sessions(site, session(7, "room1001"))
    record = HookRecord(
        session_id=7, id=1, account_id=OURS, source_id="a", at_ms=1, last_ms=1, count=12, hook="on_update_publish",
        remote="192.0.2.9", request=b"", outcome=HookOutcome.ALIVE, detail="",
    )  # fmt: skip
    assert "on_update" not in site.browser("wei").get("/console/pushes/7").text
    wait(site.desk.store.transact(lambda tx: tx.add_hook(record)))
    page = site.browser("wei").get("/console/pushes/7").text
    assert "on_update_publish" in page
    assert "× 12" in page


FORM = b"POST /\n\napp=live&addr=203.0.113.7&call=publish&name=room%201&tcurl=rtmp://push.example.com/live&pageurl="
JSON = b'POST /on_publish?index=1\n\n{"stream":"<i>","client":{"port":1}}'


@pytest.mark.parametrize(
    ("request_bytes", "shown", "not_shown"),
    [
        (FORM, ("<code>addr</code>", "<code>203.0.113.7</code>", "<code>room 1</code>"), "room%201"),
        (JSON, ("<code>index</code>", "<code>&lt;i&gt;</code>", "{&#34;port&#34;: 1}"), "<i>"),
        (b'POST /\n\n{"stream":"ro', ("{&#34;stream&#34;:&#34;ro",), "Traceback"),
    ],
)
def test_the_fields_of_a_hook_can_be_read_on_the_push_s_page(
    site: Site, request_bytes: bytes, shown: tuple[str, ...], not_shown: str
) -> None:
    put_sessions(site, session(7, "room1001"))
    record = HookRecord(
        session_id=7, id=1, account_id=OURS, source_id="a", at_ms=1, last_ms=1, count=1, hook="on_publish",
        remote="192.0.2.9", request=request_bytes, outcome=HookOutcome.STARTED, detail="",
    )  # fmt: skip
    wait(site.desk.store.transact(lambda tx: tx.add_hook(record)))
    page = site.browser("wei").get("/console/pushes/7").text
    assert [text for text in shown if text not in page] == []
    assert not_shown not in page
