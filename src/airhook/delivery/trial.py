"""One attempt by itself, outside lanes, budgets and records: what the console's test button sends.

It goes the way of every callback: signed by the same function, judged by the same policy, sent by the same sender.
"""

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from airhook.core.clock import Clock
from airhook.core.deliveries import Attempt, Delivery, ErrorClass
from airhook.core.ports import AddressPolicy, TrialAttempt
from airhook.core.snapshot import Snapshot
from airhook.delivery import attempt
from airhook.delivery.addresses import literal
from airhook.delivery.resolver import PATIENCE_S, Lookup, Resolution, look_up, system_lookup
from airhook.delivery.retry import Schedules
from airhook.delivery.sender import Answer, Post, Sender
from airhook.delivery.targets import parse

AT_ONCE = 4


class TrialSender:
    """Fulfils ``core.ports.TrialSender``. Its threads end with the process."""

    def __init__(
        self,
        policy: AddressPolicy,
        clock: Clock,
        schedules: Schedules,
        *,
        proxy: str = "",
        lookup: Lookup = system_lookup,
    ) -> None:
        self._policy = policy
        self._clock = clock
        self._schedules = schedules
        self._proxy = proxy
        self._lookup = lookup
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="airhook-trial")

    async def __call__(self, delivery: Delivery, snapshot: Snapshot) -> TrialAttempt:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._send, delivery, snapshot)

    def _send(self, delivery: Delivery, snapshot: Snapshot) -> TrialAttempt:
        prepared = attempt.prepare(delivery, snapshot, self._clock.now_ms())
        found = self._resolve(parse(delivery.url).host)
        answer = self._answer(delivery, prepared, found)
        schedule = self._schedules.of(delivery.event_type, prepared.options)
        now_ms = self._clock.now_ms()
        outcome = attempt.conclude(
            delivery, prepared, answer, schedule, now_ms=now_ms, dns_ms=found.took_ms or None
        )
        made: Attempt | None = outcome.attempt
        assert made is not None
        return TrialAttempt(body=prepared.body, headers=prepared.headers, attempt=made)

    def _answer(self, delivery: Delivery, prepared: attempt.Prepared, found: Resolution) -> Answer:
        refusals = {address: self._policy.refused(address) for address in found.addresses}
        allowed = tuple(address for address, why in refusals.items() if why is None)
        if found.error is not None or not allowed:
            error = found.error or ErrorClass.ADDRESS_REFUSED
            detail = found.detail or next((why for why in refusals.values() if why), "")
            return attempt.unsent(error, detail)
        timeout_s = self._schedules.of(delivery.event_type).timeout_s
        return self._post(
            Post(
                target=parse(delivery.url),
                body=prepared.body,
                addresses=allowed,
                timeout_ms=round(timeout_s * 1000),
                headers=prepared.headers,
                options=prepared.options,
            )
        )

    def _post(self, post: Post) -> Answer:
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
        began = self._clock.monotonic()
        try:
            found = _in_thread(lambda: look_up(self._lookup, host)).result(PATIENCE_S)
        except TimeoutError:
            return Resolution(
                error=ErrorClass.DNS_TIMEOUT, detail=f"{host} did not resolve within {PATIENCE_S:g} s"
            )
        took_ms = round((self._clock.monotonic() - began) * 1000, 3)
        return Resolution(addresses=found.addresses, error=found.error, detail=found.detail, took_ms=took_ms)


def _in_thread(work: Callable[[], Resolution]) -> "Future[Resolution]":
    """A daemon thread: the system's resolver cannot be interrupted, and nobody shall wait for it."""
    future: Future[Resolution] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except Exception as error:
            future.set_exception(error)

    threading.Thread(target=run, name="airhook-trial-name", daemon=True).start()
    return future
