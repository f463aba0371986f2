"""One delivery's page: what was sent, every attempt, and what came back."""

import hashlib
import html
import re

import msgspec
import pytest

from airhook import __version__
from airhook.core.errors import UnavailableError
from airhook.core.events import Event, PushEnded
from support.console_site import (
    KEY,
    THEIRS,
    Site,
    accept,
    attempt,
    bad_status,
    delivered,
    delivery,
    in_lane,
    lost,
    put_sessions,
    refused,
    template,
    waiting,
)
from support.desk import NOW_MS, wait
from support.http_server import Answer

KEY_CHANGED = "the key that signed was changed since"


def said(page: Answer) -> str:
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", page.text).split()))


def exact_bytes(page: Answer) -> str:
    (found,) = re.findall(r'<pre class="wrap" tabindex="0"><code>(\{.*?)</code>', page.text, re.DOTALL)
    return html.unescape(found)


def push_ended(session_id: int, stream: str, *, errcode: int) -> Event:
    place = {"domain": "push.example.com", "app": "live", "stream": stream}
    facts = PushEnded(
        appid=1, stream_param="", user_ip="203.0.113.7", node="n1", set_id=1, idc_id=1, sequence=session_id,
        width=1, height=1, errcode=errcode, sub=0, duration_ms=7, **place,
    )  # fmt: skip
    return Event(
        id=f"{session_id}-0", account_id=1, event_type=0, session_id=session_id, occurred_ms=NOW_MS,
        accepted_ms=NOW_MS, config_version=12, facts=facts, **place,
    )  # fmt: skip


def show(site: Site, delivery_id: int, user: str = "aiko") -> Answer:
    return site.browser(user).get(f"/console/deliveries/{delivery_id}")


def test_a_delivered_one_shows_the_body_as_it_went_out_and_the_answer(site: Site) -> None:
    one = delivery(1, "room1001")
    accept(site, one)
    delivered(site, one, msgspec.structs.replace(attempt(one), answer_body=b'{"code":"<b>0</b>"}'))
    page = show(site, 1)
    t = one.created_ms // 1000 + 600  # contract 1.3
    sign = hashlib.md5(f"{KEY}{t}".encode()).hexdigest()
    assert exact_bytes(page) == (
        '{"app":"push.example.com","appname":"live","event_type":1,"sequence":"8023",'
        f'"sign":"{sign}","stream_id":"room1001","t":{t}}}'
    )
    text = said(page)
    assert f"sign {sign}" in text
    assert f"t {t} good until" in text
    assert "As sent in the latest attempt, byte for byte" in text
    assert "#1 200" in text
    assert 'content-type: application/json server: nginx {"code":"<b>0</b>"}' in text
    assert "<b>0</b>" not in page.text
    assert "143 ms name 2.1 ms connection 16 ms TLS handshake 24 ms waiting for the answer 100 ms" in text
    assert "prod-hooks" in text


def test_the_latest_attempt_is_first(site: Site) -> None:
    one = delivery(1, "room1001")
    accept(site, one)
    waiting(site, one, bad_status(one, 1, 502))
    waiting(site, msgspec.structs.replace(one, attempts=1), refused(one, 2))
    text = said(show(site, 1))
    assert re.findall(r"#(\d) (?:(\d{3}) )?(Not a success|Connection refused)", text) == [
        ("2", "", "Connection refused"),
        ("1", "502", "Not a success"),
    ]
    assert "nothing listens on 198.51.100.20 port 443" in text
    assert "no connection" in text


def test_before_the_first_attempt_the_body_is_shown_as_planned(site: Site) -> None:
    accept(site, in_lane(delivery(1, "room1001")))
    page = show(site, 1)
    assert exact_bytes(page) == delivery(1, "room1001").body.decode()
    text = said(page)
    assert "With a callback key, t and sign are added at each attempt." in text
    assert "None made yet." in text
    assert "in order within its stream" in text


def test_after_a_change_of_the_key_no_signature_is_made_up(site: Site) -> None:
    one = delivery(1, "room1001")
    accept(site, one)
    delivered(site, one, attempt(one))
    site.change(lambda tx: tx.put_template(template(callback_key="another", key_version=2)))
    page = show(site, 1)
    assert exact_bytes(page) == one.body.decode()
    assert KEY_CHANGED in said(page)
    assert "made with an earlier key (version 1)" in said(page)


def test_an_unsigned_one_says_so(site: Site) -> None:
    one = delivery(1, "room1001")
    accept(site, one)
    digest = hashlib.sha256(one.body).digest()
    delivered(site, one, attempt(one, t=None, key_version=None, request_sha256=digest))
    page = show(site, 1)
    assert exact_bytes(page) == one.body.decode()
    assert "t not signed sign not signed" in said(page)
    assert KEY_CHANGED not in said(page)


def test_numbers_in_a_body_are_shown_as_they_are(site: Site) -> None:
    accept(site, delivery(1, "s", body=b'{"big":12345678901234567890,"real":1.50,"text":"\xe9\xb0\xbb"}'))
    page = show(site, 1)
    for text in ("12345678901234567890", "1.50", "鰻"):
        assert page.text.count(text) == 2  # in lines and as exact bytes


