"""A log handler whose callers only put records in line: a thread of its own renders and writes them, in blocks.

Bounded: when nobody takes what is written, the newest lines are dropped and counted, and the count is told as soon as
there is room. Nothing is lost at an orderly exit. What is a warning or worse is written at once, the rest within
``GATHER_S``; idle, it costs nothing.
"""

import logging
import threading
from collections import deque
from typing import TextIO

from airhook.observe.blocks import Block

CAPACITY = 10_000  # lines
GATHER_S = 0.1
CHUNK = 100  # lines rendered before they are written: other threads want the interpreter, too
CLOSE_WITHIN_S = 5.0

Taken = tuple[list[logging.LogRecord], int]


class BackgroundHandler(logging.Handler):
    def __init__(self, out: TextIO, capacity: int = CAPACITY) -> None:
        super().__init__()
        self.dropped = 0  # lines, since the start
        self._out = out
        self._capacity = capacity
        self._records: deque[logging.LogRecord] = deque()
        self._lines = 0  # in line
        self._untold = 0  # dropped lines that the log does not tell of yet
        self._wanted = threading.Event()  # something is in line, or it is over
        self._hurry = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self._closing = False
        # Not the handler's own lock: ``logging.shutdown`` holds that while it waits for ``flush``.
        self._counting = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="airhook-log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        if record.args:  # what they refer to may change before they are rendered
            record.msg, record.args = _message(record), None
        if self._put(record, _size(record)) and record.levelno >= logging.WARNING:
            self._hurry.set()

    def _put(self, record: logging.LogRecord, size: int) -> bool:
        with self._counting:
            if self._closing or self._lines + size > self._capacity:
                self.dropped += size
                self._untold += size
                return False
            self._lines += size
            self._records.append(record)
            if not self._wanted.is_set():
                self._idle.clear()
                self._wanted.set()
            return True

    def flush(self) -> None:
        """Wait until everything is written that was logged up to now, for a few seconds at most."""
        self._hurry.set()
        self._idle.wait(CLOSE_WITHIN_S)

    def close(self) -> None:
        with self._counting:
            self._closing = True
            self._hurry.set()
            self._wanted.set()
        self._thread.join(CLOSE_WITHIN_S)
        super().close()

    def _run(self) -> None:
        while not self._closing:
            self._wanted.wait()
            self._hurry.wait(GATHER_S)
            self._hurry.clear()
            self._write_all()
            self._rest()
        self._write_all()
        self._idle.set()

    def _rest(self) -> None:
        with self._counting:
            if not self._records and not self._closing:
                self._wanted.clear()
                self._idle.set()

    def _write_all(self) -> None:
        while self._records or self._untold:
            records, lines = self._take()
            self._write(records)
            with self._counting:
                self._lines -= lines

    def _take(self) -> Taken:
        records: list[logging.LogRecord] = []
        lines = 0
        while self._records and lines < CHUNK:
            records.append(self._records.popleft())
            lines += _size(records[-1])
        with self._counting:
            untold, self._untold = self._untold, 0
        if untold:
            records.append(_told_of_dropped(untold))
        return records, lines

    def _write(self, records: list[logging.LogRecord]) -> None:
        try:
            self._out.write("".join(f"{self.format(record)}\n" for record in records))
            self._out.flush()
        except (OSError, ValueError):  # nobody reads any more, or it is closed: where should that be told?
            self.dropped += sum(map(_size, records))
        except Exception:
            for record in records:
                self.handleError(record)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception as error:  # a line that its values do not fit must not stop whoever logs it
        return f"{record.msg} (its values do not fit: {error})"


def _size(record: logging.LogRecord) -> int:
    return record.msg.size if isinstance(record.msg, Block) else 1


def _told_of_dropped(lines: int) -> logging.LogRecord:
    return logging.makeLogRecord(
        {
            "name": "airhook.log",
            "levelno": logging.WARNING,
            "levelname": "WARNING",
            "msg": f"{lines} log lines were dropped here: they came faster than they could be written",
            "lines": lines,
        }
    )
