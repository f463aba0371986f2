"""Accepting events of callers on the real store: once, together, and for their own account alone."""

import asyncio
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from airhook.control.base import Desk
from airhook.control.events import Accepted, Events, Refused, Result
from airhook.core.deliveries import Delivery, DeliveryState
from airhook.core.domains import Domain
from airhook.core.errors import AlreadyExistsError, InvalidError, NotFoundError, UnavailableError
from airhook.core.rules import CallbackRule
from airhook.core.sessions import NodeIdentity
from airhook.core.snapshot import ConfigHolder
from airhook.core.templates import CallbackTemplate
from airhook.delivery.plan import Planner
from airhook.dialects import css
from airhook.storage.sqlite import SqliteStore, open_store
from support.desk import NOW_MS, TestDesk, wait
from support.storage import delivered, event, settle

DOMAIN = "push.example.com"
NODE = NodeIdentity(id="n", ip="192.0.2.1", set_id=1, idc_id=0)
URLS = {kind: f"http://hooks.example.com/{kind}" for kind in (0, 1, 343)}


def made(desk: Desk) -> Events:
    return Events(desk.store, desk.config, Planner(desk.ids, css.render), desk.clock, NODE)


@pytest.fixture
def events(desk: TestDesk, mine: int, other: int) -> Events:
    """Two accounts with a push domain each; one template serves the first."""

    def work(tx: Any) -> None:
        tx.put_domain(Domain(name=DOMAIN, account_id=mine))
        tx.put_domain(Domain(name="other.example.com", account_id=other))
        tx.put_domain(Domain(name="play.example.com", account_id=mine, domain_type=1))
        tx.put_template(CallbackTemplate(id=1001, account_id=mine, name="t", urls=URLS))
        tx.put_rule(CallbackRule(account_id=mine, domain=DOMAIN, app="live", template_id=1001))

    wait(desk.change(work))
    return made(desk)


@pytest.fixture
def heard(desk: TestDesk, events: Events) -> list[Delivery]:
    """The deliveries that the engine hears of."""
    heard: list[Delivery] = []
    desk.store.on_accepted(heard.extend)
    return heard


def sent(event_id: str = "e1", **changes: Any) -> bytes:
    values: dict[str, Any] = {
        "id": event_id, "domain": DOMAIN, "app": "live", "stream": "room", "event_type": 343,
        "occurred_at": NOW_MS, "data": {"class": "Blur", "score": 37.5, "transcode_template_id": 1},
    }  # fmt: skip
    return json.dumps({**values, **changes}).encode()


def push(event_id: str, event_type: int) -> bytes:
    data = {"sequence": "7", **({} if event_type else {"errcode": 1, "push_duration": 5})}
    return sent(event_id, event_type=event_type, data=data)


def errors(results: list[Result]) -> list[Any]:
    return [type(one.error) if isinstance(one, Refused) else None for one in results]


def test_an_event_is_committed_with_its_deliveries(
    events: Events, mine: int, heard: list[Delivery], tmp_path: Path
) -> None:
    [result] = wait(events.accept(mine, [sent()]))

    assert result == Accepted(id="e1", event_type=343, accepted_at=NOW_MS, deliveries=1, duplicate=False)
    [delivery] = heard
    assert (delivery.url, delivery.event_id, delivery.account_id) == (URLS[343], "e1", mine)
    assert json.loads(delivery.body)["appid"] == 1_300_000_000 + mine


def test_a_stream_that_no_rule_serves_has_no_delivery(
    events: Events, mine: int, heard: list[Delivery]
) -> None:
    [result] = wait(events.accept(mine, [sent(app="elsewhere")]))
    assert isinstance(result, Accepted)
    assert (result.deliveries, heard) == (0, [])


def test_a_repeat_has_the_same_answer_and_another_content_is_a_conflict(
    events: Events, desk: TestDesk, mine: int, heard: list[Delivery]
) -> None:
    [first] = wait(events.accept(mine, [sent()]))
    desk.clock.ms += 60_000
    [again] = wait(events.accept(mine, [sent()]))
    [other] = wait(events.accept(mine, [sent(stream="other")]))

    assert again == msgspec.structs.replace(first, duplicate=True)
    assert isinstance(other, Refused)
    assert other.error.message == (
        "event e1 exists already; its content is another; give every event an id of its own"
    )
    assert len(heard) == 1


