"""What a server's own log says of its deliveries."""

import sqlite3
from typing import Any

from support.server import AirhookServer


def outcomes(server: AirhookServer) -> dict[str, tuple[int | None, str | None]]:
    """(status, error) of the only attempt at each URL."""
    return {url: (status, error) for url, status, error in _attempts(server, "status, error")}


def ended_at(server: AirhookServer) -> dict[str, float]:
    """When the only attempt at each URL was over, in UNIX seconds."""
    return {url: finished_ms / 1000 for url, finished_ms in _attempts(server, "finished_ms")}


def ended(server: AirhookServer) -> list[str]:
    """How each delivery ended, in order of their ids."""
    return [state for _, state in sorted(_rows(server, "SELECT id, state FROM delivery_log"))]


def _attempts(server: AirhookServer, columns: str) -> list[Any]:
    return _rows(server, f"SELECT url, {columns} FROM delivery_log JOIN attempt_log ON delivery_id = id")


def _rows(server: AirhookServer, sql: str) -> list[Any]:
    found: list[Any] = []
    for path in (server.folder / "data" / "logs").glob("*.db"):
        raw = sqlite3.connect(path)
        found += raw.execute(sql)
        raw.close()
    return found
