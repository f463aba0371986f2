"""Every operation of ``/v1``."""

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
