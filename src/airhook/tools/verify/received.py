"""What receivers wrote down (``airhook listen --json``), to be held against the records."""

import itertools
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from airhook.core.errors import AirhookError
from airhook.tools.verify.records import SQL

BATCH = 10_000  # rows of one insert
MAX_INT64 = 2**63 - 1
DIGITS_MAX = len(str(MAX_INT64))


class _Line(msgspec.Struct):
    """One line of ``listen --json``; what else stands there does not matter here."""

    at: float
    body: msgspec.Raw
    signature: str


class _Body(msgspec.Struct):
    event_type: int
    sequence: str


_lines = msgspec.json.Decoder(_Line)
_bodies = msgspec.json.Decoder(_Body)


def load(raw: sqlite3.Connection, files: Sequence[Path]) -> int:
    """Put starts and stops into the table ``received``; how many. Callbacks with a wrong signature do not count.

    Raises ``AirhookError`` for a file that cannot be read, or whose lines are something else.
    """
    count = 0
    for file in files:
        # Within one file the lines tell the order; the clocks of several tell it as well as they can.
        rows = _rows(file, by_line=len(files) == 1)
        for batch in _batches(rows):
            raw.executemany("INSERT INTO received VALUES (?, ?, ?)", batch)
            count += len(batch)
    raw.execute(SQL["index_received"])
    raw.execute(SQL["index_sequences"])
    return count


def _rows(file: Path, *, by_line: bool) -> Iterator[tuple[int, int, int]]:
    """(sequence, event_type, place) of each start and stop."""
    try:
        with file.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if (callback := _callback(file, number, line)) is not None:
                    at, body = callback
                    yield int(body.sequence), body.event_type, number if by_line else round(at * 1000)
    except OSError as error:
        raise AirhookError(f"--received: {file} cannot be read: {error.strerror}") from None


def _callback(file: Path, number: int, line: bytes) -> tuple[float, _Body] | None:
    try:
        heard = _lines.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        if not line.endswith(b"\n"):
            return None  # the receiver died while it wrote
        raise AirhookError(
            f"--received: {file}, line {number}, is not what airhook listen --json writes"
        ) from None
    try:
        body = _bodies.decode(heard.body)
    except msgspec.DecodeError:
        return None  # some other request
    known = body.event_type in (0, 1) and _is_sequence(body.sequence)
    return (heard.at, body) if known and heard.signature != "bad" else None


def _is_sequence(text: str) -> bool:
    """Anybody may have posted anything to a receiver: Python turns no text of thousands of digits into a number."""
    return text.isdecimal() and len(text) <= DIGITS_MAX and int(text) <= MAX_INT64


def _batches(rows: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(rows)
    while batch := list(itertools.islice(iterator, BATCH)):
        yield batch
