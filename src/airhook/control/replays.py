"""Replays: what operators and programs ask of them (``core.replays``); ``Replayer`` does the work."""

from collections.abc import Callable, Collection, Sequence

from msgspec.structs import replace

from airhook.control.base import Desk
from airhook.core.deliveries import UNSETTLED_STATES
from airhook.core.errors import ConflictError, InvalidError, NotFoundError, StandingError
from airhook.core.ports import Tx
from airhook.core.replays import DEFAULT_RATE, MAX_CHOSEN, MAX_RATE, OPEN_STATES, Replay, ReplayState
from airhook.core.search import NEWEST, DeliveryRecord, Filter

MAX_OPEN = 20  # of an account
SHOWN = 50

_CAN_PAUSE = frozenset({ReplayState.COUNTING, ReplayState.RUNNING})
_CAN_RESUME = frozenset({ReplayState.COUNTING, ReplayState.PAUSED})


async def create(
    desk: Desk, account_id: int, wanted: Filter, *, rate: int = DEFAULT_RATE, start: bool = True
) -> Replay:
    """Write a replay down; it is counted, and then starts, or pauses when ``start`` is False.

    Raises ``InvalidError`` for a rate that cannot be or a filter that names nothing, ``StandingError`` for too many replays.
    """
    _check_rate(rate)
    if wanted == Filter():
        raise InvalidError(
            "since", "or another value is needed: everything is not replayed at once", rule="required"
        )
    wanted.check()
    replay_id = desk.ids()
    made = Replay(
        id=replay_id,
        account_id=account_id,
        wanted=wanted,
        rate=rate,
        state=ReplayState.COUNTING,
        starts=start,
        created_ms=desk.clock.now_ms(),
        cursor=replay_id,  # deliveries that are planned from now on have larger ids
    )
    await desk.commit(lambda tx: _put(tx, made))
    return made


async def create_chosen(
    desk: Desk,
    account_id: int | None,
    chosen: Collection[int],
    *,
    rate: int = DEFAULT_RATE,
    start: bool = True,
) -> Replay:
    """Write a replay of these deliveries down; it starts at once, or when it is resumed if ``start`` is False.

    ``account_id`` None: of whichever account they all belong to. Raises ``NotFoundError`` for a delivery that is not there;
    ``InvalidError`` (field ``ids``) for none or too many of them, for one that has not ended, and for two accounts' ones.
    """
    _check_rate(rate)
    ids = sorted(set(chosen))
    if not ids:
        raise InvalidError("ids", "is empty; name at least one delivery", rule="required")
    if len(ids) > MAX_CHOSEN:
        raise InvalidError("ids", f"holds more than {MAX_CHOSEN}; use a search instead", rule="too_many")
    records = await desk.store.read(lambda view: view.records(ids))
    made = Replay(
        id=desk.ids(),
        account_id=_owner(ids, records, account_id),
        wanted=Filter(),
        rate=rate,
        state=ReplayState.RUNNING if start else ReplayState.PAUSED,
        starts=start,
        created_ms=desk.clock.now_ms(),
        cursor=0,
        counted=len(ids),
        chosen=ids,
    )

    def work(tx: Tx) -> None:
        _put(tx, made)
        tx.add_replay_items(made.id, ids)

    await desk.commit(work)
    return made


def _owner(ids: Sequence[int], records: dict[int, DeliveryRecord], account_id: int | None) -> int:
    """Whose deliveries these are, all of which can be sent again."""
    for one in ids:
        if one not in records or account_id not in (None, records[one].delivery.account_id):
            raise NotFoundError("delivery", one)
        state = records[one].delivery.state
        if state in UNSETTLED_STATES:
            raise StandingError("ids", f"{one} is {state.value}: it goes out by itself", rule="state")
    owners = {record.delivery.account_id for record in records.values()}
    if len(owners) > 1:
        raise InvalidError("ids", "belong to several accounts; choose those of one", rule="accounts")
    return owners.pop()


def _put(tx: Tx, made: Replay) -> None:
    mine = [one for one in tx.open_replays() if one.account_id == made.account_id]
    if len(mine) >= MAX_OPEN:
        raise StandingError(
            "replay", f"{MAX_OPEN} are not over yet; wait for them, or cancel some", rule="limit"
        )
    tx.put_replay(made)


def _check_rate(rate: int) -> None:
    if not 1 <= rate <= MAX_RATE:
        raise InvalidError("rate", f"must be 1 to {MAX_RATE} a second", rule="range")


async def find(desk: Desk, account_id: int | None, replay_id: int) -> Replay:
    """Raises ``NotFoundError``."""
    found = await desk.store.read(lambda view: view.replay(replay_id))
    return _mine(found, account_id, replay_id)


async def list_some(desk: Desk, account_id: int | None, before: int = NEWEST) -> list[Replay]:
    """Newest first, a page."""
    return await desk.store.read(lambda view: view.replays(account_id, before, SHOWN))


async def pause(desk: Desk, account_id: int | None, replay_id: int) -> Replay:
    """Make no more repeats until ``resume``; those that are under way go on. Raises ``NotFoundError``, ``ConflictError``."""

    def paused(old: Replay) -> Replay:
        if old.state is ReplayState.COUNTING:
            return replace(old, starts=False)
        return replace(old, state=ReplayState.PAUSED)

    return await _change(desk, account_id, replay_id, _CAN_PAUSE, paused)


async def resume(desk: Desk, account_id: int | None, replay_id: int) -> Replay:
    """Start, or go on. Raises ``NotFoundError``, ``ConflictError``."""

    def resumed(old: Replay) -> Replay:
        if old.state is ReplayState.COUNTING:
            return replace(old, starts=True)
        return replace(old, state=ReplayState.RUNNING)

    return await _change(desk, account_id, replay_id, _CAN_RESUME, resumed)


async def cancel(desk: Desk, account_id: int | None, replay_id: int) -> Replay:
    """Make no more repeats, ever; those that are under way go on. Raises ``NotFoundError``, ``ConflictError``."""
    now_ms = desk.clock.now_ms()
    return await _change(
        desk,
        account_id,
        replay_id,
        OPEN_STATES,
        lambda old: replace(old, state=ReplayState.CANCELLED, ended_ms=now_ms),
    )


async def _change(
    desk: Desk,
    account_id: int | None,
    replay_id: int,
    allowed: frozenset[ReplayState],
    changed: Callable[[Replay], Replay],
) -> Replay:
    def work(tx: Tx) -> Replay:
        old = _mine(tx.replay(replay_id), account_id, replay_id)
        if old.state not in allowed:
            possible = " or ".join(sorted(state.value for state in allowed))
            raise ConflictError(
                "replay", replay_id, why=f"is {old.state.value}; that can be done while it is {possible}"
            )
        new = changed(old)
        tx.put_replay(new)
        return new

    return await desk.commit(work)


def _mine(found: Replay | None, account_id: int | None, replay_id: int) -> Replay:
    if found is None or account_id not in (None, found.account_id):
        raise NotFoundError("replay", replay_id)
    return found
