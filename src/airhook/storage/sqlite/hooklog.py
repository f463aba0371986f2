"""Requests of media servers: fresh ones are in the live database, where they may still change; then in the day's log."""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from airhook.core.hooks import HookRecord
from airhook.storage.sqlite.logreader import LogReader
from airhook.storage.sqlite.logs import DayLogs, LogRows
from airhook.storage.sqlite.queries import HOOK, keys, load
from airhook.storage.sqlite.transaction import transaction

FRESH_MS = 60_000

_SQL = load(Path(__file__).with_name("hooks.sql"))


def move(raw: sqlite3.Connection, logs: DayLogs, now_ms: int, limit: int) -> int:
    """Move what is finished and not fresh into the log, which commits first; how many."""
    with transaction(raw):
        rows = raw.execute(_SQL["finished_hooks"], (now_ms - FRESH_MS, limit)).fetchall()
        if rows:
            raw.execute(_SQL["delete_hooks"], (keys([row[:2] for row in rows]),))
            logs.write(now_ms, LogRows(hooks=rows))
    return len(rows)


def of_session(
    fresh: Callable[[int], list[HookRecord]], logs: LogReader, session_id: int
) -> list[HookRecord]:
    """Oldest first. The live database is read first: what is moved meanwhile is in the log then."""
    found = {hook.id: hook for hook in fresh(session_id)}
    for row in logs.since(session_id, _SQL["hooks_of"], (session_id,)):
        found.setdefault(row[1], _hook(row))
    return [found[one] for one in sorted(found)]


def _hook(row: Sequence[Any]) -> HookRecord:
    return msgspec.convert(dict(zip(HOOK, row, strict=True)), HookRecord)
