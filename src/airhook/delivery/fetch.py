"""Asking a media server's own API, by the address rules of callbacks (design D7): judged, then connected to as judged."""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pycurl

from airhook.core.ports import AddressPolicy
from airhook.core.source_ports import ServerApiError
from airhook.delivery.addresses import literal
from airhook.delivery.handle import trust
from airhook.delivery.resolver import Lookup, look_up_in_time, system_lookup
from airhook.delivery.targets import Target, parse

AT_ONCE = 4
TIMEOUT_S = 4.0
MAX_BYTES = 32 * 1024 * 1024


class ServerFetch:
    """Implements ``core.source_ports.ServerApi``. Redirects are not followed, and no proxy is used."""

    def __init__(
        self, policy: AddressPolicy, *, timeout_s: float = TIMEOUT_S, lookup: Lookup = system_lookup
    ) -> None:
        self._policy = policy
        self._timeout_ms = round(timeout_s * 1000)
        self._lookup = lookup
        self._trusted = trust()
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="airhook-fetch")

    async def __call__(self, method: str, url: str, headers: Sequence[tuple[str, str]] = ()) -> bytes:
        """Raises ``ServerApiError``."""
        run = asyncio.get_running_loop().run_in_executor
        return await run(self._threads, self._ask, method, url, headers)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _ask(self, method: str, url: str, headers: Sequence[tuple[str, str]]) -> bytes:
        try:
            target = parse(url)
        except ValueError as error:
            raise ServerApiError(f"the address cannot be read: {error}") from None
        return self._perform(method, target, headers, self._judged(target))

    def _judged(self, target: Target) -> tuple[str, ...]:
        address = literal(target.host)
        found = (str(address),) if address is not None else self._resolved(target.host)
        refusals = {one: self._policy.refused(one) for one in found}
        allowed = tuple(one for one, why in refusals.items() if why is None)
        if not allowed:
            raise ServerApiError(next(why for why in refusals.values() if why))
        return allowed

    def _resolved(self, host: str) -> tuple[str, ...]:
        found = look_up_in_time(self._lookup, host, time.monotonic)
        if found.error is not None:
            raise ServerApiError(found.detail)
        return found.addresses

    def _perform(
        self, method: str, target: Target, headers: Sequence[tuple[str, str]], addresses: tuple[str, ...]
    ) -> bytes:
        parts: list[bytes] = []
        size = 0

        def take(part: bytes) -> int:
            nonlocal size
            size += len(part)
            parts.append(part)
            return len(part) if size <= MAX_BYTES else 0  # ends the transfer

        curl = pycurl.Curl()
        try:
            self._set(curl, method, target, headers, addresses)
            curl.setopt(pycurl.WRITEFUNCTION, take)
            curl.perform()
            status = curl.getinfo(pycurl.RESPONSE_CODE)
        except pycurl.error as error:
            why = "its answer is too large" if size > MAX_BYTES else error.args[1]
            raise ServerApiError(str(why)) from None
        finally:
            curl.close()
        if not 200 <= status < 300:
            raise ServerApiError(f"it answered with status {status}")
        return b"".join(parts)

    def _set(
        self,
        curl: pycurl.Curl,
        method: str,
        target: Target,
        headers: Sequence[tuple[str, str]],
        addresses: tuple[str, ...],
    ) -> None:
        curl.setopt(pycurl.URL, target.url)
        curl.setopt(pycurl.CUSTOMREQUEST, method)
        curl.setopt(pycurl.HTTPHEADER, [f"{name}: {value}" for name, value in headers])
        curl.setopt(pycurl.TIMEOUT_MS, self._timeout_ms)
        curl.setopt(pycurl.NOSIGNAL, 1)
        curl.setopt(pycurl.PROXY, "")
        curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        for option, value in self._trusted:
            curl.setopt(option, value)
        if not target.literal:
            curl.setopt(pycurl.RESOLVE, [f"{target.host}:{target.port}:{','.join(addresses)}"])
