"""``airhook listen``: receive until Ctrl-C, or until ``count`` callbacks are answered."""

import asyncio
import os
import sys
from collections.abc import Mapping

import msgspec

from airhook.tools.listen.server import Answers, Callback, Listener
from airhook.tools.listen.show import line
from airhook.tools.stopping import asked_to_stop, first_of
from airhook.tools.terminal import Paint


def run(host: str, port: int, *, key: str | None, answers: Answers, as_json: bool, count: int | None) -> None:
    """Raises ``AirhookError`` when the port cannot be had."""
    asyncio.run(_run(host, port, key, answers, as_json=as_json, count=count))


async def _run(
    host: str, port: int, key: str | None, answers: Answers, *, as_json: bool, count: int | None
) -> None:
    async with asked_to_stop() as asked:
        paint = Paint()

        def show(callback: Callback) -> None:
            try:
                print(as_line(callback, paint, as_json=as_json), flush=True)
            except BrokenPipeError:
                # Whoever read us is gone; nothing more is written, not even at the end.
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                asked.set()

        async with Listener(host, port, key=key, answers=answers, on_callback=show) as listener:
            if not as_json:
                print(f"Listening on {listener.url} (Ctrl-C stops)", flush=True)
            await (first_of(listener.wait_for(count), asked) if count else asked.wait())
        if not as_json:
            print(summary(listener.counts), flush=True)


def as_line(callback: Callback, paint: Paint, *, as_json: bool) -> str:
    return msgspec.json.encode(callback.record()).decode() if as_json else line(callback, paint)


def summary(counts: Mapping[str, int]) -> str:
    """How many came, and how their signatures were."""
    total = sum(counts.values())
    parts = ", ".join(f"{counts[kind]} {kind}" for kind in ("ok", "bad", "none") if counts.get(kind))
    return f"{total} {'callback' if total == 1 else 'callbacks'}" + (
        f" (signature: {parts})" if parts else ""
    )
