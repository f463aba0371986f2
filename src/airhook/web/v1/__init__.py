"""``/v1``: what Airhook offers beyond CSS, by bearer keys.

An operation is a function of a ``Call`` and stands in the list ``OPERATIONS`` of its module; routing, bearer keys, errors and
the OpenAPI document are made of these lists (``operations``). ``POST /v1/events`` alone is apart (``web.events``): it takes
thousands of calls a second.
"""

from starlette.routing import Route

from airhook.control.base import Desk
from airhook.control.bearer import KeyRing
from airhook.web.v1 import (
    configuration,
    deliveries,
    destinations,
    operations,
    replays,
    snapshot_templates,
    template_options,
    traces,
)
from airhook.web.v1.calls import CallLimit

OPERATIONS = (
    *deliveries.OPERATIONS,
    *traces.OPERATIONS,
    *replays.OPERATIONS,
    *configuration.OPERATIONS,
    *template_options.OPERATIONS,
    *snapshot_templates.OPERATIONS,
    *destinations.OPERATIONS,
)


def routes(desk: Desk, keys: KeyRing, limit: CallLimit | None = None) -> list[Route]:
    """One for each path. ``limit`` is that of all together."""
    return operations.routes(OPERATIONS, desk, keys, limit)
