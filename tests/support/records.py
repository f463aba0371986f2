"""What a server's own log says of its deliveries."""

import sqlite3

from support.server import AirhookServer


def outcomes(server: AirhookServer) -> dict[str, tuple[int | None, str | None]]:
    """(status, error) of the only attempt at each URL."""
    found = {}
    for path in (server.folder / "data" / "logs").glob("*.db"):
        raw = sqlite3.connect(path)
        rows = raw.execute("SELECT url, status, error FROM delivery_log JOIN attempt_log ON delivery_id = id")
        found.update({url: (status, error) for url, status, error in rows})
        raw.close()
    return found
