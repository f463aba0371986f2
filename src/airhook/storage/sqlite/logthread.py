"""A thread that commits to the day's log, so that the writer can go on with its transaction meanwhile.

The two take turns with ``DayLogs``: between ``begin`` and ``end`` it is this thread's, and the writer leaves it alone.
"""

import threading
from collections.abc import Callable
from queue import SimpleQueue

from airhook.storage.sqlite.logs import DayLogs, LogRows


class LogThread:
    """``begin``, ``end``, and so on: one commit at a time. ``told`` hears on this thread that one is over."""

    def __init__(self, logs: DayLogs, told: Callable[[], None]) -> None:
        self._logs = logs
        self._told = told
        self._begun = False
        self._wanted: SimpleQueue[tuple[int, LogRows] | None] = SimpleQueue()
        self._done: SimpleQueue[Exception | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="airhook-log", daemon=True)
        self._thread.start()

    def begin(self, now_ms: int, rows: LogRows) -> None:
        """Start the commit of ``rows``."""
        self._begun = True
        self._wanted.put((now_ms, rows))

    def busy(self) -> bool:
        """Whether ``end`` would have to wait."""
        return self._begun and self._done.empty()

    def end(self) -> None:
        """Wait for it. Raises what ``DayLogs.write`` raises."""
        error = self._done.get()
        self._begun = False
        if error is not None:
            raise error

    def close(self) -> None:
        self._wanted.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (wanted := self._wanted.get()) is not None:
            try:
                self._logs.write(*wanted)
            except Exception as error:
                self._done.put(error)
            else:
                self._done.put(None)
            self._told()
