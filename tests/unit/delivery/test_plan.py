import itertools
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from airhook.core.deliveries import Delivery, DeliveryState, lane_key, shard_of
from airhook.core.delivery_options import DeliveryOptions, Profile
from airhook.core.events import Event, PushEnded, PushStarted
from airhook.core.facts.record import RecordException, RecordFault
from airhook.core.facts.task import Monitor
from airhook.core.rules import CallbackRule
from airhook.core.snapshot import Snapshot
from airhook.core.templates import CallbackTemplate
from airhook.delivery.plan import NO_TEMPLATE, Planner, PlanSettings

DOMAIN, APP, STREAM = "push.example.com", "live", "room"
FACTS: dict[str, Any] = {
    "appid": 1, "domain": DOMAIN, "app": APP, "stream": STREAM, "stream_param": "", "user_ip": "203.0.113.1",
    "node": "198.51.100.1", "set_id": 2, "idc_id": 21, "sequence": 5, "width": 0, "height": 0,
}  # fmt: skip


def event(event_type: int = 1, app: str = APP) -> Event:
    facts = PushStarted(**FACTS) if event_type else PushEnded(**FACTS, errcode=1, sub=0, duration_ms=9)
    return Event(
        id="e1", account_id=7, event_type=event_type, domain=DOMAIN, app=app, stream=STREAM, session_id=5,
        occurred_ms=1_000, accepted_ms=2_000, config_version=3, facts=facts,
    )  # fmt: skip


def template(template_id: int, **fields: Any) -> CallbackTemplate:
    urls = fields.pop("urls", {0: f"http://r{template_id}/end", 1: f"http://r{template_id}/start"})
    return CallbackTemplate(id=template_id, account_id=7, name="t", urls=urls, **fields)


def planner(
    *templates: CallbackTemplate, rules: dict[str, int], **settings: Any
) -> Callable[[Event], list[Delivery]]:
    made = {
        (DOMAIN, app): CallbackRule(account_id=7, domain=DOMAIN, app=app, template_id=template_id)
        for app, template_id in rules.items()
    }
    snapshot = Snapshot(templates={one.id: one for one in templates}, rules=made)
    plan = Planner(
        itertools.count(100).__next__,
        lambda e, _options: {"b": e.event_type, "a": "x"},
        PlanSettings(**settings),
    )
    return lambda event: plan(event, snapshot)


@pytest.mark.parametrize(
    ("rules", "app", "url"),
    [
        ({"": 1}, APP, "http://r1/start"),  # the whole domain
        ({APP: 2}, APP, "http://r2/start"),  # the app
        ({"": 1, APP: 2}, APP, "http://r2/start"),  # the app goes before the domain
        ({"": 1, APP: 2}, "other", "http://r1/start"),
        ({APP: 2}, "other", None),
        ({}, APP, None),
    ],
)
def test_the_rule_of_the_stream_chooses_the_template(
    rules: dict[str, int], app: str, url: str | None
) -> None:
    deliveries = planner(template(1), template(2), rules=rules)(event(app=app))

    assert [one.url for one in deliveries] == ([url] if url else [])


def test_an_event_type_without_a_url_is_not_sent() -> None:
    plan = planner(template(1, urls={0: "http://r/end"}), rules={"": 1})

    assert plan(event(1)) == []
    assert [one.url for one in plan(event(0))] == ["http://r/end"]


def test_a_deleted_template_plans_nothing() -> None:
    assert planner(template(1, deleted=True), rules={"": 1})(event()) == []


def test_a_delivery_carries_everything_that_sending_needs() -> None:
    [delivery] = planner(template(1), rules={"": 1}, order_hold_ms=500, max_age_ms=9_000)(event())

    assert delivery.id == 100
    assert (delivery.event_id, delivery.account_id, delivery.event_type) == ("e1", 7, 1)
    assert (delivery.domain, delivery.app, delivery.stream) == (DOMAIN, APP, STREAM)
    assert delivery.template_id == 1
    assert delivery.body == b'{"a":"x","b":1}'
    assert delivery.shard == shard_of(7, DOMAIN, APP, STREAM)
    assert delivery.state is DeliveryState.PENDING
    assert (delivery.created_ms, delivery.due_ms) == (2_000, 2_000)
    assert (delivery.hold_until_ms, delivery.expires_ms) == (2_500, 11_000)


def test_usual_times_are_sixteen_minutes_and_a_day() -> None:
    [delivery] = planner(template(1), rules={"": 1})(event())

    assert delivery.hold_until_ms - delivery.created_ms == 16 * 60_000
    assert delivery.expires_ms - delivery.created_ms == 24 * 3600_000


def test_start_and_stop_of_a_stream_share_a_lane() -> None:
    plan = planner(template(1), rules={"": 1})

    lanes = {delivery.lane for kind in (1, 0) for delivery in plan(event(kind))}

    assert lanes == {lane_key(7, DOMAIN, APP, STREAM)}


def test_a_template_may_give_up_the_order() -> None:
    [delivery] = planner(template(1, ordered=False), rules={"": 1})(event())

    assert delivery.lane is None


def test_events_of_tasks_go_to_their_task_s_url_without_any_rule() -> None:
    facts = Monitor(callback_url="http://task.example/hear", event_name="StreamBroken", event_msg="")
    told = msgspec.structs.replace(event(), event_type=328, facts=facts)

    [delivery] = planner(template(1, urls={328: "http://r1/"}), rules={"": 1})(told)
    [unruled] = planner(rules={})(told)

    assert [(one.url, one.template_id, one.lane) for one in (delivery, unruled)] == [
        ("http://task.example/hear", NO_TEMPLATE, None)
    ] * 2


@pytest.mark.parametrize(
    ("levels", "heard"),
    [(["error"], ["error"]), (["warning", "info"], ["info", "warning"]), ([], [])],
)
def test_a_template_hears_of_the_recording_exceptions_it_chose(levels: list[str], heard: list[str]) -> None:
    plan = planner(template(1, urls={341: "http://r1/"}, record_exception_levels=levels), rules={"": 1})
    fault = RecordFault(type=-104, occurs=1, desc="")
    told = {
        level: RecordException(session_id="5", file_format="ts", exception_level=level, exception=fault)
        for level in ("error", "info", "warning")
    }

    planned = {
        level: plan(msgspec.structs.replace(event(), event_type=341, facts=facts))
        for level, facts in told.items()
    }

    assert [level for level, deliveries in planned.items() if deliveries] == heard


def test_a_template_with_a_long_schedule_is_given_its_time() -> None:
    standard = template(1, options=DeliveryOptions(profile=Profile.STANDARD))
    [long] = planner(standard, rules={"": 1}, max_age_ms=1000)(event())
    [usual] = planner(template(1), rules={"": 1}, max_age_ms=1000)(event())

    assert usual.expires_ms == usual.created_ms + 1000
    assert long.expires_ms > long.created_ms + 3 * 86_400_000
