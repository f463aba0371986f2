"""Whether the process is alive, and whether it may get traffic."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator

import pytest
from starlette.routing import Router

from airhook.web import health
from support.http_server import Browser, serve


@contextlib.contextmanager
def node(ready: Callable[[], Awaitable[list[str]]]) -> Iterator[Browser]:
    with serve(Router(health.health_routes(ready))) as address:
        yield Browser(address)


async def is_ready() -> list[str]:
    return []


async def waits() -> list[str]:
    return ["store: cannot commit", "ingest: not listening"]


async def hangs() -> list[str]:
    await asyncio.Event().wait()
    return []


async def fails() -> list[str]:
    raise RuntimeError("the cause")


@pytest.mark.parametrize(
    ("ready", "status", "body"),
    [
        pytest.param(is_ready, 200, {"status": "ready"}, id="ready"),
        pytest.param(
            waits,
            503,
            {"status": "not ready", "waiting_for": ["store: cannot commit", "ingest: not listening"]},
            id="it says what it waits for",
        ),
        pytest.param(
            hangs,
            503,
            {"status": "not ready", "waiting_for": ["checks: no answer within 0.05 s"]},
            id="checks that hang are not ready",
        ),
        pytest.param(
            fails,
            503,
            {"status": "not ready", "waiting_for": ["checks: failed; see the server's log"]},
            id="checks that fail are not ready, and their cause is for the log",
        ),
    ],
)
def test_readiness(
    monkeypatch: pytest.MonkeyPatch,
    ready: Callable[[], Awaitable[list[str]]],
    status: int,
    body: dict[str, object],
) -> None:
    monkeypatch.setattr(health, "READY_WITHIN_S", 0.05)
    with node(ready) as browser:
        answer = browser.get("/readyz")
        assert (answer.status, answer.json()) == (status, body)
        assert answer.headers["cache-control"] == "no-store"
        assert browser.get("/healthz").json() == {"status": "alive"}  # whatever it waits for
