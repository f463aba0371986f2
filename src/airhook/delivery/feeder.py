"""The database is asked beside the sending thread, one question at a time (reads may take 100 ms)."""

import functools
import queue
import threading
from collections.abc import Callable
from typing import TypeVar

from airhook.delivery.mailbox import Mailbox

T = TypeVar("T")


class Feeder:
    """Belongs to the engine's thread: ``ask`` is called there, and answers are told there."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._questions: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="airhook-due", daemon=True)
        self.asked = False

    def start(self) -> None:
        self._thread.start()

    def ask(self, question: Callable[[], T], told: Callable[[T | Exception], None]) -> None:
        """``told`` hears the answer, or what ``question`` raised."""
        self.asked = True
        self._questions.put(functools.partial(self._answer, question, told))

    def stop(self) -> None:
        self._questions.put(None)
        self._thread.join(5)

    def _run(self) -> None:
        while (ask := self._questions.get()) is not None:
            ask()

    def _answer(self, question: Callable[[], T], told: Callable[[T | Exception], None]) -> None:
        answer: T | Exception
        try:
            answer = question()
        except Exception as error:
            answer = error
        self._mailbox.put(functools.partial(self._tell, told, answer))

    def _tell(self, told: Callable[[T | Exception], None], answer: T | Exception) -> None:
        self.asked = False
        told(answer)
