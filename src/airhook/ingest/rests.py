"""Rests between two reads of a live push: frames that come meanwhile are read together.

Waking up for a frame costs more than the frame: with 20 pushes of 2 Mbit/s this halves what the ingest takes of a core.
All that rest wake up at once, so that one turn of the event loop reads them all.
"""

import asyncio
from typing import Protocol

REST_S = 0.05
REST_BELOW_BYTES = 32_768  # a larger read tells of much that is still to come


class Resting(Protocol):
    def wake(self) -> None: ...


class Rests:
    def __init__(self) -> None:
        self._resting: list[Resting] = []

    def add(self, connection: Resting) -> None:
        if not self._resting:
            asyncio.get_running_loop().call_later(REST_S, self._wake)
        self._resting.append(connection)

    def _wake(self) -> None:
        resting, self._resting = self._resting, []
        for connection in resting:
            connection.wake()
