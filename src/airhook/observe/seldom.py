"""Warnings of what may happen thousands of times a second: a log must not grow as fast as callers ask."""

import logging
import time

EVERY_S = 1.0


class Seldom:
    """Tells once a second at most, and then how many were left out."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._told_at = float("-inf")
        self._untold = 0

    def warning(self, what: str) -> None:
        now = time.monotonic()
        if now - self._told_at < EVERY_S:
            self._untold += 1
            return
        self._log.warning("%s%s", what, f" ({self._untold} more since the last line)" if self._untold else "")
        self._told_at, self._untold = now, 0
