"""One log line for each attempt: failures at info, successes at debug, a block for each turn of the engine."""

import logging
from collections.abc import Iterator, Sequence

import msgspec

from airhook.core.deliveries import Attempt, Outcome
from airhook.observe.blocks import Block, Hide
from airhook.observe.times import iso_ms

log = logging.getLogger("airhook.delivery")

_encoder = msgspec.json.Encoder()


class AttemptLog:
    """Belongs to the engine's thread."""

    def __init__(self) -> None:
        self._failed: list[Outcome] = []
        self._good: list[Outcome] = []

    def add(self, outcome: Outcome) -> None:
        made = outcome.attempt
        if made is not None:
            (self._good if made.error is None else self._failed).append(outcome)

    def flush(self) -> None:
        if self._failed:
            self._failed = _write(logging.INFO, self._failed)
        if self._good:
            self._good = _write(logging.DEBUG, self._good)


def _write(level: int, outcomes: list[Outcome]) -> list[Outcome]:
    if log.isEnabledFor(level):
        log.log(level, AttemptBlock(outcomes))
    return []


class AttemptBlock(Block):
    """Outcomes with an attempt."""

    def __init__(self, outcomes: Sequence[Outcome]) -> None:
        self._outcomes = outcomes

    @property
    def size(self) -> int:
        return len(self._outcomes)

    def sentences(self, hide: Hide) -> Iterator[tuple[int, str]]:
        for outcome, made in self._attempts():
            delivery = outcome.delivery
            yield (
                made.finished_ms,
                f"Delivery {delivery.id} of event {delivery.event_id} (type {delivery.event_type}), attempt {made.n} to "
                f"{hide(_target(delivery.url))}: {made.status or made.error} {_detail(made, hide)} in "
                f"{made.finished_ms - made.started_ms} ms, then {outcome.state}"
                + (f" ({outcome.reason})" if outcome.reason else ""),
            )

    def objects(self, level: str, logger: str, hide: Hide) -> Iterator[bytes]:
        for outcome, made in self._attempts():
            yield _encoder.encode(_line(outcome, made, level, logger, hide))

    def _attempts(self) -> Iterator[tuple[Outcome, Attempt]]:
        return ((one, one.attempt) for one in self._outcomes if one.attempt is not None)


class _Line(msgspec.Struct, omit_defaults=True):
    event: str
    level: str
    logger: str
    timestamp: str
    delivery_id: int
    event_id: str
    event_type: int
    account_id: int
    attempt: int
    url: str
    took_ms: int
    then: str
    status: int | None = None
    error: str | None = None
    detail: str = ""
    remote_addr: str = ""
    due_ms: int | None = None
    reason: str | None = None


def _line(outcome: Outcome, made: Attempt, level: str, logger: str, hide: Hide) -> _Line:
    delivery = outcome.delivery
    return _Line(
        "attempt succeeded" if made.error is None else "attempt failed",
        level,
        logger,
        iso_ms(made.finished_ms),
        delivery.id,
        delivery.event_id,
        delivery.event_type,
        delivery.account_id,
        made.n,
        hide(_target(delivery.url)),
        made.finished_ms - made.started_ms,
        outcome.state,
        made.status,
        made.error,
        _detail(made, hide),
        made.remote_addr,
        outcome.due_ms,
        outcome.reason,
    )


def _target(url: str) -> str:
    """Scheme, host and path. A query may hold secrets under whatever name."""
    return url.partition("#")[0].partition("?")[0]


def _detail(made: Attempt, hide: Hide) -> str:
    """Looking for secrets costs more than the rest of the line, and only a URL could hold one."""
    detail = made.error_detail
    return hide(detail) if "://" in detail or "=" in detail else detail
