"""POST requests of callbacks, in one thread, by the rules of design D6.

Plain HTTP/1.1 goes over sockets of our own (``direct``), all else over libcurl (``curl_sender``): TLS, HTTP/2, proxies, names
with addresses of both families, which it tries beside each other. What counts as an answer is the same.
"""

import select
import time
from collections.abc import Callable

from airhook.core.ports import AddressPolicy
from airhook.delivery.curl_sender import CurlSender
from airhook.delivery.direct import DirectSender
from airhook.delivery.exchange import BUSY_TURN_S, SELECT_MAX_S, Answer, Post
from airhook.delivery.links import Links

SOCKETS_AT_ONCE = 64  # in a turn: hundreds that have something to say must not hold up the others
TURN_S = 0.05  # one that takes longer ends early: an answer may cost a thousand times what it usually does


class Sender:
    """Belongs to one thread. ``done(tag, answer)`` is called inside ``poll`` for each request that ended."""

    def __init__(
        self,
        policy: AddressPolicy,
        done: Callable[[object, Answer], None],
        wake_fd: int,
        proxy: str = "",
    ) -> None:
        self._proxied = bool(proxy)
        self._epoll = select.epoll()
        self._epoll.register(wake_fd, select.EPOLLIN)
        self._curl = CurlSender(policy, done, proxy)
        self._curl_fd = self._curl.fileno()
        self._epoll.register(self._curl_fd, select.EPOLLIN)
        self._direct = DirectSender(policy, done, Links(self._epoll))

    @property
    def open(self) -> int:
        return self._direct.open + self._curl.open

    def start(self, post: Post, tag: object) -> None:
        """Send ``post``. Raises when that cannot even begin; nothing is open then."""
        if self._is_plain(post):
            self._direct.start(post, tag)
        else:
            self._curl.start(post, tag)

    def poll(self, timeout_s: float) -> None:
        """Wait for sockets, timers or the wake-up and let the requests go on."""
        found = self._epoll.poll(self._patience(timeout_s), SOCKETS_AT_ONCE)
        began, began_at = time.thread_time(), time.monotonic()
        curl = self._curl.open > 0
        self._direct.begin_turn()
        for fd, events in found:
            if fd == self._curl_fd:
                curl = True
            else:
                self._direct.ready(fd, events)
            if time.monotonic() - began_at > TURN_S:
                break  # epoll tells of the others again, and of those that it has not told of before these
        self._direct.tick(busy=time.thread_time() - began > BUSY_TURN_S)
        if curl:
            self._curl.poll(0)

    def close(self) -> None:
        """Drop what is open, unfinished, and every kept connection."""
        self._direct.close()
        self._curl.close()
        self._epoll.close()

    def _is_plain(self, post: Post) -> bool:
        own = post.options is not None and post.options.own_connection
        return (
            post.target.scheme == "http" and not own and not self._proxied and _of_one_family(post.addresses)
        )

    def _patience(self, timeout_s: float) -> float:
        wait = min(timeout_s, SELECT_MAX_S)
        at = self._direct.next_at()
        if at is not None:
            wait = min(wait, at - time.monotonic())
        if self._curl.open:
            wait = min(wait, self._curl.patience())
        return max(wait, 0)


def _of_one_family(addresses: tuple[str, ...]) -> bool:
    return len(addresses) == 1 or len({":" in address for address in addresses}) == 1
