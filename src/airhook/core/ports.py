"""What the parts ask of each other: small protocols, implemented below and wired in ``runtime``.

``Store`` and its ``Tx`` lie between the use cases and the database, ``DeliveryStore`` between the delivery engine and
the database. Only plain values cross. ``push_ports`` has those between a source of streams and the sessions.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import msgspec

from airhook.core.accounts import ApiKey, BearerKey, ConsoleSession, User
from airhook.core.audit import AuditEntry
from airhook.core.config_ports import ConfigTx
from airhook.core.deliveries import Attempt, Delivery, ErrorClass, ExhaustReason, Outcome
from airhook.core.destinations import DestinationKey, DestinationRow, HealthState
from airhook.core.domains import Domain
from airhook.core.due import Line, Want
from airhook.core.events import Event
from airhook.core.history import PastFilter, PastPage
from airhook.core.media_tasks import RecordTask, ScreenshotTask, TaskFilter
from airhook.core.replay_ports import ReplayTx, ReplayView
from airhook.core.search import NEWEST, DeliveryRecord, Filter, Found
from airhook.core.sessions import Session
from airhook.core.snapshot import ConfigRows, Snapshot
from airhook.core.source_ports import SourceTx, SourceView
from airhook.core.stats import StoreCounts
from airhook.core.stream_delays import StreamDelay
from airhook.core.stream_orders import StreamOrder
from airhook.core.streams import StreamKey

T = TypeVar("T")


# --- between the use cases and the database ---------------------------------------------------------------------


class Receipt(msgspec.Struct, kw_only=True):
    """What became of an event that was sent under its caller's id; complete once the transaction is committed."""

    digest: bytes
    accepted_ms: int  # of a repeat: when the first one was accepted
    deliveries: int  # of a repeat: how many the first one got
    repeat: bool = False
    conflict: bool = False  # a repeat of the id alone: its content is another


class Tx(ReplayTx, SourceTx, ConfigTx, Protocol):
    """One transaction. Raising ``AirhookError`` undoes what it wrote; its reads see its own writes."""

    # who may act
    def api_key(self, secret_id: str) -> ApiKey | None: ...
    def api_keys(self, account_id: int) -> list[ApiKey]: ...
    def put_api_key(self, key: ApiKey) -> None: ...
    def note_api_key_use(self, secret_id: str, used_ms: int) -> None: ...
    def bearer_key(self, sha256: bytes) -> BearerKey | None: ...
    def bearer_keys(self, account_id: int) -> list[BearerKey]: ...
    def put_bearer_key(self, key: BearerKey) -> None: ...
    def user(self, user_id: int) -> User | None: ...
    def user_by_name(self, name: str) -> User | None: ...
    def users(self, account_id: int) -> list[User]:
        """In order of their names."""
        ...

    def put_user(self, user: User) -> None: ...
    def console_session(self, token_sha256: bytes) -> ConsoleSession | None: ...
    def put_console_session(self, session: ConsoleSession) -> None: ...
    def delete_console_session(self, token_sha256: bytes) -> bool:
        """Whether it was there: a one-time link is used by whoever deletes it."""
        ...

    def delete_console_sessions_of(self, user_id: int) -> None:
        """Sign a user out everywhere, and make their one-time links worthless."""
        ...

    def put_audit(self, entry: AuditEntry) -> None: ...

    # sessions
    def open_session(self, key: StreamKey) -> Session | None:
        """The one that is not closed."""
        ...

    def session(self, session_id: int) -> Session | None: ...
    def open_sessions(self) -> list[Session]: ...
    def pushed_since(self, account_id: int, domain: str, since_ms: int | None) -> bool:
        """Whether a push to a domain is on, or had data since then; None: whether one is on."""
        ...

    def insert_session(self, session: Session) -> None: ...
    def change_session(self, old: Session, new: Session) -> bool:
        """Compare-and-set: only when the row still has ``old``'s state and epoch. False: the race is lost."""
        ...

    def touch_sessions(self, seen: Sequence[tuple[int, int, int, int]]) -> None:
        """Save (session id, epoch, last_data_ms, bytes) of live sessions in one statement."""
        ...

    def prove_writable(self) -> None:
        """Write something that means nothing, so that the commit shows whether commits are possible."""
        ...

    # events
    def accept(self, event: Event, deliveries: Sequence[Delivery]) -> None:
        """Write an event with its deliveries.

        A delivery with a lane is stored ``held`` when its lane has an unsettled one already. Once committed, the
        deliveries go to the listener set by ``Store.on_accepted``.
        """
        ...

    def repeat(self, deliveries: Sequence[Delivery]) -> None:
        """Write deliveries that send earlier ones again (``repeat_of``), outside every lane; told as accepted ones are."""
        ...

    def accept_once(self, event: Event, deliveries: Sequence[Delivery], digest: bytes) -> Receipt:
        """As ``accept``, unless the account has accepted this id before: then nothing is written.

        ``digest`` stands for the content: a repeat with another one is a conflict. Ids are remembered for
        ``REPEATS_KNOWN_MS``, whatever becomes of their events.
        """
        ...


