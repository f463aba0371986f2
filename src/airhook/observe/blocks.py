"""Many log lines in one record: for what happens ten thousand times a second.

A record for each would cost more than what it tells of. A ``Block`` is the message of one record; ``observe.log``
writes a line for each of its entries, elsewhere it reads as their sentences.
"""

from collections.abc import Callable, Iterator

Hide = Callable[[str], str]


class Block:
    """``size`` entries, rendered later and on another thread: what they refer to must not change."""

    @property
    def size(self) -> int:
        raise NotImplementedError

    def sentences(self, hide: Hide) -> Iterator[tuple[int, str]]:
        """Each entry's time (milliseconds since the UNIX epoch) and text; ``hide`` cuts secrets out of a text."""
        raise NotImplementedError

    def objects(self, level: str, logger: str, hide: Hide) -> Iterator[bytes]:
        """Each entry as a JSON object with ``event``, ``level``, ``logger``, ``timestamp`` and its fields."""
        raise NotImplementedError

    def __str__(self) -> str:
        return "\n".join(text for _, text in self.sentences(lambda text: text))
