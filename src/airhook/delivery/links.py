"""Connections of our own to receivers: those that carry a request, and those that are kept for the next one."""

import errno
import select
import socket
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airhook.delivery.call import Call

KEPT = 1024  # without a request
KEEP_S = 118.0  # such a one: receivers, and what is between us, seldom keep theirs for longer

READS = select.EPOLLIN | select.EPOLLRDHUP
WRITES = select.EPOLLOUT

_SO_MEMINFO = 55  # Linux; begins with the memory of what was received and not read
_NOTHING = bytes(4)

Place = tuple[str, int]
"""Host, as the URL names it, and port."""


class Link:
    """A connection. ``call`` is the request that it carries; None: it is kept for another one to ``place``."""

    __slots__ = ("address", "call", "connected", "fd", "idle_since", "place", "reads", "sock", "turn", "used")

    def __init__(self, sock: socket.socket, place: Place, address: str, turn: int) -> None:
        self.sock = sock
        self.fd = sock.fileno()
        self.place = place
        self.address = address
        self.call: Call | None = None
        self.connected = False
        self.reads = False  # epoll tells of what comes only, not of room to send
        self.used = False  # has carried a request before
        self.idle_since = 0.0
        self.turn = turn  # of the loop, in which it was opened


class Links:
    """All of them, by file number, and their places in an epoll."""

    def __init__(self, epoll: select.epoll) -> None:
        self._epoll = epoll
        self._links: dict[int, Link] = {}
        self._idle: dict[Place, list[Link]] = {}
        self._oldest: OrderedDict[Link, None] = OrderedDict()  # of the idle ones
        self._turn = 0

    def begin_turn(self) -> None:
        """What epoll has told is handled now. Numbers of closed ones are given out again meanwhile."""
        self._turn += 1

    def find(self, fd: int) -> Link | None:
        """Of which epoll has told in this turn."""
        link = self._links.get(fd)
        return link if link is not None and link.turn != self._turn else None

    def open(self, place: Place, address: str) -> tuple[Link, int]:
        """A new one, which begins to connect; and the ``errno`` if it does not.

        Raises ``OSError`` when no socket can be made on this machine.
        """
        sock = self._socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            error = sock.connect_ex((address, place[1]))
            self._epoll.register(sock, READS | WRITES)
        except OSError:
            sock.close()
            raise
        link = self._links[sock.fileno()] = Link(sock, place, address, self._turn)
        return link, error

    def _socket(self, family: int) -> socket.socket:
        """One of the kept connections makes room, if there are no more files to have."""
        while True:
            try:
                return socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
            except OSError as lack:
                if lack.errno not in (errno.EMFILE, errno.ENFILE) or not self._oldest:
                    raise
                self.close(next(iter(self._oldest)))

    def kept(self, place: Place, addresses: Sequence[str]) -> Link | None:
        """One to an address among ``addresses`` that is ready for a request."""
        idle = self._idle.get(place)
        while idle:
            link = idle.pop()
            del self._oldest[link]
            if not idle:
                del self._idle[place]
            if link.address in addresses and _is_quiet(link.sock):
                return link
            self._drop(link)
        return None

    def keep(self, link: Link, now: float) -> None:
        """Its request is over; it is kept for the next one."""
        link.call = None
        link.used = True
        link.idle_since = now
        self._idle.setdefault(link.place, []).append(link)
        self._oldest[link] = None
        if len(self._oldest) > KEPT:
            self.close(next(iter(self._oldest)))

    def wait_for(self, link: Link, *, writing: bool) -> None:
        """What epoll tells of it: that it can be read, and, if ``writing``, that it can be written."""
        if link.reads is writing:
            link.reads = not writing
            self._epoll.modify(link.fd, READS | WRITES if writing else READS)

    def close(self, link: Link) -> None:
        if link in self._oldest:
            del self._oldest[link]
            idle = self._idle[link.place]
            idle.remove(link)
            if not idle:
                del self._idle[link.place]
        self._drop(link)

    def close_old(self, now: float) -> None:
        """Let go of those that nobody has used for long."""
        while self._oldest and next(iter(self._oldest)).idle_since + KEEP_S <= now:
            self.close(next(iter(self._oldest)))

    def close_all(self) -> None:
        for link in list(self._links.values()):
            self.close(link)

    def _drop(self, link: Link) -> None:
        del self._links[link.fd]
        self._epoll.unregister(link.fd)
        link.sock.close()


def _is_quiet(sock: socket.socket) -> bool:
    """Neither bytes nor an end have come since the last answer; epoll may not have told of them yet.

    Asked without letting the interpreter go, which ``recv`` would do.
    """
    try:
        return sock.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, len(_NOTHING)) == _NOTHING
    except OSError:  # an old kernel
        return _has_nothing(sock)


def _has_nothing(sock: socket.socket) -> bool:
    try:
        sock.recv(1)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
