"""One attempt by itself, outside lanes, budgets and records: what the console's test button sends.

It goes the way of every callback: signed by the same function, judged by the same policy, sent by the same sender.
"""

from airhook.core.clock import Clock
from airhook.core.deliveries import Attempt, Delivery
from airhook.core.ports import AddressPolicy, TrialAttempt
from airhook.core.snapshot import Snapshot
from airhook.delivery import attempt
from airhook.delivery.aside import Aside
from airhook.delivery.resolver import Lookup, system_lookup
from airhook.delivery.retry import Schedules
from airhook.delivery.single import SinglePost

AT_ONCE = 4


class TrialSender:
    """Fulfils ``core.ports.TrialSender``."""

    def __init__(
        self,
        policy: AddressPolicy,
        clock: Clock,
        schedules: Schedules,
        *,
        proxy: str = "",
        lookup: Lookup = system_lookup,
    ) -> None:
        self._post = SinglePost(policy, clock, proxy=proxy, lookup=lookup)
        self._clock = clock
        self._schedules = schedules
        self._aside = Aside(AT_ONCE, "airhook-trial")

    async def __call__(self, delivery: Delivery, snapshot: Snapshot) -> TrialAttempt:
        return await self._aside.run(lambda: self._send(delivery, snapshot))

    def _send(self, delivery: Delivery, snapshot: Snapshot) -> TrialAttempt:
        prepared = attempt.prepare(delivery, snapshot, self._clock.now_ms())
        timeout_s = self._schedules.of(delivery.event_type).timeout_s
        answer, found = self._post.post(
            delivery.url, prepared.body, prepared.headers, timeout_s, prepared.options
        )
        schedule = self._schedules.of(delivery.event_type, prepared.options)
        now_ms = self._clock.now_ms()
        outcome = attempt.conclude(
            delivery, prepared, answer, schedule, now_ms=now_ms, dns_ms=found.took_ms or None
        )
        made: Attempt | None = outcome.attempt
        assert made is not None
        return TrialAttempt(body=prepared.body, headers=prepared.headers, attempt=made)