def test_a_batch_answers_for_each_event_and_wrong_ones_cost_the_others_nothing(
    events: Events, mine: int, heard: list[Delivery]
) -> None:
    batch = [
        sent("a"),
        sent("b", data={}),
        sent("c", domain="nobody.example.com"),
        sent("a"),
        sent("a", stream="other"),
        b'{"id":"d","data":"\\ud800"}',
        b'{"id":5}',
        sent("e"),
    ]
    results = wait(events.accept(mine, batch))

    assert [one.id for one in results] == ["a", "b", "c", "a", "a", None, None, "e"]
    assert errors(results) == [
        None, InvalidError, NotFoundError, None, AlreadyExistsError, InvalidError, InvalidError, None,
    ]  # fmt: skip
    assert [one.duplicate for one in results if isinstance(one, Accepted)] == [False, True, False]
    assert [one.event_id for one in heard] == ["a", "e"]


def test_a_batch_is_one_transaction(events: Events, desk: TestDesk, mine: int, monkeypatch) -> None:
    calls = []
    submit = desk.store.submit

    def counted(work: Any) -> Any:
        calls.append(work)
        return submit(work)

    monkeypatch.setattr(desk.store, "submit", counted)
    wait(events.accept(mine, [sent(f"e{n}") for n in range(100)]))
    assert len(calls) == 1


@pytest.mark.parametrize("domain", ["nobody.example.com", "other.example.com", "play.example.com", "", "\0"])
def test_only_the_account_s_own_push_domains_take_events(
    events: Events, mine: int, heard: list[Delivery], domain: str
) -> None:
    results = wait(events.accept(mine, [sent(domain=domain)]))
    assert errors(results) == [NotFoundError]
    assert heard == []


def test_another_account_may_use_the_same_id(events: Events, mine: int, other: int) -> None:
    wait(events.accept(mine, [sent()]))
    [result] = wait(events.accept(other, [sent(domain="other.example.com")]))
    assert isinstance(result, Accepted)
    assert not result.duplicate


def test_starts_and_stops_are_ordered_in_their_stream_s_lane(
    events: Events, mine: int, heard: list[Delivery]
) -> None:
    wait(events.accept(mine, [push("s", 1), push("e", 0), sent()]))
    assert [(one.event_id, one.state) for one in heard] == [
        ("s", DeliveryState.PENDING),
        ("e", DeliveryState.HELD),
        ("e1", DeliveryState.PENDING),
    ]


def test_a_repeat_is_known_after_it_was_delivered_and_after_a_restart(
    events: Events, desk: TestDesk, mine: int, heard: list[Delivery], tmp_path: Path
) -> None:
    [first] = wait(events.accept(mine, [sent()]))
    assert isinstance(desk.store, SqliteStore)
    assert len(settle(desk.store, delivered(heard[0])).applied) == 1
    desk.store.close()
    store = open_store(tmp_path, desk.clock, secret_key=bytes(32))
    try:
        config = ConfigHolder()
        config.apply(store.load_config(0))
        again = Events(store, config, Planner(desk.ids, css.render), desk.clock, NODE)
        repeat, other = wait(again.accept(mine, [sent(), sent(stream="other")]))
    finally:
        store.close()
    assert repeat == msgspec.structs.replace(first, duplicate=True)
    assert errors([other]) == [AlreadyExistsError]


def test_an_id_that_another_event_has_is_refused_alone(events: Events, desk: TestDesk, mine: int) -> None:
    taken = event("taken", account_id=mine)
    wait(desk.store.transact(lambda tx: tx.accept(taken, [])))
    results = wait(events.accept(mine, [sent("a"), sent("taken"), sent("b")]))
    assert errors(results) == [None, AlreadyExistsError, None]


def test_an_account_that_this_node_does_not_know_yet_may_try_again(events: Events) -> None:
    with pytest.raises(UnavailableError, match="try again"):
        wait(events.accept(99, [sent()]))


def test_many_callers_at_once_get_one_acceptance(events: Events, mine: int, heard: list[Delivery]) -> None:
    async def all_at_once() -> list[list[Result]]:
        return await asyncio.gather(*(events.accept(mine, [sent()]) for _ in range(30)))

    answers = [one for results in wait(all_at_once()) for one in results if isinstance(one, Accepted)]
    assert sorted(one.duplicate for one in answers) == [False] + [True] * 29
    assert len(heard) == 1
