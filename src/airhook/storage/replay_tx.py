"""Replays within a transaction, and reading them."""

from collections.abc import Collection, Sequence

from sqlalchemy import func, or_, select

from airhook.core.deliveries import DeliveryState
from airhook.core.replays import OPEN_STATES, Replay, ReplayState
from airhook.storage.records import Records
from airhook.storage.replay_tables import replay_items, replays
from airhook.storage.rows import REPLAYS
from airhook.storage.tables import deliveries

_OPEN = replays.c.state.in_(sorted(state.value for state in OPEN_STATES))


class ReplayTx(Records):
    def replay(self, replay_id: int) -> Replay | None:
        return self._one(REPLAYS, replays.c.id == replay_id)

    def replays(self, account_id: int | None, below: int, limit: int) -> list[Replay]:
        """Newest first."""
        mine = [] if account_id is None else [replays.c.account_id == account_id]
        query = REPLAYS.select.where(replays.c.id < below, *mine).order_by(replays.c.id.desc()).limit(limit)
        return [REPLAYS.value(row, self._box) for row in self._core.execute(query).mappings()]

    def open_replays(self) -> Sequence[Replay]:
        """Those that have something left to do, oldest first."""
        return self._list(REPLAYS, _OPEN, order=(replays.c.id,))

    def put_replay(self, replay: Replay) -> None:
        self._put(REPLAYS, replay)

    def add_replay_items(self, replay_id: int, wanted: Collection[int]) -> None:
        rows: list[dict[str, object]] = [
            {"replay_id": replay_id, "delivery_id": delivery_id} for delivery_id in wanted
        ]
        if rows:
            self._write(replay_items.insert(), rows)

    def next_replay_items(self, replay_id: int, limit: int) -> list[int]:
        """The oldest deliveries that were not sent again yet."""
        query = select(replay_items.c.delivery_id).where(replay_items.c.replay_id == replay_id)
        return list(self._core.execute(query.order_by(replay_items.c.delivery_id).limit(limit)).scalars())

    def replay_in_line(self, replay_id: int) -> int:
        """Repeats that wait for their first attempt."""
        mine = (deliveries.c.replay_id == replay_id, deliveries.c.state == DeliveryState.PENDING.value)
        return int(self._core.execute(select(func.count()).where(*mine)).scalar_one())

    def take_replay_items(self, replay_id: int, wanted: Sequence[int]) -> bool:
        """Cross out the next ones; whether they were these."""
        if not wanted or self.next_replay_items(replay_id, len(wanted)) != list(wanted):
            return False
        self._cross_out(replay_id, wanted[-1])
        return True

    def forget_replay_items(self, limit: int) -> int:
        """Cross out what cancelled replays have left; how many."""
        cancelled = replays.c.state == ReplayState.CANCELLED.value
        left = select(replay_items.c.replay_id).where(replay_items.c.replay_id == replays.c.id).exists()
        for replay_id in self._core.execute(select(replays.c.id).where(cancelled, left).limit(1)).scalars():
            return self._cross_out(replay_id, self.next_replay_items(replay_id, limit)[-1])
        return 0

    def forget_replays(self, ended_before_ms: int, kept: int) -> int:
        """Forget replays that ended before a time, and of each account all that are over but the newest ``kept``."""
        left = select(replay_items.c.replay_id).where(replay_items.c.replay_id == replays.c.id).exists()
        place = func.row_number().over(partition_by=replays.c.account_id, order_by=replays.c.id.desc())
        over = select(replays.c.id, replays.c.ended_ms, place.label("place")).where(~_OPEN, ~left).subquery()
        forgotten = select(over.c.id).where(or_(over.c.ended_ms < ended_before_ms, over.c.place > kept))
        return self._write(replays.delete().where(replays.c.id.in_(forgotten)))

    def _cross_out(self, replay_id: int, last: int) -> int:
        some = (replay_items.c.replay_id == replay_id, replay_items.c.delivery_id <= last)
        return self._write(replay_items.delete().where(*some))
