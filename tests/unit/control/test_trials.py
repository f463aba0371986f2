"""A trial sends a real, signed callback by the rules of all of them, and stores nothing."""

from collections.abc import Iterator

import pytest

from airhook.control import domains, rules, templates
from airhook.control.samples import sample_facts
from airhook.control.templates import TemplateForm
from airhook.control.trials import Trials
from airhook.core.deliveries import ErrorClass
from airhook.core.errors import InvalidError, NotFoundError
from airhook.core.events import EventType
from airhook.core.ports import TrialAttempt
from airhook.core.templates import CONFIGURABLE_TYPES
from airhook.verify import verify
from support.console_site import NODE, trials
from support.desk import NOW_MS, TestDesk, add_account, open_desk, wait
from support.receiver import Receiver

KEY = "Kx7Pq2Lm9TzR4vBn"


@pytest.fixture
def desk(tmp_path) -> Iterator[TestDesk]:
    with open_desk(tmp_path) as opened:
        add_account(opened, 1)
        yield opened


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


def send(desk: TestDesk, urls: dict[int, str], event_type: int, key: str = KEY) -> TrialAttempt:
    made = wait(templates.create(desk, 1, TemplateForm(name="t", urls=urls, callback_key=key)))
    sending: Trials = trials(desk)
    return wait(sending.send(desk, 1, made.id, event_type))


@pytest.mark.parametrize("kind", sorted(CONFIGURABLE_TYPES), ids=lambda kind: kind.name.lower())
def test_a_sample_of_every_event_arrives_signed(desk, receiver, kind) -> None:
    done = send(desk, {kind: receiver.url("/hook")}, kind)
    (request,) = receiver.requests
    assert request.body == done.body
    body = request.json()
    assert body["event_type"] == kind
    assert verify(request.body, KEY).ok
    assert (done.attempt.status, done.attempt.error) == (200, None)
    assert done.attempt.timings.total_ms > 0


def test_the_body_names_a_domain_that_the_template_serves(desk, receiver) -> None:
    urls = {1: receiver.url("/x")}
    made = wait(templates.create(desk, 1, TemplateForm(name="t", urls=urls)))
    wait(domains.add(desk, 1, "live.contoso.example"))
    wait(rules.bind(desk, 1, "live.contoso.example", "", made.id))
    wait(trials(desk).send(desk, 1, made.id, 1))
    assert receiver.requests[0].json()["app"] == "live.contoso.example"
    assert "sign" not in receiver.requests[0].json()


def test_what_a_receiver_does_wrong_is_told(desk, receiver) -> None:
    receiver.answer(503, body=b"busy")
    done = send(desk, {1: receiver.url("/x")}, 1)
    assert (done.attempt.status, done.attempt.error) == (503, ErrorClass.BAD_STATUS)
    assert done.attempt.answer_body == b"busy"
    assert len(receiver.requests) == 1


def test_addresses_are_judged_as_for_every_callback(desk) -> None:
    refused = send(desk, {1: "http://10.1.2.3/x"}, 1)
    assert refused.attempt.error is ErrorClass.ADDRESS_REFUSED
    assert "targets.allow" in refused.attempt.error_detail
    unknown = send(desk, {1: "http://no-such-host.invalid/x"}, 1)
    assert unknown.attempt.error in (ErrorClass.DNS_FAILED, ErrorClass.DNS_TIMEOUT)


def test_an_event_without_a_url_and_another_account_s_template_are_refused(desk) -> None:
    made = wait(templates.create(desk, 1, TemplateForm(name="t", urls={1: "https://a.example.com/"})))
    with pytest.raises(InvalidError) as refused:
        wait(trials(desk).send(desk, 1, made.id, 0))
    assert refused.value.field == "event_type"
    with pytest.raises(NotFoundError):
        wait(trials(desk).send(desk, 2, made.id, 1))


@pytest.mark.parametrize("kind", sorted(CONFIGURABLE_TYPES), ids=lambda kind: kind.name.lower())
def test_samples_obey_the_schema_of_their_event(kind: EventType) -> None:
    assert sample_facts(kind, appid=1, domain="push.example.com", node=NODE, now_ms=NOW_MS)
