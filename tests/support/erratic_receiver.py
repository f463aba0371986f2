"""A receiver without a thread: at each ``step`` it reads what is there and does something by chance with its connections."""

import contextlib
import random
import socket
import struct
from collections import Counter

STATUSES = (200, 200, 200, 204, 401, 500)
GARBAGE = (b"SSH-2.0-x\r\n", b"HTTP/1.1 2", b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", b"\r\n\r\n", b"\0")
INTERIM = b"HTTP/1.1 103 Early\r\nX-Id: interim\r\n\r\n"
LINGER = struct.pack("ii", 1, 0)


class Peer:
    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.came = b""
        self.asked: bytes | None = None  # the request that was read whole and is not answered
        self.unsent = b""  # of the answer to it
        self.answered = False


class ErraticReceiver:
    """Requests hold their name, a number, in front of their body. ``read``: how often each came whole.

    ``said`` are the statuses of the answers whose heads went out whole, for each name; the head names it, too: ``X-Id``.
    """

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        self.peers: list[Peer] = []
        self.read: Counter[bytes] = Counter()
        self.said: dict[bytes, set[int]] = {}

    def close(self) -> None:
        for peer in self.peers:
            peer.sock.close()
        self._listener.close()

    def step(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                sock, _ = self._listener.accept()
                sock.setblocking(False)
                # What is sent unasked would be held back by Nagle's algorithm until the next request is there.
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.peers.append(Peer(sock))
        for peer in list(self.peers):
            try:
                self._step(peer)
            except OSError:
                self._drop(peer)

    def _step(self, peer: Peer) -> None:
        self._read(peer)
        if peer.unsent:
            self._send_more(peer)
        elif self._chance.random() < 0.5:
            return
        elif peer.asked is not None:
            self._answer(peer, peer.asked)
        else:
            self._interrupt(peer)

    def _read(self, peer: Peer) -> None:
        try:
            data = peer.sock.recv(1_000_000)
        except BlockingIOError:
            return
        if not data:
            raise ConnectionError
        peer.came += data
        head, end, body = peer.came.partition(b"\r\n\r\n")
        if end and len(body) == int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]):
            peer.came, peer.asked = b"", body.partition(b" ")[0]
            self.read[peer.asked] += 1

    def _answer(self, peer: Peer, name: bytes) -> None:
        status = self._chance.choice(STATUSES)
        body = b"" if status == 204 else b"x" * self._chance.choice((0, 3, 5000))
        head = b"HTTP/1.1 %d It\r\nX-Id: %b\r\nContent-Length: %d\r\n\r\n" % (status, name, len(body))
        way = self._chance.choice(("well", "well", "well", "interim", "twice", "garbage", "break", "end"))
        if way == "break":
            self._break(peer)
        elif way == "garbage":
            peer.unsent = self._chance.choice(GARBAGE)
        else:
            peer.unsent = INTERIM * (way == "interim") + head + body
            if way == "twice":
                peer.unsent += head.replace(name, b"twice") + body
            self.said.setdefault(name, set()).add(status)
        if way == "end":
            peer.sock.sendall(peer.unsent)
            self._drop(peer)

    def _send_more(self, peer: Peer) -> None:
        if self._chance.random() < 0.03:
            self._break(peer)
            return
        size = self._chance.choice((1, 20, 100_000, 100_000))
        sent = peer.sock.send(peer.unsent[:size])
        peer.unsent = peer.unsent[sent:]
        if not peer.unsent:
            peer.asked, peer.answered = None, True

    def _interrupt(self, peer: Peer) -> None:
        """Between two requests, or within one."""
        way = self._chance.randrange(12)
        if way == 0:
            self._break(peer)
        elif way == 1 and peer.answered and not peer.came:  # nobody has asked anything since
            status = b"HTTP/1.1 200 Unasked\r\nX-Id: unasked\r\nContent-Length: 0\r\n\r\n"
            peer.sock.send(self._chance.choice((status, b"H", *GARBAGE)))
        elif way == 2:
            peer.sock.send(b"!", socket.MSG_OOB)

    def _break(self, peer: Peer) -> None:
        way = self._chance.randrange(3)
        if way == 0:
            peer.sock.shutdown(socket.SHUT_WR)
            return
        if way == 1:
            peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER)
        self._drop(peer)

    def _drop(self, peer: Peer) -> None:
        peer.sock.close()
        self.peers.remove(peer)
