"""The delivery engine: one thread that takes accepted deliveries to their outcomes.

The database is the queue; memory is a window over it. Each turn of the loop: wait for sockets, hear what other
threads put into the mailbox, mark what hangs, start whose turn it is, commit what has ended, ask for what is due.
"""

import functools
import logging
import random
import sys
import threading
import time
from collections.abc import Callable, Sequence

import msgspec

from airhook.core import failpoints
from airhook.core.clock import Clock
from airhook.core.deliveries import Delivery, ErrorClass, Outcome
from airhook.core.ports import AddressPolicy, DeliveryStore, Reports, Settled
from airhook.core.snapshot import ConfigHolder, Snapshot
from airhook.core.stats import EngineStats
from airhook.delivery import attempt
from airhook.delivery.attemptlog import AttemptLog
from airhook.delivery.budgets import Budgets, Destination
from airhook.delivery.counting import Counting
from airhook.delivery.exchange import Answer, Post
from airhook.delivery.flights import Flight, Flights
from airhook.delivery.intake import Intake
from airhook.delivery.keeper import Keeper
from airhook.delivery.mailbox import Mailbox
from airhook.delivery.resolver import Lookup, Resolution, Resolver, system_lookup
from airhook.delivery.sender import Sender
from airhook.delivery.settings import EngineSettings
from airhook.delivery.settling import Settler
from airhook.delivery.standings import NoReports, Standings

HUNG_MAX = 64  # beside the others: hundreds of them begin and end together, and others wait for that
SWITCH_S = 0.001  # threads let each other run so soon; Python's own 5 ms hold the writer up at each statement
STARTS_AT_ONCE = 64  # requests between two looks at the sockets: new connections take their time

__all__ = ["DeliveryEngine", "EngineSettings"]

log = logging.getLogger("airhook.delivery")


