"""Making an attempt's request again."""

import hashlib

from airhook.control.records import SentRequest, sent_request
from support.console_site import KEY, attempt, delivery, template

ONE = delivery(1, "room1001", body=b'{"app":"a","stream_id":"s","z":1}')


def test_the_request_is_made_again_to_the_byte() -> None:
    made = attempt(ONE)
    again = sent_request(template(), ONE, made)
    assert made.t is not None
    sign = hashlib.md5(f"{KEY}{made.t}".encode()).hexdigest()
    body = f'{{"app":"a","sign":"{sign}","stream_id":"s","t":{made.t},"z":1}}'.encode()
    assert again == SentRequest(body=body, t=made.t, sign=sign)


def test_an_unsigned_request_is_the_planned_body() -> None:
    made = attempt(ONE, t=None, key_version=None, request_sha256=hashlib.sha256(ONE.body).digest())
    assert sent_request(None, ONE, made) == SentRequest(body=ONE.body, t=None, sign=None)


def test_without_the_key_that_signed_there_is_none() -> None:
    made = attempt(ONE)
    assert sent_request(None, ONE, made) is None
    assert sent_request(template(key_version=2), ONE, made) is None


def test_what_differs_from_the_stored_hash_is_not_shown_as_sent() -> None:
    assert sent_request(template(callback_key="another"), ONE, attempt(ONE)) is None
    assert sent_request(template(), ONE, attempt(ONE, request_sha256=bytes(32))) is None
