"""A fragmented MP4 whose writer stopped in the middle: cut after its last whole fragment, in place.

Source: ISO/IEC 14496-12, 4.2 (boxes) and 8.8 (movie fragments).
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

_HEADER_BYTES = 8
_LARGE_BYTES = 8  # of a size that does not fit into 32 bits, behind the header
_IS_LARGE, _TO_THE_END = 1, 0


class Box(NamedTuple):
    kind: bytes
    start: int
    end: int  # may lie behind the end of the file


def cut(path: Path) -> None:
    """Needs no room on the disk. Raises ``OSError``."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        whole, fragment = 0, None
        for box in boxes(file, size):
            if box.end > size:
                break
            if box.kind == b"moof":
                fragment = box.start
            else:
                whole, fragment = box.end, None
    os.truncate(path, whole if fragment is None else fragment)


def boxes(file: BinaryIO, size: int) -> Iterator[Box]:
    """Those of the top level; the last one may be broken."""
    at = 0
    while at + _HEADER_BYTES <= size:
        file.seek(at)
        head = file.read(_HEADER_BYTES + _LARGE_BYTES)
        length, kind = int.from_bytes(head[:4], "big"), head[4:8]
        if length == _IS_LARGE:
            length = int.from_bytes(head[8:16], "big")
        elif length == _TO_THE_END:
            length = size - at
        if length < _HEADER_BYTES:
            return
        yield Box(kind, at, at + length)
        at += length
