"""Working off replays, one part of each in turn: counting, then making repeats at the replay's rate.

A part is read beside the writer and written in one commit with the place that it reached, so that a process that dies goes
on where it was. What limits a replay: its rate, and how many of its repeats have not ended.
"""

import asyncio
import logging
from collections.abc import Sequence

from msgspec.structs import replace

from airhook.control.base import Desk
from airhook.control.repeats import cannot_repeat, repeat_of
from airhook.core import failpoints
from airhook.core.deliveries import UNSETTLED_STATES
from airhook.core.errors import UnavailableError
from airhook.core.ports import Tx, View
from airhook.core.replays import MAX_IN_LINE, MAX_UNDER_WAY, Replay, ReplayState
from airhook.core.search import DeliveryRecord

LOOK_EVERY_S = 2.0
REST_S = 60.0  # of a replay that failed
WORK_EVERY_S = 0.1  # while one is running
COUNTED_AT_ONCE = 500
MADE_AT_ONCE = 100

log = logging.getLogger("airhook.replays")


class Replayer:
    """One for each database. ``run`` goes on for ever."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._allowance: dict[
            int, tuple[float, float]
        ] = {}  # of each replay: since when, and how much is unused
        self._rests: dict[int, float] = {}  # of each replay that failed: until when

    async def run(self) -> None:
        while True:
            due_s = await self.turn()
            await asyncio.sleep(due_s)

    async def turn(self) -> float:
        """Do a part of each replay that is not over; after how many seconds the next turn is due."""
        running = busy = False
        now = self._desk.clock.monotonic()
        self._rests = {one: until for one, until in self._rests.items() if until > now}
        for one in await self._desk.store.read(lambda view: view.open_replays()):
            if one.id in self._rests:
                continue
            running |= one.state is ReplayState.RUNNING
            try:
                busy |= await self.advance(one)
            except UnavailableError as error:
                log.warning("replay %d waits: %s", one.id, error)
            except Exception:  # whatever is wrong with one of them, the others go on
                log.exception("replay %d failed; it is tried again in %d seconds", one.id, REST_S)
                self._rests[one.id] = now + REST_S
        return 0 if busy else WORK_EVERY_S if running else LOOK_EVERY_S

    async def advance(self, one: Replay) -> bool:
        """Do a part of it; whether there is more to do at once."""
        if one.state is ReplayState.COUNTING:
            return await self._count(one)
        if one.state is ReplayState.RUNNING:
            return await self._make(one)
        self._allowance.pop(one.id, None)
        return False

    # --- counting -----------------------------------------------------------------------------------------------

    async def _count(self, one: Replay) -> bool:
        found = await self._desk.store.read(
            lambda view: view.search(one.account_id, one.wanted, COUNTED_AT_ONCE, one.cursor)
        )
        if found.unindexed:
            return False  # an index is being made anew; what it will find belongs to the replay
        ids = [record.delivery.id for record in found.records if _can_be_replayed(record)]

        def work(tx: Tx) -> None:
            now = tx.replay(one.id)
            if now is None or now.state is not ReplayState.COUNTING or now.cursor != one.cursor:
                return
            tx.add_replay_items(one.id, ids)
            counted = replace(now, counted=now.counted + len(ids), cursor=found.next or 0)
            if found.next is None:
                begun = ReplayState.RUNNING if now.starts else ReplayState.PAUSED
                counted = replace(counted, state=begun)
            tx.put_replay(counted)

        await self._desk.store.transact(work)
        if found.next is None:
            log.info("replay %d has %d deliveries", one.id, one.counted + len(ids))
        return True

    # --- making repeats -----------------------------------------------------------------------------------------

    async def _make(self, one: Replay) -> bool:
        allowed = min(self._allowed(one), MAX_UNDER_WAY - one.under_way, MADE_AT_ONCE)
        if allowed < 1:
            return False
        ids, records, in_line = await self._desk.store.read(lambda view: _next(view, one.id, allowed))
        if not ids:
            if not in_line:
                await self._end(one)
            return False
        made = await self._desk.store.transact(lambda tx: self._repeat(tx, one.id, ids, records))
        failpoints.hit("replay.after_commit")
        since, left = self._allowance[one.id]
        self._allowance[one.id] = (since, left - made)
        return len(ids) == MADE_AT_ONCE

    def _repeat(self, tx: Tx, replay_id: int, ids: Sequence[int], records: dict[int, DeliveryRecord]) -> int:
        """Cross the deliveries out and write their repeats; how many."""
        now = tx.replay(replay_id)
        if now is None or now.state is not ReplayState.RUNNING:
            return 0
        if not tx.take_replay_items(replay_id, ids):
            return 0
        good = [
            records[one].delivery
            for one in ids
            if one in records and not cannot_repeat(records[one].delivery, self._desk.config.current)
        ]
        now_ms = self._desk.clock.now_ms()
        tx.repeat([repeat_of(one, self._desk.ids(), now_ms, replay_id) for one in good])
        tx.put_replay(replace(now, made=now.made + len(good), skipped=now.skipped + len(ids) - len(good)))
        failpoints.hit("replay.before_commit")
        return len(good)

    async def _end(self, one: Replay) -> None:
        """Nothing is left to be made: it is over once its repeats have ended."""
        now_ms = self._desk.clock.now_ms()

        def work(tx: Tx) -> bool:
            now = tx.replay(one.id)
            if now is None or now.state is not ReplayState.RUNNING or now.under_way > 0:
                return False
            tx.put_replay(replace(now, state=ReplayState.DONE, ended_ms=now_ms))
            return True

        if one.under_way <= 0 and await self._desk.store.transact(work):
            self._allowance.pop(one.id, None)
            log.info("replay %d is done", one.id)

    def _allowed(self, one: Replay) -> int:
        """How many its rate allows now; at most a second's worth has gathered."""
        now = self._desk.clock.monotonic()
        since, left = self._allowance.get(one.id, (now, 1.0))
        left = min(left + (now - since) * one.rate, float(max(one.rate, 1)))
        self._allowance[one.id] = (now, left)
        return int(left)


def _next(view: View, replay_id: int, limit: int) -> tuple[list[int], dict[int, DeliveryRecord], int]:
    """Which are next, their records, and how many stand in line already."""
    in_line = view.replay_in_line(replay_id)
    ids = view.next_replay_items(replay_id, max(0, min(limit, MAX_IN_LINE - in_line)))
    return ids, view.records(ids), in_line


def _can_be_replayed(record: DeliveryRecord) -> bool:
    """What has ended, and is no repeat itself."""
    return record.delivery.state not in UNSETTLED_STATES and record.delivery.repeat_of is None