class View(ReplayView, SourceView, Protocol):
    """What only reads. It may run beside the writer and sees what is committed."""

    def live_sessions(self, account_id: int | None) -> list[Session]: ...
    def open_session(self, key: StreamKey) -> Session | None: ...
    def session(self, session_id: int) -> Session | None:
        """Of any account."""
        ...

    def past_sessions(
        self, account_id: int | None, wanted: PastFilter, *, ascending: bool, offset: int, limit: int
    ) -> PastPage:
        """Closed ones, in order of when they ended."""
        ...

    def domain(self, name: str) -> Domain | None: ...
    def stream_order(self, key: StreamKey) -> StreamOrder | None: ...
    def stream_bans(self, account_id: int, now_ms: int) -> Sequence[StreamOrder]: ...
    def stream_delays(self, account_id: int, now_ms: int) -> list[StreamDelay]: ...
    def record_tasks(self, wanted: TaskFilter) -> list[RecordTask]: ...
    def screenshot_tasks(self, wanted: TaskFilter) -> list[ScreenshotTask]: ...
    def api_key(self, secret_id: str) -> ApiKey | None: ...
    def bearer_key(self, sha256: bytes) -> BearerKey | None: ...
    def console_session(self, token_sha256: bytes) -> ConsoleSession | None: ...
    def user(self, user_id: int) -> User | None: ...
    def search(self, account_id: int | None, wanted: Filter, limit: int, before: int = NEWEST) -> Found:
        """The newest deliveries below the id ``before``; of all accounts without ``account_id``."""
        ...

    def delivery(self, account_id: int | None, delivery_id: int) -> DeliveryRecord | None:
        """One delivery; None when there is none, or when it is another account's."""
        ...

    def records(self, ids: Sequence[int]) -> dict[int, DeliveryRecord]:
        """Deliveries by their ids, without their attempts; those that are not known are left out."""
        ...

    def attempts(self, delivery_id: int) -> list[Attempt]:
        """In order of n."""
        ...

    def event(self, account_id: int, event_id: str) -> Event | None:
        """An accepted event, as long as its log is kept."""
        ...

    def audit_log(self, account_id: int, below: int | None, limit: int) -> list[AuditEntry]:
        """Newest first; ``below`` is the id of the last one of the page before."""
        ...

    def destinations(self, account_id: int) -> Sequence[DestinationRow]:
        """In order of scheme, host and port."""
        ...

    def oldest_due(self) -> int | None:
        """When the longest overdue delivery was due, or the next one will be (ms of the wall clock)."""
        ...

    def counts(self) -> StoreCounts:
        """How much is unsettled; with a million deliveries it takes some tens of milliseconds."""
        ...


