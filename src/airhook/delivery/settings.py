"""What may be set of the delivery engine."""

import msgspec

from airhook.delivery.retry import Schedules


class EngineSettings(msgspec.Struct, frozen=True, kw_only=True):
    schedules: Schedules = msgspec.field(default_factory=Schedules)
    open_max: int = 1024  # requests under way
    memory_max: int = 50_000  # deliveries in hand
    unsettled_max: int = 4096  # attempts sent whose outcome is not committed
    proxy: str = ""  # of all requests; "" sends directly
