"""How often somebody may try to sign in: a few times for each address and name, more often for an address alone.

In memory, for this node, and of bounded size: a restart forgets it, which costs a guesser more than it gives.
"""

import ipaddress
from collections import OrderedDict
from collections.abc import Callable

WINDOW_S = 300.0
TRIES_PER_NAME = 5
TRIES_PER_ADDRESS = 50
MAX_REMEMBERED = 10_000

Key = tuple[str, ...]


class Throttle:
    """Counts tries in windows that begin with the first one."""

    def __init__(
        self,
        monotonic: Callable[[], float],
        *,
        window_s: float = WINDOW_S,
        per_name: int = TRIES_PER_NAME,
        per_address: int = TRIES_PER_ADDRESS,
    ) -> None:
        self._monotonic = monotonic
        self._window_s = window_s
        self._per_name = per_name
        self._per_address = per_address
        self._tries: OrderedDict[Key, tuple[float, int]] = (
            OrderedDict()
        )  # key -> end of its window, tries in it

    def try_once(self, address: str, name: str) -> float:
        """Count a try before it is made. More than zero: it may not be made for so many seconds."""
        now = self._monotonic()
        network = _network(address)
        limits = ((network, name), self._per_name), ((network,), self._per_address)
        wait_s = max(self._wait(key, limit, now) for key, limit in limits)
        if wait_s <= 0:
            for key, _ in limits:
                self._count(key, now)
        return wait_s

    def forget(self, address: str, name: str) -> None:
        """The try was right: its name starts afresh, and the address gets the try back."""
        network = _network(address)
        self._tries.pop((network, name), None)
        end, tries = self._tries.get((network,), (0.0, 0))
        if tries > 1:
            self._tries[network,] = (end, tries - 1)
        else:
            self._tries.pop((network,), None)

    def _wait(self, key: Key, limit: int, now: float) -> float:
        end, tries = self._tries.get(key, (0.0, 0))
        return end - now if tries >= limit else 0.0

    def _count(self, key: Key, now: float) -> None:
        end, tries = self._tries.pop(key, (0.0, 0))
        self._tries[key] = (end, tries + 1) if end > now else (now + self._window_s, 1)
        if len(self._tries) > MAX_REMEMBERED:
            self._tries.popitem(last=False)


def _network(address: str) -> str:
    """An IPv6 user owns a whole /64, so that is what counts as one address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((address, 64), strict=False))
