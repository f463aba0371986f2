"""The contract of media stores: files go in whole, links come out."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

MAX_PATH_BYTES = 900  # a key of S3 may have 1024, with our account and the bucket's prefix in it
MAX_NAME_BYTES = 255

CONTENT_TYPES = {
    ".aac": "audio/aac",
    ".flv": "video/x-flv",
    ".jpg": "image/jpeg",
    ".m3u8": "application/vnd.apple.mpegurl",
    ".m4s": "video/iso.segment",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".ts": "video/mp2t",
}
"""What stores hold, by suffix; anything else is handed out as bytes without a meaning."""

PLAYLIST = ".m3u8"
UNKNOWN_TYPE = "application/octet-stream"


class Key(NamedTuple):
    """Where an object lies. ``path`` counts from the account's own folder: ``2026-01-15/room-1.jpg``."""

    account_id: int
    path: str


class Stored(NamedTuple):
    """``url`` can be read from now on; ``path`` is the object's place without host and signature, from ``/`` on."""

    url: str
    path: str


class Item(NamedTuple):
    key: Key
    bytes: int
    stored_ms: int  # wall clock


class StoreError(Exception):
    """The object could not be stored or read; the text says why, and what to do when that is known."""


class MediaStore(Protocol):
    """Objects are written whole and never changed: a repeat of a ``put`` replaces one by the same.

    A *folder link* opens everything in the object's folder (not below): a playlist with its segments.
    """

    async def put(self, file: Path, key: Key, content_type: str, *, folder_link: bool = False) -> Stored:
        """Store a file, which stays where it is and is not written any more. Returns when the object can be read under the URL.

        Put a playlist after its segments. Raises ``ValueError`` for a key that is none, else ``StoreError``.
        """
        ...

    def link(self, key: Key, *, folder_link: bool = False) -> str:
        """A URL for an object, good for as long as links are; it asks nobody whether the object is there."""
        ...

    def find(self, key: Key) -> Path | str | bytes | None:
        """A file of this machine, a URL to send a reader to, or the bytes themselves; blocking.

        Raises ``StoreError`` when the store is away.
        """
        ...

    def items(self) -> Iterator[Item]:
        """Every object, in no order; blocking. Raises ``StoreError``."""
        ...

    def remove(self, key: Key) -> None:
        """Blocking; what is gone already is no fault. Raises ``StoreError``."""
        ...


def check_path(path: str) -> str:
    """``path`` as it is. Raises ``ValueError`` for what could leave the account's folder, or is no name anywhere."""
    parts = path.split("/")
    if not path or len(path.encode()) > MAX_PATH_BYTES:
        raise ValueError(f"a media path must have 1 to {MAX_PATH_BYTES} bytes")
    for part in parts:
        if part in ("", ".", "..") or part.startswith(".") or len(part.encode()) > MAX_NAME_BYTES:
            raise ValueError(f"a media path cannot hold {part[:40]!r}")
        if "\\" in part or not part.isprintable():
            raise ValueError("a media path holds a character that names cannot have")
    return path


def content_type_of(path: str) -> str:
    return CONTENT_TYPES.get(Path(path).suffix.lower(), UNKNOWN_TYPE)
