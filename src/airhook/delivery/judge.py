"""Judging a callback URL when it is saved, so that its author hears of a refused address at once (design D7).

Every attempt judges again: a name may lead elsewhere by then.
"""

import asyncio
import contextlib
import threading

from airhook.core.ports import AddressPolicy
from airhook.delivery.addresses import literal
from airhook.delivery.resolver import Lookup, system_lookup
from airhook.delivery.targets import parse

PATIENCE_S = 1.0
LOOKUPS_MAX = (
    64  # under way: whoever saves URLs chooses the names, and each may keep its thread for half a minute
)


class TargetJudge:
    """Fulfils ``core.ports.UrlJudge``."""

    def __init__(self, policy: AddressPolicy, lookup: Lookup = system_lookup) -> None:
        self._policy = policy
        self._lookup = lookup
        self._free = threading.Semaphore(LOOKUPS_MAX)

    async def __call__(self, url: str) -> str | None:
        """Why the host's addresses may not be called; None when they may, or when the name does not resolve in time."""
        refusals = (self._policy.refused(one) for one in await self._addresses(url) or [])
        return next((refusal for refusal in refusals if refusal), None)

    async def resolves(self, url: str) -> bool:
        """Whether the host has an address now; so it has when it cannot be read, as other rules tell that."""
        return await self._addresses(url) != []

    async def _addresses(self, url: str) -> list[str] | None:
        """None: the URL cannot be read, and other rules say what is wrong with it."""
        try:
            host = parse(url).host
        except ValueError:
            return None
        address = literal(host)
        return [str(address)] if address else await self._resolve(host)

    async def _resolve(self, host: str) -> list[str]:
        loop = asyncio.get_running_loop()
        found: asyncio.Future[list[str]] = loop.create_future()

        def look_up() -> None:
            try:
                addresses = self._lookup(host)
            except (OSError, UnicodeError):
                addresses = []
            finally:
                self._free.release()
            with contextlib.suppress(RuntimeError):  # the loop may be gone by now
                loop.call_soon_threadsafe(tell, addresses)

        def tell(addresses: list[str]) -> None:
            if not found.done():
                found.set_result(addresses)

        if not self._free.acquire(blocking=False):
            return []
        # A daemon thread: the system's resolver cannot be interrupted, and nobody shall wait for it.
        try:
            threading.Thread(target=look_up, name="airhook-judge", daemon=True).start()
        except RuntimeError:  # this machine lets us start no more of them
            self._free.release()
            return []
        try:
            return await asyncio.wait_for(found, PATIENCE_S)
        except TimeoutError:
            return []
