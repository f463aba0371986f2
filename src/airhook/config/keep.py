"""Settings of how long things are kept."""

from typing import Annotated

import msgspec

from airhook.config import kinds
from airhook.config.setting import Setting


class Keep(msgspec.Struct, frozen=True, kw_only=True):
    """How long the log of callbacks is kept (events, deliveries, attempts and their answers), and other records."""

    log_days: Annotated[
        int,
        Setting(
            "UTC days before today whose log is kept; searches, traces and replays reach so far back. Pushes that are "
            "over are remembered as long, and for 62 days at least.",
            kinds.whole(1, 3650),
        ),
    ] = 30
    log_max_mb: Annotated[
        int,
        Setting(
            "Size of all days together, in MB; above it the oldest day goes. Today and yesterday always stay. "
            "0: as large as `keep.log_days` makes it.",
            kinds.whole(0, 1_000_000_000),
        ),
    ] = 0
    audit_days: Annotated[
        int,
        Setting(
            "Days for which the audit log tells who changed what.",
            kinds.whole(1, 3650),
        ),
    ] = 400