class Store(Protocol):
    async def transact(self, work: Callable[[Tx], T]) -> T:
        """Run ``work`` in a transaction and return after its commit.

        Commits are shared: ``work`` runs on the writer's thread, must be quick, and may run again from the start.
        Raises ``UnavailableError`` when the database cannot commit.
        """
        ...

    def submit(self, work: Callable[[Tx], T]) -> "asyncio.Future[T]":
        """``transact`` for those who have no task to wait in: the future belongs to the running loop."""
        ...

    async def read(self, work: Callable[[View], T], *, of_many: bool = False) -> T:
        """Run ``work`` on a reading connection, outside the event loop.

        ``of_many``: one of the reads of something long. Few of these run at a time, so that others need not wait.
        """
        ...

    def load_config(self, since: int) -> ConfigRows:
        """Configuration rows with a version above ``since``; blocking."""
        ...

    def on_accepted(self, told: Callable[[Sequence[Delivery]], None]) -> None:
        """``told`` gets the deliveries of each commit, in order, on the writer's thread."""
        ...

    def close(self) -> None:
        """Finish what was submitted, then stop."""
        ...


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What one commit of outcomes did. Outcomes that lost a race are left out of ``applied``."""

    applied: list[Outcome]
    promoted: list[Delivery]  # lane followers that are pending now


class DeliveryStore(Protocol):
    """The database, as the delivery engine's thread sees it. ``done`` callbacks run on the writer's thread."""

    def settle(self, outcomes: Sequence[Outcome], done: Callable[[Settled | Exception], None]) -> None:
        """Log the attempts, then change the states and promote followers; ``done`` after both commits."""
        ...

    def promote_held(self, now_ms: int, done: Callable[[list[Delivery] | Exception], None]) -> None:
        """Free the held ones whose ``hold_until_ms`` has come."""
        ...

    def lines(self, now_ms: int, after: int | None, limit: int) -> list[Line]:
        """Destinations that have pending or waiting deliveries, in order of their ids, from ``after`` on (None: all).

        Blocking, at most 100 ms: it costs by the number of destinations, not by that of deliveries.
        """
        ...

    def due(self, now_ms: int, wants: Sequence[Want]) -> list[list[Delivery]]:
        """Pending and waiting deliveries of each destination that are due, earliest first; blocking, at most 100 ms.

        Each of the two gets half of the limit at least, if it has so many.
        """
        ...

    def next_held(self) -> int | None:
        """When the next held one is free whatever its lane's head does; blocking."""
        ...

    def save_standings(
        self, rows: Sequence[DestinationRow], done: Callable[[Exception | None], None]
    ) -> None:
        """Save how destinations are doing, for the next start; operators' orders stay as they are."""
        ...

    def troubled(self) -> list[DestinationRow]:
        """Those that were slow or failing when they were last saved; blocking."""
        ...


class Reports(Protocol):
    """Who tells operators. Called on the engine's thread: quick, and never raising."""

    def exhausted(self, delivery: Delivery, reason: ExhaustReason) -> None:
        """A delivery ended without success; that is committed."""
        ...

    def destination_changed(
        self, key: DestinationKey, state: HealthState, was: HealthState, error: ErrorClass | None
    ) -> None:
        """``error``: the last one before a change for the worse."""
        ...


class AddressPolicy(Protocol):
    """Which target addresses are allowed (design D7)."""

    def refused(self, address: str) -> str | None:
        """Why ``address`` (IPv4 or IPv6 text) may not be called, naming the setting that allows it; None: it may."""
        ...


class UrlJudge(Protocol):
    """Judges a callback URL's host when it is saved."""

    async def __call__(self, url: str) -> str | None:
        """Why the host's addresses may not be called; None when they may, or when the name does not resolve now."""
        ...

    async def resolves(self, url: str) -> bool:
        """Whether the host's name resolves now: its author should hear when it does not."""
        ...


class TrialAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """What one attempt sent, and what came of it."""

    body: bytes
    headers: tuple[tuple[str, str], ...]  # that the template adds
    attempt: Attempt


class TrialSender(Protocol):
    """Sends one callback by itself, by the rules of all of them, and waits for its end (``delivery.trial``)."""

    async def __call__(self, delivery: Delivery, snapshot: Snapshot) -> TrialAttempt: ...


class EventPlanner(Protocol):
    """From facts to deliveries, by one snapshot (``delivery.plan``); the event records that snapshot's version."""

    def __call__(self, event: Event, snapshot: Snapshot) -> list[Delivery]: ...
