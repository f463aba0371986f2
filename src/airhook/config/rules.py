"""Settings of callback rules."""

from typing import Annotated

import msgspec

from airhook.config import kinds
from airhook.config.setting import Setting


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """When changes of callback rules and templates count."""

    delay_s: Annotated[
        float,
        Setting(
            "Events are planned by the callback rules and templates as they were so long ago, to imitate the 5 to 10 minutes "
            "that CSS needs; 0: a change counts within a second. A start of the server ends the wait.",
            kinds.seconds(0, 3600),
        ),
    ] = 0.0
