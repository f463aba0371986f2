"""A company's own detector over HTTP: what it is sent, what it may answer, and what becomes of its faults."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from airhook.core.clock import SystemClock
from airhook.delivery.addresses import TargetPolicy
from airhook.delivery.single import SinglePost
from airhook.media.detector import service
from airhook.media.detector.service import OwnVerdict, Service, ServiceError
from airhook.media.detector.verdict import Scores
from airhook.media.protocol import Subject
from support.receiver import Receiver

SUBJECT = Subject(account_id=7, appid=1300000001, domain="push.example.com", app="live", stream="room1001")
TOKEN = "n0t-a-real-token-1234"
JPEG = bytes(range(256)) * 40


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


class Bench:
    def __init__(self, url: str, *, allow: str = "127.0.0.0/8", timeout_s: float = 5) -> None:
        self.now = 0.0
        post = SinglePost(TargetPolicy([allow]), SystemClock())
        self._service = Service(post, url, TOKEN, timeout_s, monotonic=lambda: self.now)

    def judge(self) -> Any:
        return asyncio.run(self._service.judge(JPEG, SUBJECT))


def test_it_gets_the_picture_with_its_stream_and_the_token(receiver):
    receiver.answer(200, b'{"scores": {"normal": 2, "hot": 8, "porn": 90}}')
    assert Bench(receiver.url("/judge")).judge() == Scores(normal=2, hot=8, porn=90)
    (request,) = receiver.wait_for(1)
    assert (request.method, request.path, request.body) == ("POST", "/judge", JPEG)
    known = {"content-type", "authorization", "airhook-domain", "airhook-app", "airhook-stream"}
    assert {name: request.headers[name] for name in known} == {
        "content-type": "image/jpeg",
        "authorization": f"Bearer {TOKEN}",
        "airhook-domain": "push.example.com",
        "airhook-app": "live",
        "airhook-stream": "room1001",
    }


def test_it_may_give_a_verdict_of_its_own(receiver):
    receiver.answer(200, b'{"suggestion": "Review", "label": "Ad", "score": [81], "ocr_msg": "add me"}')
    verdict = Bench(receiver.url("/")).judge()
    assert isinstance(verdict, OwnVerdict)
    assert (verdict.suggestion, verdict.label, verdict.score, verdict.ocr_msg) == (
        "Review",
        "Ad",
        [81],
        "add me",
    )


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "cannot be read"),
        (b"[]", "cannot be read"),
        (b'{"scores": {"normal": 2, "hot": 8, "porn": 190}}', "cannot be read: Expected `int` <= 100"),
        (b'{"scores": {"normal": 2}}', "missing required field"),
        (b'{"suggestion": "Maybe", "score": [1]}', "Invalid enum value"),
        (b'{"suggestion": "Pass", "score": []}', "length >= 1"),
        (b'{"scores": "' + b"x" * 5000, "longer than 4095 bytes"),
        (b"[" * 3000, "cannot be read"),
    ],
)
def test_an_answer_that_is_none_is_said_to_be_one(receiver, body, why):
    receiver.answer(200, body)
    with pytest.raises(ServiceError, match=why):
        Bench(receiver.url("/")).judge()


def test_a_wrong_status_and_a_redirect_are_no_verdict(receiver):
    for status in (500, 302, 204):
        receiver.answer(status, headers=(("Location", receiver.url("/elsewhere")),))
        with pytest.raises(ServiceError, match=f"status {status}"):
            Bench(receiver.url("/")).judge()
    assert all(request.path == "/" for request in receiver.wait_for(3))


def test_addresses_are_judged_as_those_of_callbacks(receiver):
    with pytest.raises(ServiceError, match=r"127\.0\.0\.1 is a loopback address; add it to targets\.allow"):
        Bench(receiver.url("/"), allow="10.0.0.0/8").judge()
    with pytest.raises(ServiceError, match="metadata"):
        Bench("http://169.254.169.254/latest").judge()
    assert receiver.requests == []


def test_one_that_hangs_is_given_up(receiver):
    receiver.answer(never=True)
    with pytest.raises(ServiceError, match="cannot be reached"):
        Bench(receiver.url("/"), timeout_s=0.3).judge()


def test_one_that_fails_again_and_again_is_left_alone_for_a_while(receiver):
    receiver.answer(500)
    bench = Bench(receiver.url("/"))
    for _ in range(service.FAILURES):
        with pytest.raises(ServiceError, match="status 500"):
            bench.judge()
    with pytest.raises(ServiceError, match="asked again in a while"):
        bench.judge()
    assert len(receiver.requests) == service.FAILURES
    bench.now = service.PAUSE_S
    receiver.answer(200, b'{"scores": {"normal": 100, "hot": 0, "porn": 0}}')
    assert bench.judge() == Scores(normal=100, hot=0, porn=0)
