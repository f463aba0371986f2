"""Receivers that are a function of a connection, for what no HTTP server would do."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LINGER = struct.pack("ii", 1, 0)


@contextmanager
def talking(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """A port whose connections are talked to so, each by a thread of its own."""

    def serve() -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(near,), daemon=True).start()

    def answer(near: socket.socket) -> None:
        with near:
            try:
                talk(near)
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def read_request(near: socket.socket) -> bytes:
    """Its body."""
    data = near.recv(65536)
    while data and b"\r\n\r\n" not in data:
        data += near.recv(65536)
    head, _, rest = data.partition(b"\r\n\r\n")
    if not head:
        return b""
    size = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    body = bytearray(rest)
    while len(body) < size:
        body += near.recv(65536)
    return bytes(body)


def reset(near: socket.socket) -> None:
    """Close the connection so that the other side is told of a reset."""
    near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER)
    near.close()