@pytest.mark.parametrize(
    ("user", "delivery_id", "status"),
    [
        ("aiko", 1, 200),
        ("wei", 1, 200),
        ("admin", 1, 200),
        ("other", 1, 404),
        ("aiko", 2, 404),
        ("other", 2, 200),
        ("admin", 2, 200),
        ("admin", 3, 404),
        ("admin", 2**63, 404),
        ("admin", 10**40, 404),
    ],
)
def test_another_account_s_delivery_is_not_found(
    site: Site, user: str, delivery_id: int, status: int
) -> None:
    accept(site, delivery(1, "ours"), delivery(2, "theirs", account_id=THEIRS))
    page = show(site, delivery_id, user)
    assert page.status == status
    if status == 404:
        assert "There is no such page, or it belongs to another account." in page.text


def test_it_needs_a_session(site: Site) -> None:
    accept(site, delivery(1, "ours"))
    answer = site.browser().get("/console/deliveries/1")
    assert (answer.status, answer.headers["location"]) == (303, "/console/sign-in?next=/console/deliveries/1")


# --- where it comes from, and what exactly was sent -------------------------------------------------------------


def test_the_whole_request_of_an_attempt_is_shown(site: Site) -> None:
    one = delivery(1, "room1001", url="https://hooks.example.com/live/begin?a=1")
    accept(site, one)
    delivered(site, one, attempt(one))
    page = show(site, 1)
    head = "\n".join(
        [
            "POST /live/begin?a=1 HTTP/1.1",
            "Host: hooks.example.com",
            "Accept: */*",
            "Content-Type: application/json",
            f"User-Agent: Airhook/{__version__}",
        ]
    )
    assert head in html.unescape(re.sub(r"<[^>]+>", "", page.text))
    assert re.search(r"Request \d+ B · signature ok", said(page))


def test_without_the_key_the_reason_is_told_in_every_language(site: Site) -> None:
    one = delivery(1, "room1001")
    accept(site, one)
    delivered(site, one, attempt(one))
    site.change(lambda tx: tx.put_template(template(callback_key="another", key_version=2)))
    assert "The request cannot be made again: the key that signed was changed since" in said(show(site, 1))
    page = site.browser("aiko").get("/console/deliveries/1", Accept_Language="zh-CN")
    assert "无法还原该请求： 签名所用的密钥之后已更改" in said(page)


def test_a_stop_says_from_what_it_was_concluded(site: Site) -> None:
    put_sessions(site, lost(8023, "room1001"))
    stop = push_ended(8023, "room1001", errcode=5)
    wait(
        site.desk.store.transact(
            lambda tx: tx.accept(stop, [delivery(1, "room1001", event_id=stop.id, event_type=0)])
        )
    )
    text = said(show(site, 1))
    assert "Push 8023 rtmp · 203.0.113.7" in text
    assert "Concluded The server crashed or stopped" in text
    assert f"Planned by configuration {stop.config_version}" in text


def test_what_waits_leads_to_what_it_waits_for(site: Site) -> None:
    accept(site, in_lane(delivery(1, "room1001")), in_lane(delivery(2, "room1001")))
    page = show(site, 2)
    assert "Held behind 1 , at the latest until" in said(page)
    assert 'href="/console/deliveries/1"' in page.text
    assert "behind" not in said(show(site, 1))


# --- when it does not work ---------------------------------------------------------------------------------------


def test_a_database_that_does_not_answer_is_told_as_that(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = site.browser("aiko")

    async def unavailable(*_: object) -> None:
        raise UnavailableError

    monkeypatch.setattr(site.desk.store, "read", unavailable)
    answer = browser.get("/console/", Accept_Language="zh-CN")
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert "数据库没有响应" in answer.text


def test_a_fault_is_a_page_too_and_tells_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = site.browser("aiko")

    async def fail(*_: object) -> None:
        raise RuntimeError("the secret cause")

    monkeypatch.setattr(site.desk.store, "read", fail)
    answer = browser.get("/console/")
    assert answer.status == 500
    assert "Something went wrong" in answer.text
    assert "secret" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


BODY = b'{"event_type":%d,"%s":"%s"}'


@pytest.mark.parametrize(
    ("event_type", "field", "url", "src"),
    [
        (200, "pic_full_url", "http://airhook.example:8080/media/1/token/a/b.jpg", "/media/1/token/a/b.jpg"),
        (317, "img", "http://airhook.example:8080/media/1/token/a/b.jpg", "/media/1/token/a/b.jpg"),
        (317, "img", "https://bucket.example/a/b.jpg?X-Amz-Signature=1", None),
        (100, "video_url", "http://airhook.example:8080/media/1/token/a/b.flv", None),
    ],
)
def test_a_picture_is_shown_blurred_and_only_from_here(site: Site, event_type, field, url, src) -> None:
    body = BODY % (event_type, field.encode(), url.encode())
    accept(site, delivery(9, "room", event_type=event_type, body=body))
    page = show(site, 9).text
    assert f'href="{html.escape(url)}"' in page
    assert re.findall(r'<img src="([^"]*)"', page) == ([src] if src else [])
    assert ("veiled" in page) == (src is not None)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "//evil.example/media/x", "", "http://[broken"])
def test_what_is_no_address_is_no_link(site: Site, url) -> None:
    accept(site, delivery(9, "room", event_type=200, body=BODY % (200, b"pic_full_url", url.encode())))
    page = show(site, 9).text
    assert 'rel="noreferrer"' not in page
    assert "veiled" not in page
