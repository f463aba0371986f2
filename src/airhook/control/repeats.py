"""Sending a delivery once more: the same event, to the same URL, outside every lane, signed anew (design D3)."""

import msgspec

from airhook.control.base import Desk
from airhook.core.deliveries import UNSETTLED_STATES, Delivery, DeliveryState
from airhook.core.errors import NotFoundError, StandingError
from airhook.core.events import TASK_TYPES
from airhook.core.snapshot import Snapshot
from airhook.delivery.signing import unsigned

LIVES_MS = 3_600_000  # at least: a clock that was set back has cut the time of those that waited then


async def resend(desk: Desk, account_id: int | None, delivery_id: int) -> Delivery:
    """Send a delivery that has ended once more; the new one.

    Raises ``NotFoundError``; ``StandingError`` (field ``delivery``) when it has not ended, or its template is gone.
    """
    record = await desk.store.read(lambda view: view.delivery(account_id, delivery_id))
    if record is None:
        raise NotFoundError("delivery", delivery_id)
    if record.delivery.state in UNSETTLED_STATES:
        raise StandingError(
            "delivery",
            f"{delivery_id} is {record.delivery.state.value}: it goes out by itself; "
            "only what is delivered or exhausted can be sent again",
            rule="state",
        )
    why_not = cannot_repeat(record.delivery, desk.config.current)
    if why_not:
        raise StandingError("delivery", why_not, rule="template")
    again = repeat_of(record.delivery, desk.ids(), desk.clock.now_ms())
    await desk.commit(lambda tx: tx.repeat([again]))
    return again


def cannot_repeat(delivery: Delivery, snapshot: Snapshot) -> str | None:
    """Why a delivery cannot be sent again; None: it can. Events of tasks come from no template."""
    if delivery.event_type in TASK_TYPES:
        return None
    template = snapshot.templates.get(delivery.template_id)
    if template is None or template.deleted:
        return (
            f"{delivery.id} was signed with the key of template {delivery.template_id}, which is deleted; "
            "report the event anew to send it by another template"
        )
    return None


def repeat_of(delivery: Delivery, new_id: int, now_ms: int, replay_id: int | None = None) -> Delivery:
    """A fresh delivery of the same body; it may grow as old as the first one."""
    return msgspec.structs.replace(
        delivery,
        id=new_id,
        body=unsigned(delivery.body),
        lane=None,
        state=DeliveryState.PENDING,
        attempts=0,
        created_ms=now_ms,
        due_ms=now_ms,
        hold_until_ms=now_ms,
        expires_ms=now_ms + max(delivery.expires_ms - delivery.created_ms, LIVES_MS),
        repeat_of=delivery.id,
        replay_id=replay_id,
    )
