"""Settings of the cloud API."""

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
