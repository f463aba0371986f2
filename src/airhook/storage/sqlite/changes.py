"""Whether a database was written since the last look: what SQLite tells in microseconds, so that rest costs nothing.

https://www.sqlite.org/pragma.html#pragma_data_version
"""

import sqlite3


class Changes:
    """Belongs to a connection and its thread; what the connection itself has written counts, too."""

    def __init__(self, raw: sqlite3.Connection) -> None:
        self._raw = raw
        self._seen: tuple[int, int] | None = None

    def since_last(self) -> bool:
        """True at the first look. Whoever reads after it finds at least what made it true."""
        [(others,)] = self._raw.execute("PRAGMA data_version")
        now = (int(others), self._raw.total_changes)
        changed, self._seen = now != self._seen, now
        return changed
