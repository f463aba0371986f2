"""From an event to its deliveries: which template serves the stream, which URL hears of it, what it is told.

Events of tasks go to the URL that their task names, whatever template serves the stream (contract 1.5).
"""

from collections.abc import Callable
from typing import Any

import msgspec

from airhook.core.deliveries import Delivery, DeliveryState, lane_key, shard_of
from airhook.core.delivery_options import DeliveryOptions
from airhook.core.events import ORDERED_TYPES, Event
from airhook.core.facts.record import RecordException
from airhook.core.facts.task import Monitor, Relay
from airhook.core.snapshot import Snapshot
from airhook.core.templates import CallbackTemplate
from airhook.delivery.retry import max_age_ms

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS

NO_TEMPLATE = 0
"""``template_id`` of deliveries that no template planned."""

_encoder = msgspec.json.Encoder(order="sorted")


class PlanSettings(msgspec.Struct, frozen=True, kw_only=True):
    order_hold_ms: int = 16 * MINUTE_MS
    """How long a stream's stop waits for its start: a little more than the start's whole schedule takes."""
    max_age_ms: int = 24 * HOUR_MS
    """A delivery that is older is given up, unless its template has a schedule of its own that takes longer."""


class Planner:
    """Fulfils ``core.ports.EventPlanner``.

    ``render`` gives an event's body as a dictionary, by the options of its template (``dialects.css.render``). The
    stored body is compact JSON in UTF-8 with sorted keys and without ``t`` and ``sign``: those belong to each attempt
    (design D8).
    """

    def __init__(
        self,
        ids: Callable[[], int],
        render: Callable[[Event, DeliveryOptions | None], dict[str, Any]],
        settings: PlanSettings | None = None,
    ) -> None:
        self._ids = ids
        self._render = render
        self._settings = settings or PlanSettings()

    def __call__(self, event: Event, snapshot: Snapshot) -> list[Delivery]:
        if isinstance(event.facts, Relay | Monitor):
            age_ms = self._settings.max_age_ms
            return [self._delivery(event, event.facts.callback_url, None, age_ms, ordered=False)]
        template = snapshot.template_for(event.domain, event.app)
        url = template.urls.get(event.event_type) if template else None
        if template is None or not url or not _is_wanted(event, template):
            return []
        ordered = template.ordered and event.event_type in ORDERED_TYPES
        age_ms = max_age_ms(template.options, self._settings.max_age_ms)
        return [self._delivery(event, url, template, age_ms, ordered=ordered)]

    def _delivery(
        self, event: Event, url: str, template: CallbackTemplate | None, age_ms: int, *, ordered: bool
    ) -> Delivery:
        stream = (event.account_id, event.domain, event.app, event.stream)
        return Delivery(
            id=self._ids(),
            event_id=event.id,
            account_id=event.account_id,
            event_type=event.event_type,
            domain=event.domain,
            app=event.app,
            stream=event.stream,
            template_id=template.id if template else NO_TEMPLATE,
            url=url,
            body=_encoder.encode(self._render(event, template.options if template else None)),
            lane=lane_key(*stream) if ordered else None,
            shard=shard_of(*stream),
            state=DeliveryState.PENDING,
            created_ms=event.accepted_ms,
            due_ms=event.accepted_ms,
            hold_until_ms=event.accepted_ms + self._settings.order_hold_ms,
            expires_ms=event.accepted_ms + age_ms,
        )


def _is_wanted(event: Event, template: CallbackTemplate) -> bool:
    """A template chooses which levels of recording exceptions it hears of (contract 2.9)."""
    facts = event.facts
    return not isinstance(facts, RecordException) or facts.exception_level in template.record_exception_levels
