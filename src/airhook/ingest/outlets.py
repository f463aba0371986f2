"""The outlets on a Unix socket, for media workers (design D10).

A client writes one line of JSON, ``{"session_id": ..., "epoch": ..., "what": "tags" | "key"}``, and reads FLV:

- ``tags``: the file header, the push from its start if that was a moment ago (else the newest codec headers), then every
  tag as it comes; where tags were left out, a script tag says how many (``core.flv.dropped_body``);
- ``key``: after each further line feed, the codec's header and the newest key frame, once there is one that it was not
  given before.

The end of the push, or one that is not here, is the end of the connection.
"""

import asyncio
import contextlib
import os
import socket
from pathlib import Path
from typing import Literal, cast

import msgspec

from airhook.core import flv
from airhook.ingest.outlet import Find, Outlet, Piece, tag_pieces
from airhook.net.acceptor import Acceptor

BATCH_S = 0.25  # tags wait so long for others at most
BATCH_BYTES = 256 * 1024
BEHIND_BYTES = 4 * 1024 * 1024  # unread by a reader; then it loses frames
MAX_WISH_BYTES = 1024


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    session_id: int
    epoch: int
    what: Literal["tags", "key"]


_read_wish = msgspec.json.Decoder(Wish).decode


class Batches:
    """Readers with tags that wait. All are written at once, so that a worker wakes up once for all of its streams."""

    def __init__(self) -> None:
        self._waiting: list[OutletReader] = []
        self._loop = asyncio.get_running_loop()

    def add(self, reader: "OutletReader") -> None:
        if not self._waiting:
            self._loop.call_later(BATCH_S, self._write)
        self._waiting.append(reader)

    def _write(self) -> None:
        waiting, self._waiting = self._waiting, []
        for reader in waiting:
            reader.flush()


class OutletReader(asyncio.Protocol):
    """One client. What it does wrong ends it and nothing else."""

    def __init__(self, find: Find, clients: set["OutletReader"], batches: Batches) -> None:
        self.dropped = 0  # tags, because it lagged
        self._find = find
        self._clients = clients
        self._batches = batches
        self._transport: asyncio.Transport
        self._heard = bytearray()
        self._outlet: Outlet | None = None
        self._batch: list[Piece] = []
        self._batch_bytes = 0
        self._behind = False
        self._left_out = {flv.VIDEO: 0, flv.AUDIO: 0}  # of those, since it was told the last time
        self._asked = False  # for a key frame that is not there yet
        self._given: object = None  # the key frame that it got last

    # --- what the event loop calls ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # A cast, since uvloop's transports derive from none of asyncio's classes.
        self._transport = cast("asyncio.Transport", transport)
        self._clients.add(self)

    def data_received(self, data: bytes) -> None:
        if self._outlet is not None:
            self._ask(data)
            return
        self._heard += data
        line, feed, rest = bytes(self._heard).partition(b"\n")
        if not feed:
            if len(self._heard) > MAX_WISH_BYTES:
                self._transport.abort()
            return
        self._open(line)
        self._ask(rest)

    def connection_lost(self, _error: Exception | None) -> None:
        self._clients.discard(self)
        self._leave()

    # --- what the outlet calls ---

    def take(self, pieces: tuple[Piece, ...], *, key: bool) -> None:
        if self._behind:
            unread = self._transport.get_write_buffer_size()
            if not key or unread > BEHIND_BYTES // 2:
                self.dropped += 1
                kind = pieces[0][0]  # the tag's header begins with it
                self._left_out[kind] = self._left_out.get(kind, 0) + 1
                return
            self._behind = False
            left_out, self._left_out = self._left_out, {flv.VIDEO: 0, flv.AUDIO: 0}
            told = flv.dropped_body(left_out[flv.VIDEO], left_out[flv.AUDIO])
            pieces = (flv.tag_bytes(flv.SCRIPT, 0, told), *pieces)
        if not self._batch:
            self._batches.add(self)
        self._batch += pieces
        self._batch_bytes += sum(map(len, pieces))
        if self._batch_bytes >= BATCH_BYTES:
            self.flush()

    def key_frame(self) -> None:
        if self._asked:
            self._answer()

    def flush(self) -> None:
        batch, self._batch, self._batch_bytes = self._batch, [], 0
        if batch and not self._transport.is_closing():
            self._transport.writelines(batch)
            self._behind = self._transport.get_write_buffer_size() > BEHIND_BYTES

    def end(self) -> None:
        self.flush()
        self._leave()
        self._transport.close()

    # --- helpers ---

    def _open(self, line: bytes) -> None:
        try:
            wish = _read_wish(line)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            self._transport.abort()
            return
        self._outlet = outlet = self._find(wish.session_id, wish.epoch)
        if outlet is None:
            self._transport.close()
            return
        self._transport.write(flv.file_header())
        if wish.what == "tags":
            for message in outlet.beginning():
                self._transport.writelines(tag_pieces(message))
            outlet.tag_readers.append(self)
        else:
            outlet.key_readers.append(self)

    def _ask(self, data: bytes) -> None:
        if data and self._outlet is not None and self in self._outlet.key_readers:
            self._asked = True
            self._answer()

    def _answer(self) -> None:
        newest = self._outlet.newest_key_frame() if self._outlet is not None else None
        if newest is None or newest[1] is self._given or self._transport.get_write_buffer_size():
            return
        self._asked = False
        header, frame = newest
        self._given = frame
        for message in (header, frame):
            if message is not None:
                self._transport.writelines(tag_pieces(message))

    def _leave(self) -> None:
        outlet, self._outlet = self._outlet, None
        if outlet is not None:
            for readers in (outlet.tag_readers, outlet.key_readers):
                if self in readers:
                    readers.remove(self)


class Outlets:
    """The socket. ``find`` gives a push's outlet."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._clients: set[OutletReader] = set()
        self._acceptor: Acceptor | None = None
        self._path: Path | None = None

    async def start(self, path: Path) -> None:
        """Listen; the folder is made for this user alone. Raises ``OSError``."""
        listener = _listen(path)
        self._path = path
        batches = Batches()
        self._acceptor = Acceptor(
            "outlet", [listener], lambda: OutletReader(self._find, self._clients, batches)
        )

    async def stop(self) -> None:
        if self._acceptor is not None:
            self._acceptor.close()
            await self._acceptor.wait_opened()
        for client in list(self._clients):
            client.end()
        if self._path is not None:
            with contextlib.suppress(OSError):
                os.unlink(self._path)  # noqa: PTH108 - pathlib's is forbidden in here, and this is as quick


def _listen(path: Path) -> socket.socket:
    """Bind over the folder's handle, since an address of this kind has room for 107 bytes and folders may lie deep."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    path.unlink(missing_ok=True)  # of a process that was killed
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            listener.bind(f"/proc/self/fd/{folder}/{path.name}")
        finally:
            os.close(folder)
        path.chmod(0o600)
        listener.setblocking(False)
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener
