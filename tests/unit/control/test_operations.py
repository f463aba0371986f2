"""Operational events on the real store: durable, signed by nobody's template, and tried again when it is down."""

import json
import logging
from typing import Any

import pytest

from airhook.control.operations import Operations, OperationsSettings
from airhook.core import operations
from airhook.core.deliveries import Delivery, ErrorClass
from airhook.core.destinations import DestinationKey, HealthState
from airhook.core.errors import UnavailableError
from support.desk import NOW_MS, TestDesk, wait
from support.storage import all_due, delivery, event

URL = "https://ops.example.com/airhook"
KEY = DestinationKey(1, "https", "hooks.example.com", 443)


def build(desk: TestDesk, **settings: Any) -> Operations:
    return Operations(desk.store, desk.clock, desk.ids, OperationsSettings(**{"url": URL, **settings}))


def fail(subject: Operations) -> None:
    subject.notices.destination_changed(KEY, HealthState.FAILING, HealthState.HEALTHY, ErrorClass.TIMEOUT)


def accepted(desk: TestDesk) -> list[Delivery]:
    return all_due(desk.store, desk.clock.ms)  # type: ignore[arg-type]


def test_an_event_is_a_stored_delivery_to_the_operators_url(
    desk: TestDesk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "airhook.operations")
    subject = build(desk)
    fail(subject)
    wait(subject.tick())
    [one] = accepted(desk)
    assert (one.url, one.account_id, one.template_id, one.lane) == (
        URL,
        operations.ACCOUNT,
        operations.TEMPLATE,
        None,
    )
    assert json.loads(one.body) == {
        "id": one.event_id,
        "type": "destination_failing",
        "at": "2026-01-15T11:50:01.000Z",
        "data": {"account_id": "1", "destination": "https://hooks.example.com:443", "error": "timeout"},
    }
    [record] = caplog.records
    assert (record.levelname, record.getMessage()) == ("WARNING", "destination_failing")


def test_without_a_url_it_is_in_the_log_alone(desk: TestDesk, caplog: pytest.LogCaptureFixture) -> None:
    subject = build(desk, url="")
    fail(subject)
    wait(subject.tick())
    assert (accepted(desk), "destination_failing" in caplog.text) == ([], True)


def test_what_could_not_be_stored_is_stored_later_once(
    desk: TestDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down(_: object) -> None:
        raise UnavailableError

    subject = build(desk)
    fail(subject)
    with monkeypatch.context() as patched:
        patched.setattr(desk.store, "transact", down)
        wait(subject.tick())
        assert accepted(desk) == []
    wait(subject.tick())
    wait(subject.tick())
    assert len(accepted(desk)) == 1


def test_the_backlog_is_looked_at_every_ten_seconds(desk: TestDesk) -> None:
    of = event()
    old = delivery(of, due_ms=NOW_MS - 301_000, created_ms=NOW_MS - 301_000)
    subject = build(desk, url="", backlog_ms=300_000)
    wait(subject.tick())
    told: list[str] = []
    take = subject.notices.take

    def noted(**how: bool) -> Any:
        taken = take(**how)
        told.extend(one.type for one in taken)
        return taken

    subject.notices.take = noted  # type: ignore[method-assign]
    wait(desk.store.transact(lambda tx: tx.accept(of, [old])))
    wait(subject.tick())
    assert told == []
    desk.clock.ms += 10_001
    wait(subject.tick())
    assert told == ["backlog_old"]


def test_a_stop_tells_what_waits_for_its_minute(desk: TestDesk) -> None:
    subject = build(desk)
    fail(subject)
    wait(subject.tick())
    subject.notices.destination_changed(KEY, HealthState.HEALTHY, HealthState.FAILING, None)
    wait(subject.tick())
    assert len(accepted(desk)) == 1
    wait(subject.finish())
    assert [json.loads(one.body)["type"] for one in accepted(desk)] == [
        "destination_failing",
        "destination_recovered",
    ]
