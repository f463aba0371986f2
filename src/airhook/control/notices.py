"""What operators are to know, gathered and coalesced: reported on the engine's thread, taken by another.

Each destination has at most one notice of a kind a minute. A destination that fails and recovers within its minute is
told of by where it stands at the end of it.
"""

import threading
from collections import Counter
from collections.abc import Iterator

import msgspec

from airhook.control.losses import Losses
from airhook.core import operations
from airhook.core.clock import Clock
from airhook.core.deliveries import Delivery, ErrorClass, ExhaustReason
from airhook.core.destinations import DestinationKey, HealthState
from airhook.core.facts.notice import Notice
from airhook.delivery.targets import Targets

EVERY_MS = 60_000  # for one destination and kind
MAX_A_MINUTE = 60  # in all


class _Ended(msgspec.Struct, kw_only=True):
    """Exhausted deliveries of one destination since the last notice of them."""

    reasons: Counter[str]
    told_ms: int = 0
    last: Delivery | None = None


class _Standing(msgspec.Struct, kw_only=True):
    """What was told of one destination, and how it is."""

    told_failing: bool
    failing: bool
    since_ms: int
    error: ErrorClass | None = None
    told_ms: int = 0


class Notices:
    """Fulfils ``core.ports.Reports``."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._targets = Targets()  # the engine's thread alone uses it
        self._ended: dict[tuple[int, str], _Ended] = {}
        self._standings: dict[DestinationKey, _Standing] = {}
        self._losses = Losses()
        self._plain: list[Notice] = []  # told once each, as they come
        self._backlog_since_ms: int | None = None  # it is old since then
        self._minute_ms = 0
        self._told_in_minute = 0

    # --- core.ports.Reports ---

    def exhausted(self, delivery: Delivery, reason: ExhaustReason) -> None:
        if delivery.account_id == operations.ACCOUNT:
            return
        try:
            origin = self._targets.key(delivery).origin
        except ValueError:  # such a URL is why it was exhausted
            origin = delivery.url
        with self._lock:
            ended = self._ended.get((delivery.account_id, origin))
            if ended is None:
                ended = self._ended[delivery.account_id, origin] = _Ended(reasons=Counter())
            ended.reasons[reason.value] += 1
            ended.last = delivery
            if origin != delivery.url:  # nothing can ever be sent to what is no URL
                self._losses.add(origin, delivery, reason, self._clock.now_ms())

    def destination_changed(
        self, key: DestinationKey, state: HealthState, was: HealthState, error: ErrorClass | None
    ) -> None:
        if key.account_id == operations.ACCOUNT:
            return
        failing, before = state is HealthState.FAILING, was is HealthState.FAILING
        with self._lock:
            standing = self._standings.get(key)
            if standing is None:
                if failing == before:
                    return
                # What failed before a restart was told of before it.
                standing = _Standing(told_failing=before, failing=before, since_ms=0)
                self._standings[key] = standing
            if failing != standing.failing:
                standing.since_ms = self._clock.now_ms()
            standing.failing, standing.error = failing, error

    # --- the other side ---

    def backlog(self, age_ms: int, limit_ms: int) -> None:
        """How long the oldest delivery has been due."""
        now_ms = self._clock.now_ms()
        data = {"oldest_due_s": age_ms // 1000, "limit_s": limit_ms // 1000}
        if self._backlog_since_ms is None and age_ms > limit_ms:
            self._backlog_since_ms = now_ms
            self._plain.append(Notice(type="backlog_old", at_ms=now_ms, data=data))
        elif self._backlog_since_ms is not None and age_ms <= limit_ms:
            data["lasted_s"] = (now_ms - self._backlog_since_ms) // 1000
            self._backlog_since_ms = None
            self._plain.append(Notice(type="backlog_recovered", at_ms=now_ms, data=data))

    def tell(self, kind: str, data: dict[str, object]) -> None:
        """Something that its teller tells once, such as a disk that is nearly full. On the event loop."""
        self._plain.append(Notice(type=kind, at_ms=self._clock.now_ms(), data=data))

    def take(self, *, everything: bool = False) -> list[Notice]:
        """What is to be told now; ``everything``: without waiting for anybody's minute."""
        now_ms = self._clock.now_ms()
        if not 0 <= now_ms - self._minute_ms < EVERY_MS:
            self._minute_ms, self._told_in_minute = now_ms, 0
        taken: list[Notice] = []
        with self._lock:
            for notice in self._due(now_ms, everything=everything):
                taken.append(notice)
                self._told_in_minute += 1
                if self._told_in_minute >= MAX_A_MINUTE and not everything:
                    break
            self._forget(now_ms)
        return taken

    def _due(self, now_ms: int, *, everything: bool) -> Iterator[Notice]:
        if self._told_in_minute >= MAX_A_MINUTE and not everything:
            return
        while self._plain:
            yield self._plain.pop(0)
        for key, standing in self._standings.items():
            if standing.failing != standing.told_failing and (everything or _may(standing.told_ms, now_ms)):
                standing.told_failing, standing.told_ms = standing.failing, now_ms
                yield _changed(key, standing)
        for (account_id, origin), ended in self._ended.items():
            if ended.last is not None and (everything or _may(ended.told_ms, now_ms)):
                notice = _exhausted(account_id, origin, ended, ended.last, now_ms)
                ended.reasons, ended.last, ended.told_ms = Counter(), None, now_ms
                yield notice
        yield from self._losses.over(now_ms, everything=everything)

    def _forget(self, now_ms: int) -> None:
        """Only what is untold, failing, or within its minute needs to be remembered."""
        self._ended = {
            key: one
            for key, one in self._ended.items()
            if one.last is not None or not _may(one.told_ms, now_ms)
        }
        self._standings = {
            key: one
            for key, one in self._standings.items()
            if one.failing or one.told_failing or not _may(one.told_ms, now_ms)
        }


def _may(told_ms: int, now_ms: int) -> bool:
    return not 0 <= now_ms - told_ms < EVERY_MS  # nor shall a clock that was set back silence anything


def _changed(key: DestinationKey, standing: _Standing) -> Notice:
    kind = "destination_failing" if standing.failing else "destination_recovered"
    data: dict[str, object] = {"account_id": str(key.account_id), "destination": key.origin}
    if standing.failing:
        data["error"] = standing.error.value if standing.error else None
    return Notice(type=kind, at_ms=standing.since_ms, data=data)


def _exhausted(account_id: int, origin: str, ended: _Ended, last: Delivery, now_ms: int) -> Notice:
    data = {
        "account_id": str(account_id),
        "destination": origin,
        "count": ended.reasons.total(),
        "reasons": dict(ended.reasons),
        "last": {
            "delivery_id": str(last.id),
            "event_id": last.event_id,
            "event_type": last.event_type,
            "domain": last.domain,
            "app": last.app,
            "stream": last.stream,
        },
    }
    return Notice(type="delivery_exhausted", at_ms=now_ms, data=data)
