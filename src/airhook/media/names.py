"""Paths of finished files out of the patterns of templates (contract 3.6, 3.7), in Beijing time as CSS has it."""

import re
from collections.abc import Mapping
from datetime import timedelta, timezone

from airhook.media.store.base import MAX_NAME_BYTES, MAX_PATH_BYTES

BEIJING = timezone(timedelta(hours=8))
ROOM_BYTES = 40  # for what is put behind a part: ids, suffixes

PLACE = re.compile(r"\{(\w+)\}", re.ASCII)


def filled(pattern: str, values: Mapping[str, str]) -> str:
    """What is no placeholder stays as it is."""
    return PLACE.sub(lambda found: values.get(found[1], found[0]), pattern)


def folder_of(domain: str, app: str, folders: str) -> str:
    """The safe parts of a path, with as many of ``folders`` as leave room for a name and a segment's behind them."""
    parts = [part for part in map(safe, (domain, app, *folders.split("/"))) if part]
    while len("/".join(parts).encode()) > MAX_PATH_BYTES - MAX_NAME_BYTES - ROOM_BYTES:
        parts.pop()
    return "/".join(parts)


def safe(part: str) -> str:
    """One part of a path. What no path may have is left out, and so are dots and spaces that it begins with."""
    kept = "".join(char for char in part if char.isprintable() and char not in "\\/").lstrip(". ").rstrip()
    return kept.encode()[: MAX_NAME_BYTES - ROOM_BYTES].decode(errors="ignore")
