"""Replays: what operators and programs ask of them (``core.replays``); ``Replayer`` does the work."""

from collections.abc import Callable

from msgspec.structs import replace

from airhook.control.base import Desk
from airhook.core.errors import ConflictError, InvalidError, NotFoundError
from airhook.core.ports import Tx
from airhook.core.replays import DEFAULT_RATE, MAX_RATE, OPEN_STATES, Replay, ReplayState
from airhook.core.search import NEWEST, Filter

MAX_OPEN = 20  # of an account
SHOWN = 50

_CAN_PAUSE = frozenset({ReplayState.COUNTING, ReplayState.RUNNING})
_CAN_RESUME = frozenset({ReplayState.COUNTING, ReplayState.PAUSED})


async def create(
    desk: Desk, account_id: int, wanted: Filter, *, rate: int = DEFAULT_RATE, start: bool = True
) -> Replay:
    """Write a replay down; it is counted, and then starts, or pauses when ``start`` is False.

    Raises ``InvalidError`` for a rate that cannot be, a filter that names nothing, or too many replays.
    """
    if not 1 <= rate <= MAX_RATE:
        raise InvalidError("rate", f"must be 1 to {MAX_RATE} a second", rule="range")
    if wanted == Filter():
        raise InvalidError(
            "since", "or another value is needed: everything is not replayed at once", rule="required"
        )
    wanted.check()
    now_ms, replay_id = desk.clock.now_ms(), desk.ids()
    made = Replay(
        id=replay_id,
        account_id=account_id,
        wanted=wanted,
        rate=rate,
        state=ReplayState.COUNTING,
        starts=start,
        created_ms=now_ms,
        cursor=replay_id,  # deliveries that are planned from now on have larger ids
    )

    def work(tx: Tx) -> None:
        mine = [one for one in tx.open_replays() if one.account_id == account_id]
        if len(mine) >= MAX_OPEN:
            raise InvalidError(
                "replay", f"{MAX_OPEN} are not over yet; wait for them, or cancel some", rule="limit"
            )
        tx.put_replay(made)

    await desk.commit(work)
    return made


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
