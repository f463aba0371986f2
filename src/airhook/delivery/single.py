"""One request by itself, outside lanes, budgets and records, by the rules of every callback (design D6, D7)."""

import os

from airhook.core.clock import Clock
from airhook.core.deliveries import ErrorClass
from airhook.core.delivery_options import DeliveryOptions
from airhook.core.ports import AddressPolicy
from airhook.delivery import attempt
from airhook.delivery.addresses import literal
from airhook.delivery.aside import Aside
from airhook.delivery.exchange import Answer, Post
from airhook.delivery.resolver import Lookup, Resolution, look_up_in_time, system_lookup
from airhook.delivery.sender import Sender
from airhook.delivery.targets import parse

AT_ONCE = 4


class SinglePost:
    """Resolves, judges the addresses, and posts. At most ``AT_ONCE`` are under way; the others wait for a thread."""

    def __init__(
        self, policy: AddressPolicy, clock: Clock, *, proxy: str = "", lookup: Lookup = system_lookup
    ) -> None:
        self._policy = policy
        self._clock = clock
        self._proxy = proxy
        self._lookup = lookup
        self._aside = Aside(AT_ONCE, "airhook-single")

    async def __call__(
        self, url: str, body: bytes, headers: tuple[tuple[str, str], ...], timeout_s: float
    ) -> Answer:
        """Raises ``ValueError`` for what is no http or https URL."""
        answer, _ = await self._aside.run(lambda: self.post(url, body, headers, timeout_s))
        return answer

    def post(
        self,
        url: str,
        body: bytes,
        headers: tuple[tuple[str, str], ...],
        timeout_s: float,
        options: DeliveryOptions | None = None,
    ) -> tuple[Answer, Resolution]:
        """Blocking."""
        target = parse(url)
        found = self._resolve(target.host)
        refusals = {address: self._policy.refused(address) for address in found.addresses}
        allowed = tuple(address for address, why in refusals.items() if why is None)
        if found.error is not None or not allowed:
            error = found.error or ErrorClass.ADDRESS_REFUSED
            detail = found.detail or next((why for why in refusals.values() if why), "")
            return attempt.unsent(error, detail), found
        post = Post(
            target=target,
            body=body,
            addresses=allowed,
            timeout_ms=round(timeout_s * 1000),
            headers=headers,
            options=options,
        )
        return self._send(post), found

    def _send(self, post: Post) -> Answer:
        answers: list[Answer] = []

        def ended(_tag: object, answer: Answer) -> None:
            answers.append(answer)

        never_wakes = os.eventfd(0, os.EFD_NONBLOCK)
        sender = Sender(self._policy, ended, never_wakes, self._proxy)
        try:
            sender.start(post, None)
            while not answers:  # the post's own time-out ends it
                sender.poll(1.0)
        finally:
            sender.close()
            os.close(never_wakes)
        return answers[0]

    def _resolve(self, host: str) -> Resolution:
        address = literal(host)
        if address is not None:
            return Resolution(addresses=(str(address),))
        return look_up_in_time(self._lookup, host, self._clock.monotonic)
