"""What the database knows of replays (``core.replays``), as transactions and views share it."""

from collections.abc import Collection, Sequence
from typing import Protocol

from airhook.core.replays import Replay


class ReplayView(Protocol):
    def replay(self, replay_id: int) -> Replay | None: ...
    def replays(self, account_id: int | None, below: int, limit: int) -> list[Replay]:
        """Newest first, with smaller ids than ``below``."""
        ...

    def open_replays(self) -> Sequence[Replay]:
        """Those that have something left to do, oldest first."""
        ...

    def next_replay_items(self, replay_id: int, limit: int) -> list[int]:
        """The oldest deliveries that were not sent again yet."""
        ...

    def replay_in_line(self, replay_id: int) -> int:
        """Repeats that wait for their first attempt."""
        ...


class ReplayTx(ReplayView, Protocol):
    def put_replay(self, replay: Replay) -> None: ...
    def add_replay_items(self, replay_id: int, wanted: Collection[int]) -> None:
        """Write down deliveries that are to be sent again."""
        ...

    def take_replay_items(self, replay_id: int, wanted: Sequence[int]) -> bool:
        """Cross out the next ones; whether they were these: whoever crosses them out sends them again."""
        ...
