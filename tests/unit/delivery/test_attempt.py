"""Which key signs an attempt."""

from typing import Any

import pytest

from airhook.core.deliveries import Delivery, DeliveryState
from airhook.core.snapshot import Snapshot
from airhook.core.templates import CallbackTemplate
from airhook.delivery.attempt import KeyUnknownError, prepare

TEMPLATE = CallbackTemplate(id=5, account_id=1, name="t", callback_key="Kx7Pq2Lm9TzR4vBnW8", key_version=3)
SNAPSHOT = Snapshot(templates={5: TEMPLATE})
NOW_MS = 1_768_478_400_999


def delivery(**fields: Any) -> Delivery:
    values: dict[str, Any] = {
        "id": 1, "event_id": "e", "account_id": 1, "event_type": 100, "domain": "d", "app": "a", "stream": "s",
        "template_id": 5, "url": "http://r/", "body": b'{"a":1}', "lane": None, "shard": 0,
        "state": DeliveryState.PENDING, "created_ms": 0, "due_ms": 0, "hold_until_ms": 0, "expires_ms": 0,
    }  # fmt: skip
    return Delivery(**{**values, **fields})


def test_the_template_s_present_key_signs() -> None:
    made = prepare(delivery(), SNAPSHOT, NOW_MS)

    assert (made.t, made.key_version, made.started_ms) == (1768479000, 3, NOW_MS)
    assert made.body == b'{"a":1,"sign":"9e9b6e5b08f7586540acf4498606387d","t":1768479000}'


@pytest.mark.parametrize("event_type", [314, 328])
@pytest.mark.parametrize("template_id", [0, 5])
def test_events_of_tasks_are_never_signed(event_type: int, template_id: int) -> None:
    made = prepare(delivery(event_type=event_type, template_id=template_id), SNAPSHOT, NOW_MS)

    assert (made.body, made.t, made.key_version) == (b'{"a":1}', None, None)


def test_nothing_goes_out_unsigned_by_mistake() -> None:
    with pytest.raises(KeyUnknownError, match="template 6"):
        prepare(delivery(template_id=6), SNAPSHOT, NOW_MS)
