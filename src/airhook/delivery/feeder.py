"""What is due in the database, fetched beside the sending thread (reads may take 100 ms)."""

import functools
import queue
import threading
from collections.abc import Callable

import msgspec

from airhook.core.deliveries import Delivery
from airhook.core.ports import DeliveryStore
from airhook.delivery.mailbox import Mailbox


class Fed(msgspec.Struct, frozen=True, kw_only=True):
    """``more``: the limit cut the list. ``next_due_ms``: when the next waiting or held one is due."""

    deliveries: list[Delivery]
    more: bool
    next_due_ms: int | None


class Feeder:
    """``ask`` and ``fed`` are called on the engine's thread, one question at a time."""

    def __init__(
        self, store: DeliveryStore, mailbox: Mailbox, fed: Callable[[Fed | Exception], None]
    ) -> None:
        self._store = store
        self._mailbox = mailbox
        self._fed = fed
        self._questions: queue.SimpleQueue[tuple[int, int] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="airhook-due", daemon=True)
        self.asked = False

    def start(self) -> None:
        self._thread.start()

    def ask(self, now_ms: int, limit: int) -> None:
        self.asked = True
        self._questions.put((now_ms, limit))

    def stop(self) -> None:
        self._questions.put(None)
        self._thread.join(5)

    def _run(self) -> None:
        while (question := self._questions.get()) is not None:
            self._mailbox.put(functools.partial(self._answered, self._fetch(*question)))

    def _fetch(self, now_ms: int, limit: int) -> Fed | Exception:
        try:
            due = self._store.due(now_ms, limit)
            return Fed(deliveries=due, more=len(due) >= limit, next_due_ms=self._store.next_due())
        except Exception as error:
            return error

    def _answered(self, answer: Fed | Exception) -> None:
        self.asked = False
        self._fed(answer)
