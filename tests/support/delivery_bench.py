"""A delivery engine with its store in memory, its clock and its configuration, for tests."""

import itertools
import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import msgspec

from airhook.core.deliveries import Attempt, Delivery, DeliveryState, Outcome
from airhook.core.ports import Reports
from airhook.core.snapshot import ConfigHolder, Snapshot
from airhook.core.templates import CallbackTemplate
from airhook.delivery.addresses import TargetPolicy
from airhook.delivery.engine import DeliveryEngine, EngineSettings
from support.memory_store import MemoryStore
from support.moved_clock import MovedClock

KEY = "Kx7Pq2Lm9TzR4vBnW8"
LOCAL = TargetPolicy(["127.0.0.0/8"])
MINUTE_S = 60  # between two attempts, usually
DAY_MS = 24 * 3600_000


class Bench:
    """An engine with its store, clock and configuration."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.clock = MovedClock()
        template = CallbackTemplate(id=1, account_id=1, name="t", callback_key=KEY)
        self.holder = ConfigHolder(Snapshot(templates={1: template}))
        self.ids = itertools.count(1)
        self.hosts: dict[str, list[str]] = {}
        self.names_over = threading.Event()
        self.engine: DeliveryEngine | None = None

    def start(
        self, policy: TargetPolicy = LOCAL, reports: Reports | None = None, **settings: Any
    ) -> DeliveryEngine:
        self.engine = DeliveryEngine(
            self.store, self.holder, self.clock, policy, EngineSettings(**settings), self.lookup, reports
        )
        self.store.told = self.engine.offer
        self.engine.start()
        return self.engine

    def stop(self, grace_s: float = 0) -> None:
        if self.engine is not None:
            self.engine.stop(grace_s)
            self.engine = None
            self.store.told = lambda _: None

    def lookup(self, host: str) -> list[str]:
        if host.startswith("hanging"):
            self.names_over.wait(20)
        if host not in self.hosts:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return self.hosts[host]

    def make(self, url: str, *, event_type: int = 1, lane: str | None = None, **fields: Any) -> Delivery:
        number = next(self.ids)
        now = self.clock.now_ms()
        body = json.dumps({"event_type": event_type, "n": number}, separators=(",", ":"), sort_keys=True)
        made = Delivery(
            id=number, event_id=f"e{number}", account_id=1, event_type=event_type, domain="d", app="a", stream="s",
            template_id=1, url=url, body=body.encode(), lane=lane, shard=0, state=DeliveryState.PENDING,
            created_ms=now, due_ms=now, hold_until_ms=now + 16 * 60_000, expires_ms=now + DAY_MS,
        )  # fmt: skip
        return msgspec.structs.replace(made, **fields)

    def accept(self, url: str, count: int = 1, **fields: Any) -> list[int]:
        made = [self.make(url, **fields) for _ in range(count)]
        self.store.accept(made)
        return [one.id for one in made]

    def later(self, seconds: float) -> None:
        self.clock.advance(seconds)
        assert self.engine is not None
        self.engine.wake()

    def change_template(self, **fields: Any) -> None:
        template = msgspec.structs.replace(self.holder.current.templates[1], **fields)
        self.holder.current = Snapshot(templates={1: template})


def last(outcome: Outcome) -> Attempt:
    """The attempt that a delivery ended with."""
    assert outcome.attempt is not None
    return outcome.attempt


def eventually(true: Callable[[], bool], timeout_s: float = 10) -> None:
    until = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < until, f"not within {timeout_s} s"
        time.sleep(0.01)
