"""Accepts connections for the event loop, and rests while the system has nothing left to make one of.

libuv, which uvloop stands on, tries again at once and for ever when no file can be opened: that takes a whole core. It
keeps a spare file for such a moment, but lets go of it for an instant, in which another thread may take it.
"""

import asyncio
import errno
import logging
import select
import socket
from collections.abc import Callable, Sequence

BURST = 16  # connections that are accepted before the rest of the event loop has its turn
REST_S = 0.25  # until it is tried again
CALM_S = 1.0  # so long after a lack without another, it is said to be over

# What accept(2) may say of the connection that it took off the queue; anything else is said of us.
OF_ONE_CONNECTION = frozenset(
    {
        errno.ECONNABORTED,
        errno.EPERM,  # a firewall's
        errno.EPROTO,
        errno.ENOPROTOOPT,
        errno.EOPNOTSUPP,
        errno.ENETDOWN,
        errno.ENETUNREACH,
        errno.EHOSTDOWN,
        errno.EHOSTUNREACH,
        errno.ENONET,
    }
)

log = logging.getLogger("airhook.net")


class Acceptor:
    """Make it inside the running event loop; it accepts from then on, until ``close``.

    ``sockets`` listen already, and are its own from now on. ``kind`` tells the log what for. While nothing can be
    accepted, connections wait in the sockets' backlogs; none is lost.
    """

    def __init__(
        self, kind: str, sockets: Sequence[socket.socket], make_protocol: Callable[[], asyncio.BaseProtocol]
    ) -> None:
        self._kind = kind
        self._sockets = tuple(sockets)
        self._make_protocol = make_protocol
        self._loop = asyncio.get_running_loop()
        self._opening: set[asyncio.Task[None]] = set()
        self._lacks_since: float | None = None  # as the log says
        self._timer: asyncio.TimerHandle | None = None
        for listening in self._sockets:
            listening.setblocking(False)
        self._watch()

    def close(self) -> None:
        """Accept no more. What was accepted goes on; what still waits is reset by the system."""
        self._rest()
        for listening in self._sockets:
            listening.close()

    async def wait_opened(self) -> None:
        """Wait until every protocol of what was accepted has been told so: some turns of the event loop."""
        while self._opening:
            await asyncio.wait(self._opening)

    def _watch(self) -> None:
        for listening in self._sockets:
            another = select.poll()
            another.register(listening, select.POLLIN)
            self._loop.add_reader(listening, self._accept, listening, another)

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        for listening in self._sockets:
            if listening.fileno() >= 0:  # it is closed only once
                self._loop.remove_reader(listening)

    def _accept(self, listening: socket.socket, another: select.poll) -> None:
        """Mostly one waits, and asking whether there is another costs less than to be told so by an exception."""
        for taken in range(BURST):
            if taken == 1 and not another.poll(0):
                return
            try:
                accepted, _ = listening.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in OF_ONE_CONNECTION:
                    continue
                self._bear(error)
                return
            self._open(accepted)

    def _open(self, accepted: socket.socket) -> None:
        opening = self._loop.create_task(self._connect(accepted))
        self._opening.add(opening)
        opening.add_done_callback(self._opening.discard)

    async def _connect(self, accepted: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(self._make_protocol, accepted)
        except OSError:
            accepted.close()  # its other end has left
        except Exception:
            accepted.close()
            log.exception("a connection could not be served (%s)", self._kind)

    def _bear(self, lack: OSError) -> None:
        self._rest()
        if self._lacks_since is None:
            self._lacks_since = self._loop.time()
            log.warning(
                "no %s connection can be accepted: %s; those that come wait", self._kind, lack.strerror
            )
        self._timer = self._loop.call_later(REST_S, self._try_again)

    def _try_again(self) -> None:
        self._watch()
        self._timer = self._loop.call_later(CALM_S, self._be_calm, self._loop.time())

    def _be_calm(self, since: float) -> None:
        assert self._lacks_since is not None
        log.warning("%s connections are accepted again, after %.1f s", self._kind, since - self._lacks_since)
        self._lacks_since = None