class DeliveryEngine:
    """``start`` it, ``offer`` what was accepted, ``stop`` it. All else happens on its own thread."""

    def __init__(
        self,
        store: DeliveryStore,
        holder: ConfigHolder,
        clock: Clock,
        policy: AddressPolicy,
        settings: EngineSettings | None = None,
        lookup: Lookup = system_lookup,
        reports: Reports | None = None,
        chance: Callable[[], float] = random.random,
        believed: Clock | None = None,
    ) -> None:
        """``believed``: the time by which deliveries grow too old (``core.believed``); ``clock`` unless given."""
        self._store = store
        self._holder = holder
        self._clock = clock
        self._chance = chance
        self._policy = policy
        self._settings = settings or EngineSettings()
        self._mailbox = Mailbox()
        hung_max = min(self._settings.open_max, self._settings.unsettled_max // 4, HUNG_MAX)
        self._budgets = Budgets(self._settings.open_max, hung_max)
        self._reports = reports or NoReports()
        self._settler = Settler(store, self._mailbox, clock.monotonic, self._settled)
        self._keeper = Keeper(
            Standings(store, self._mailbox, clock, self._reports),
            self._budgets,
            self._settings.memory_max,
            clock,
            believed or clock,
            self._settler.add,
        )
        self._window = self._keeper.window
        self._sender = Sender(policy, self._answered, self._mailbox.fd, proxy=self._settings.proxy)
        self._resolver = Resolver(clock.monotonic, self._mailbox.wake, lookup)
        self._resolving: dict[str, list[Destination]] = {}
        self._intake = Intake(
            store,
            self._mailbox,
            self._keeper,
            clock,
            lambda delivery, why: self._end_unsent(delivery, ErrorClass.URL_INVALID, why),
        )
        self._flights = Flights(self._budgets, self._window.trim, self._keeper.changed)
        self._counts = Counting()
        self._attempt_log = AttemptLog()
        self._may_start_more = False
        self._stopping = False
        self._grace_until: float | None = None
        self._thread = threading.Thread(target=self._run, name="airhook-delivery", daemon=True)

    # --- for other threads ---

    def start(self) -> None:
        """Raises what the store raises when it is asked for destinations in trouble."""
        self._keeper.load()
        self._follow(self._holder.current)
        self._holder.on_swap.append(self._follow)
        sys.setswitchinterval(SWITCH_S)  # of the whole process
        self._intake.start()
        self._thread.start()

    def offer(self, deliveries: Sequence[Delivery]) -> None:
        """Take what has just been committed."""
        self._intake.offer(deliveries)

    def stop(self, grace_s: float = 5.0, settle_s: float = 10.0) -> None:
        """Start nothing more, let open requests end for ``grace_s``, commit what has ended, then return.

        A request that is cut stays as it was in the database: it is sent again after the next start.
        """
        self._mailbox.put(functools.partial(self._begin_stop, grace_s, settle_s))
        self._thread.join(grace_s + settle_s + 5)
        self._intake.stop()

    def wake(self) -> None:
        """Look at the clock now: for those who move it."""
        self._mailbox.wake()

    def stats(self) -> EngineStats:
        return EngineStats(
            in_hand=len(self._window),
            open=self._sender.open,
            unsettled=self._unsettled,
            settle_error=self._settler.error,
            attempts=self._counts.attempts,
            delivered=self._counts.delivered,
            failed=self._counts.failed,
            errors=dict(self._counts.errors),
            exhausted=dict(self._counts.exhausted),
            took=tuple(self._counts.took.counts),
            resolver=self._resolver.stats(),
        )

    def _follow(self, snapshot: Snapshot) -> None:
        """The configuration is another now; told on the thread that changed it."""
        self._mailbox.put(functools.partial(self._keeper.obey, snapshot.orders))

    # --- the loop ---

    def _run(self) -> None:
        while not self._is_over():
            try:
                self._turn()
            except Exception:
                log.exception("The delivery loop failed; it goes on")
                time.sleep(0.1)
        self._holder.on_swap.remove(self._follow)
        self._keeper.save()
        self._sender.close()
        self._resolver.close()
        self._mailbox.close()

    def _turn(self) -> None:
        self._sender.poll(self._patience())
        for call in self._mailbox.take():
            call()
        for host in self._resolver.collect():
            self._resolved(host)
        now = self._clock.monotonic()
        self._flights.tick(now)
        if not self._stopping:
            self._start_turns(now)
            self._intake.look(now)
        self._attempt_log.flush()
        self._settler.flush()
        self._keeper.tick(now)

    def _patience(self) -> float:
        """Seconds until something is to be done that no socket tells."""
        if self._may_start_more and not self._stopping:
            return 0.0
        now = self._clock.monotonic()
        times = (self._settler.retry_at, self._resolver.next_deadline(), self._flights.next_at())
        waits = [at - now for at in times if at is not None]
        look_s = None if self._stopping else self._intake.next_look_s(now)
        wait = min([*waits, *([] if look_s is None else [look_s])], default=1.0)
        return max(wait, 0.0)

    @property
    def _unsettled(self) -> int:
        return self._sender.open + len(self._settler)

    # --- starting ---

    def _start_turns(self, now: float) -> None:
        self._may_start_more = False
        room = self._settings.unsettled_max - self._unsettled
        for _ in range(min(room, STARTS_AT_ONCE)):
            destination = self._budgets.take()
            if destination is None:
                return
            self._start_one(destination, now)
            self._budgets.offer(destination, now)
        self._may_start_more = self._unsettled < self._settings.unsettled_max

    def _start_one(self, destination: Destination, now: float) -> None:
        resolution = self._resolver.get(destination.host)
        if resolution is None:
            destination.resolving = True
            self._resolving.setdefault(destination.host, []).append(destination)
            return
        delivery = destination.queue.popleft()
        if self._keeper.too_old(delivery):
            self._keeper.expire(delivery)
            return
        try:
            self._send(delivery, destination, resolution, now, self._clock.now_ms())
        except Exception as error:  # one delivery's fault must not hold the others
            log.exception("Delivery %d could not be sent", delivery.id)
            self._end_unsent(delivery, ErrorClass.INTERNAL, str(error) or type(error).__name__)

    def _send(
        self, delivery: Delivery, destination: Destination, found: Resolution, now: float, now_ms: int
    ) -> None:
        prepared = attempt.prepare(delivery, self._holder.current, now_ms)
        flight = Flight(delivery, destination, prepared, found.took_ms, now)
        allowed = tuple([address for address in found.addresses if self._policy.refused(address) is None])
        if not allowed:
            self._flights.began(flight)
            error = found.error or ErrorClass.ADDRESS_REFUSED
            detail = found.detail or next(filter(None, map(self._policy.refused, found.addresses)), "")
            self._finish(flight, attempt.unsent(error, detail))
            return
        timeout_s = self._settings.schedules.of(delivery.event_type).timeout_s
        post = Post(
            target=self._window.targets.of(delivery.url),
            body=prepared.body,
            addresses=allowed,
            timeout_ms=round(timeout_s * 1000),
            headers=prepared.headers,
            options=prepared.options,
        )
        if prepared.options is not None:
            flight.post = post
        failpoints.hit("delivery.before_send")
        self._sender.start(post, flight)
        self._flights.began(flight)

    def _resolved(self, host: str) -> None:
        now = self._clock.monotonic()
        for destination in self._resolving.pop(host, ()):
            destination.resolving = False
            self._budgets.offer(destination, now)

    # --- ending ---

    def _answered(self, tag: object, answer: Answer) -> None:
        assert isinstance(tag, Flight)
        failpoints.hit("delivery.after_send")
        if answer.status in attempt.KEY_REFUSED and self._sent_with_previous_key(tag):
            return
        try:
            self._finish(tag, answer)
        except Exception as error:  # or those that ended with it would never be told of
            log.exception("What became of an attempt at delivery %d could not be told", tag.delivery.id)
            self._finish(tag, attempt.unsent(ErrorClass.INTERNAL, str(error) or type(error).__name__))

    def _sent_with_previous_key(self, flight: Flight) -> bool:
        """Whether the same attempt goes on with its template's old key, for the rest of its time (design D8)."""
        if flight.post is None:
            return False
        second = attempt.with_previous_key(flight.delivery, flight.prepared, self._holder.current)
        left_ms = flight.post.timeout_ms - round((self._clock.monotonic() - flight.began) * 1000)
        if second is None or left_ms <= 0:
            return False
        post = msgspec.structs.replace(
            flight.post, body=second.body, headers=second.headers, timeout_ms=left_ms
        )
        try:
            self._sender.start(post, flight)
        except Exception:
            log.exception("Delivery %d could not be sent with the old key", flight.delivery.id)
            return False
        flight.prepared = second
        return True

    def _finish(self, flight: Flight, answer: Answer) -> None:
        delivery = flight.delivery
        now_ms = self._clock.now_ms()
        outcome = attempt.conclude(
            delivery,
            flight.prepared,
            answer,
            self._settings.schedules.of(delivery.event_type, flight.prepared.options),
            now_ms=now_ms,
            dns_ms=flight.dns_ms,
            chance=self._chance,
        )
        error = outcome.attempt.error if outcome.attempt else None
        if error is None:
            flight.destination.last_success_ms = now_ms
        else:
            flight.destination.last_error = error
        self._flights.ended(flight, error, self._clock.monotonic())
        self._settle(outcome)

    def _end_unsent(self, delivery: Delivery, error: ErrorClass, detail: str) -> None:
        now_ms = self._clock.now_ms()
        prepared = attempt.Prepared(body=b"", t=None, key_version=None, started_ms=now_ms)
        options = attempt.options_of(delivery, self._holder.current)
        schedule = self._settings.schedules.of(delivery.event_type, options)
        answer = attempt.unsent(error, detail)
        self._settle(attempt.conclude(delivery, prepared, answer, schedule, now_ms=now_ms, dns_ms=None))

    def _settle(self, outcome: Outcome) -> None:
        self._counts.attempted(outcome)
        self._attempt_log.add(outcome)
        self._settler.add(outcome)

    def _settled(self, batch: Sequence[Outcome], settled: Settled) -> None:
        for outcome in batch:
            self._intake.settled(outcome)
            if outcome.due_ms is None and outcome.reason is not None:
                self._counts.exhausted[outcome.reason] += 1
                self._reports.exhausted(outcome.delivery, outcome.reason)
        self._intake.take(settled.promoted)

    # --- stopping ---

    def _begin_stop(self, grace_s: float, settle_s: float) -> None:
        self._stopping = True
        self._grace_until = self._clock.monotonic() + grace_s
        self._settle_until = self._grace_until + settle_s

    def _is_over(self) -> bool:
        if self._grace_until is None:
            return False
        now = self._clock.monotonic()
        if self._sender.open and now < self._grace_until:
            return False
        return not len(self._settler) or now >= self._settle_until
