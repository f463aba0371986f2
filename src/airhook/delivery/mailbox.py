"""Work handed to a thread from others: a queue whose owner sleeps on a file descriptor."""

import contextlib
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator


class Mailbox:
    """Other threads ``put`` calls; the owner waits for ``fd`` to become readable and runs what ``take`` gives."""

    def __init__(self) -> None:
        self.fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._calls: deque[Callable[[], object]] = deque()
        self._rung = False
        self._closed = False
        self._ringing = threading.Lock()

    def put(self, call: Callable[[], object]) -> None:
        self._calls.append(call)
        self.wake()

    def wake(self) -> None:
        # One write is enough until the owner has looked; the flag is read after the append, and cleared before the
        # owner empties the queue, so nothing stays behind.
        if self._rung:
            return
        with self._ringing:
            if not self._closed:
                self._rung = True
                os.eventfd_write(self.fd, 1)

    def take(self) -> Iterator[Callable[[], object]]:
        """What was put up to now."""
        if self._rung:
            with contextlib.suppress(BlockingIOError):
                os.eventfd_read(self.fd)
            self._rung = False
        for _ in range(len(self._calls)):
            yield self._calls.popleft()

    def close(self) -> None:
        with self._ringing:  # a number that is closed may be another file's by the next moment
            if not self._closed:
                self._closed = True
                os.close(self.fd)
