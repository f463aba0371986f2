"""Settings of the two APIs."""

from typing import Annotated

import msgspec

from airhook.config import kinds
from airhook.config.setting import Setting


class Api(msgspec.Struct, frozen=True, kw_only=True):
    """The cloud API."""

    rate_limit: Annotated[
        int,
        Setting(
            "Calls a second that a key may make of an action for which CSS documents no other limit; 0: no limit.",
            kinds.whole(0, 1_000_000),
        ),
    ] = 20
    rate_limits: Annotated[
        dict[str, int],
        Setting(
            "Calls a second of single actions, instead of those of CSS; 0: no limit.",
            kinds.RATES,
            "as CSS: docs/api.md",
        ),
    ] = msgspec.field(default_factory=dict)


class V1(msgspec.Struct, frozen=True, kw_only=True):
    """The API of Airhook's own, `/v1`."""

    rate_limit: Annotated[
        int,
        Setting(
            "Calls a second that a key may make of `/v1`, events aside; 0: no limit.",
            kinds.whole(0, 1_000_000),
        ),
    ] = 200
    events_rate_limit: Annotated[
        int,
        Setting(
            "Calls of `POST /v1/events` a second that a key may make, of up to 100 events each; 0: no limit.",
            kinds.whole(0, 1_000_000),
        ),
    ] = 10_000
