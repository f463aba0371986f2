"""Accepting what callers report: each event once, under the id that its caller gave it (design D2, D15)."""

import asyncio
from collections.abc import Sequence

import msgspec

from airhook.control.incoming import Checked, check
from airhook.core.accounts import Account
from airhook.core.clock import Clock
from airhook.core.deliveries import Delivery
from airhook.core.errors import (
    AirhookError,
    AlreadyExistsError,
    InvalidError,
    NotFoundError,
    UnavailableError,
)
from airhook.core.events import Event
from airhook.core.ports import EventPlanner, Receipt, Store, Tx
from airhook.core.sessions import NodeIdentity
from airhook.core.snapshot import ConfigHolder, Snapshot

MAX_BATCH = 100

_PUSH = 0  # domain_type


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """It is committed with its deliveries: now, or already when it was sent before (``duplicate``)."""

    id: str
    event_type: int
    accepted_at: int  # milliseconds since the UNIX epoch; of the first time
    deliveries: int  # how many URLs hear of it
    duplicate: bool


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing of it was written."""

    id: str | None
    error: AirhookError


Result = Accepted | Refused


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """An event that obeys its schema, and what becomes of it."""

    event: Event
    deliveries: list[Delivery]
    digest: bytes


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """The events of one call on their way: what is wrong with them, or how they are planned, in order."""

    tried: Sequence["Planned | Refused"]
    committing: "asyncio.Future[list[Receipt]] | None"  # None: there is nothing to commit

    @property
    def planned(self) -> "list[Planned]":
        return [one for one in self.tried if isinstance(one, Planned)]

    def results(self) -> list[Result]:
        """Once ``committing`` is done. Raises what the commit has raised."""
        written = iter(self.committing.result() if self.committing else ())
        return [one if isinstance(one, Refused) else _result(one.event, next(written)) for one in self.tried]


class _IdOnly(msgspec.Struct):
    id: str | None = None


class Events:
    """The door for events that the own ingest does not see."""

    def __init__(
        self, store: Store, config: ConfigHolder, planner: EventPlanner, clock: Clock, node: NodeIdentity
    ) -> None:
        self._store = store
        self._config = config
        self._planner = planner
        self._clock = clock
        self._node = node

    async def accept(self, account_id: int, sent: Sequence[bytes | msgspec.Raw]) -> list[Result]:
        """Accept in one commit; an answer for each event, in order. Those that are wrong cost the others nothing.

        Raises ``UnavailableError`` when the database cannot commit: nothing was accepted then.
        """
        submission = self.submit(account_id, sent)
        if submission.committing is not None:
            await asyncio.wait({submission.committing})
        return await self.results(submission)

    def submit(self, account_id: int, sent: Sequence[bytes | msgspec.Raw]) -> Submission:
        """Check and plan them, and hand in what can be accepted: ``results`` tells what came of it.

        Raises ``UnavailableError`` as ``accept``.
        """
        snapshot = self._config.acting
        account = snapshot.accounts.get(account_id)
        if account is None:
            raise UnavailableError(
                "This node does not know the account yet. Nothing was accepted; try again."
            )
        tried = [self._plan(snapshot, account, raw) for raw in sent]
        planned = [one for one in tried if isinstance(one, Planned)]
        return Submission(tried=tried, committing=self._write(planned) if planned else None)

    async def results(self, submission: Submission) -> list[Result]:
        """An answer for each event, once ``committing`` is done. Waits only if each must be tried by itself.

        Raises ``UnavailableError`` as ``accept``.
        """
        try:
            return submission.results()
        except (AlreadyExistsError, InvalidError) as error:
            planned = submission.planned
            alone = [Refused(id=planned[0].event.id, error=error)] if len(planned) == 1 else None
            written = iter(alone or await asyncio.gather(*(self._alone(one) for one in planned)))
            return [one if isinstance(one, Refused) else next(written) for one in submission.tried]

    def _plan(self, snapshot: Snapshot, account: Account, raw: bytes | msgspec.Raw) -> Planned | Refused:
        try:
            checked = check(raw, account, self._node)
            _check_domain(snapshot, account, checked.domain)
        except AirhookError as error:
            return Refused(id=_id_of(raw), error=error)
        event = self._event(snapshot, account, checked)
        return Planned(event=event, deliveries=self._planner(event, snapshot), digest=checked.digest)

    def _event(self, snapshot: Snapshot, account: Account, checked: Checked) -> Event:
        return Event(
            id=checked.id,
            account_id=account.id,
            event_type=int(checked.event_type),
            domain=checked.domain,
            app=checked.app,
            stream=checked.stream,
            session_id=None,
            occurred_ms=checked.occurred_ms,
            accepted_ms=self._clock.now_ms(),
            config_version=snapshot.version,
            facts=checked.facts,
        )

    def _write(self, planned: Sequence[Planned]) -> "asyncio.Future[list[Receipt]]":
        def work(tx: Tx) -> list[Receipt]:
            return [tx.accept_once(one.event, one.deliveries, one.digest) for one in planned]

        return self._store.submit(work)

    async def _alone(self, one: Planned) -> Result:
        try:
            [receipt] = await self._write([one])
        except (AlreadyExistsError, InvalidError) as error:
            return Refused(id=one.event.id, error=error)
        return _result(one.event, receipt)


def _check_domain(snapshot: Snapshot, account: Account, name: str) -> None:
    domain = snapshot.domains.get(name)
    if domain is None or domain.account_id != account.id or domain.domain_type != _PUSH:
        raise NotFoundError("push domain", name)


def _result(event: Event, receipt: Receipt) -> Result:
    if receipt.conflict:
        hint = "its content is another; give every event an id of its own"
        return Refused(id=event.id, error=AlreadyExistsError("event", event.id, hint=hint))
    return Accepted(
        id=event.id,
        event_type=event.event_type,
        accepted_at=receipt.accepted_ms,
        deliveries=receipt.deliveries,
        duplicate=receipt.repeat,
    )


def _id_of(raw: bytes | msgspec.Raw) -> str | None:
    """The id of an event that could not be read as a whole, so that its caller knows which one it was."""
    try:
        return msgspec.json.decode(raw, type=_IdOnly).id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
