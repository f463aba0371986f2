"""Facts of an operational event: something that operators should know, about Airhook itself and not about a stream."""

from typing import Any

from airhook.core.facts.base import Fact, Milliseconds, Text


class Notice(Fact, frozen=True, kw_only=True, tag="notice"):
    """Told to the operators' own URL (``operations.url``), never to an account's template."""

    type: Text  # destination_failing, ...
    at_ms: Milliseconds
    data: dict[str, Any]
