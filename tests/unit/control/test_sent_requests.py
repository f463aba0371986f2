"""Making an attempt's request again."""

import hashlib
from typing import Any

import pytest

from airhook.control.records import Lost, SentRequest, sent_request
from airhook.core.deliveries import Attempt
from airhook.core.delivery_options import DeliveryOptions
from airhook.core.templates import CallbackTemplate
from airhook.delivery import request
from support.console_site import KEY, attempt, delivery, template

ONE = delivery(1, "room1001", body=b'{"app":"a","stream_id":"s","z":1}')


def lost(of: CallbackTemplate | None, made: Attempt) -> tuple[str, str]:
    """Why the request cannot be made again."""
    found = sent_request(of, ONE, made)
    assert isinstance(found, Lost)
    return found.reason.value, found.detail


def test_the_request_is_made_again_to_the_byte() -> None:
    made = attempt(ONE)
    again = sent_request(template(), ONE, made)
    assert made.t is not None
    sign = hashlib.md5(f"{KEY}{made.t}".encode()).hexdigest()
    body = f'{{"app":"a","sign":"{sign}","stream_id":"s","t":{made.t},"z":1}}'.encode()
    assert again == SentRequest(body=body, t=made.t, sign=sign, signature="ok")


def test_an_unsigned_request_is_the_planned_body() -> None:
    made = attempt(ONE, t=None, key_version=None, request_sha256=hashlib.sha256(ONE.body).digest())
    assert sent_request(None, ONE, made) == SentRequest(body=ONE.body, t=None, sign=None)


def test_a_frozen_t_is_told_to_be_expired_when_it_was() -> None:
    made = attempt(ONE)
    assert made.t is not None
    late = attempt(ONE, started_ms=made.t * 1000 + 1)
    again = sent_request(template(), ONE, late)
    assert isinstance(again, SentRequest)
    assert again.signature == "expired"


@pytest.mark.parametrize(
    ("changes", "reason", "said"),
    [
        ({"key_version": 2}, "key_changed", "The key that signed (version 1) is not kept: it was changed once since."),
        ({"key_version": 3}, "key_changed", "it was changed 2 times since"),
        (
            {"key_version": 3, "options": DeliveryOptions(previous_key="k2", overlap_until_ms=1)},
            "key_changed",
            "changed 2 times",
        ),
        ({"callback_key": "another"}, "differs", "differs from the hash of the one that was sent"),
    ],
)  # fmt: skip
def test_without_what_signed_it_is_told_why_there_is_none(
    changes: dict[str, Any], reason: str, said: str
) -> None:
    told = lost(template(**changes), attempt(ONE))
    assert told[0] == reason
    assert said in told[1]


def test_without_its_template_it_is_told_that_it_is_deleted() -> None:
    assert lost(None, attempt(ONE)) == (
        "template_gone",
        "The callback template is deleted, and the key that signed with it.",
    )


def test_what_differs_from_the_stored_hash_is_not_shown_as_sent() -> None:
    assert lost(template(), attempt(ONE, request_sha256=bytes(32)))[0] == "differs"


@pytest.mark.parametrize(
    ("url", "first", "host"),
    [
        ("http://h.example/a/../b?x=1#there", "/a/../b?x=1", "h.example"),
        ("https://H.example:443", "/", "H.example"),
        ("https://h.example:8443?q", "/?q", "h.example:8443"),
        ("http://2130706433:81/é?é", "/%C3%A9?é", "127.0.0.1:81"),
        ("http://[::FFFF:127.0.0.1]/", "/", "[::ffff:127.0.0.1]"),
        ("http://bücher.example/", "/", "xn--bcher-kva.example"),
    ],
)
def test_the_head_names_target_and_host_as_they_go_out(url: str, first: str, host: str) -> None:
    """As libcurl wrote them to a real socket (``test_sender`` holds the two against each other)."""
    made = request.head(url, (), 2)
    assert (made.target, made.headers[0]) == (first, ("Host", host))


def test_headers_of_a_template_take_the_place_of_ours() -> None:
    made = request.head("http://h/", (("accept", "text/plain"), ("USER-AGENT", "me")), 2)
    assert made.encode() == (
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\naccept: text/plain\r\n"
        b"USER-AGENT: me\r\nContent-Length: 2\r\n\r\n"
    )
