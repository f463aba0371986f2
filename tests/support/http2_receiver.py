"""A receiver that speaks HTTP/2 over TLS, as far as a POST needs it (RFC 9113). A request gets status 200, or worse."""

import contextlib
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Self

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RESET, SETTINGS, PING = 0, 1, 3, 4, 6
ACK = END_STREAM = 1
END_HEADERS = 4
STATUS_200 = b"\x88"  # HPACK: entry 8 of the static table (RFC 7541, A)


def success(stream: int) -> list[bytes]:
    return [frame(HEADERS, END_HEADERS | END_STREAM, stream, STATUS_200)]


class Http2Receiver:
    """A context manager. ``requests`` counts them by connection, ``bodies`` holds what was posted.

    ``answers`` gives the frames that answer the request of a stream.
    """

    def __init__(self, tls: ssl.SSLContext, answers: Callable[[int], list[bytes]] = success) -> None:
        self._answers = answers
        tls.set_alpn_protocols(["h2"])
        self._tls = tls
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.requests: Counter[int] = Counter()
        self.bodies: list[bytes] = []
        self._open: list[ssl.SSLSocket] = []
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._accepting.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for near in self._open:
            with contextlib.suppress(OSError):
                near.shutdown(socket.SHUT_RDWR)
        for thread in (self._accepting, *self._threads):
            thread.join(30)
            assert not thread.is_alive(), "the receiver did not stop"

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self._listening.getsockname()[1]}/"

    def _accept(self) -> None:
        number = 0
        while True:
            try:
                raw, _ = self._listening.accept()
            except OSError:
                return
            number += 1
            thread = threading.Thread(target=self._talk, args=(raw, number), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _talk(self, raw: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError), self._tls.wrap_socket(raw, server_side=True) as near:
            self._open.append(near)
            read = near.makefile("rb").read
            assert read(len(PREFACE)) == PREFACE
            near.sendall(frame(SETTINGS, 0, 0))
            bodies: dict[int, bytes] = {}
            while head := read(9):
                kind, flags, stream = head[3], head[4], int.from_bytes(head[5:], "big")
                payload = read(int.from_bytes(head[:3], "big"))
                if kind in (SETTINGS, PING) and not flags & ACK:
                    near.sendall(frame(kind, ACK, 0, payload if kind == PING else b""))
                if kind == DATA:
                    bodies[stream] = bodies.get(stream, b"") + payload
                if kind in (DATA, HEADERS) and flags & END_STREAM:
                    self.requests[number] += 1
                    self.bodies.append(bodies.pop(stream, b""))
                    near.sendall(b"".join(self._answers(stream)))


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload
