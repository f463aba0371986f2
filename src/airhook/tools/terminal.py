"""How commands show things: colours only where they can be seen, aligned tables, lengths of time in words."""

import os
import re
import sys
from collections.abc import Sequence
from typing import TextIO

_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}
_CODES = re.compile(r"\x1b\[[0-9;]*m")


class Paint:
    """Colours for one stream: on a terminal only, never with ``NO_COLOR`` (https://no-color.org)."""

    def __init__(self, stream: TextIO | None = None) -> None:
        shown_on = stream or sys.stdout
        self.on = shown_on.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    def __call__(self, style: str, text: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self.on else text


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns under their headings, aligned, two spaces apart."""
    cells = [list(head), *([clean(str(cell)) for cell in row] for row in rows)]
    widths = [max(len(line[at]) for line in cells) for at in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in cells]
    return "\n".join(line.rstrip() for line in lines)


def pad(text: str, width: int) -> str:
    """``text`` filled up to ``width`` columns, colour codes not counted."""
    return text + " " * max(0, width - len(_CODES.sub("", text)))


def clean(text: str) -> str:
    """Text from elsewhere, without anything that could steer the terminal."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def duration(ms: int) -> str:
    """A length of time in words: ``0.8 s``, ``8.2 s``, ``1 min 5 s``, ``2 h 3 min``."""
    if ms < 60_000:
        return f"{ms // 100 / 10:.1f} s"
    if ms < 3_600_000:
        return f"{ms // 60_000} min {ms % 60_000 // 1000} s"
    return f"{ms // 3_600_000} h {ms % 3_600_000 // 60_000} min"
