"""The key pairs of those who call: looked up beside the writer, and when each was last used."""

import asyncio
import logging

from airhook.control.lookups import Lookups
from airhook.core.accounts import ApiKey
from airhook.core.clock import Clock
from airhook.core.errors import AirhookError
from airhook.core.ports import Store

NOTED_EVERY_MS = 60_000  # how exactly the last use of a key is known

_log = logging.getLogger(__name__)


class Keys:
    def __init__(self, store: Store, clock: Clock) -> None:
        async def ask(secret_id: str) -> ApiKey | None:
            return await store.read(lambda view: view.api_key(secret_id))

        self._store = store
        self._clock = clock
        self._lookups = Lookups(clock, ask)
        self._noted: dict[str, int] = {}  # there are no more than keys that exist
        self._notes: set[asyncio.Task[None]] = set()

    async def get(self, secret_id: str) -> ApiKey | None:
        """As it was within the last second. Raises ``UnavailableError``."""
        return await self._lookups.get(secret_id)

    def used(self, key: ApiKey) -> None:
        """Note a use, at most once a minute for each key, and beside the call that used it."""
        now_ms = self._clock.now_ms()
        noted = max(self._noted.get(key.secret_id, 0), key.last_used_ms or 0)
        if 0 <= now_ms - noted < NOTED_EVERY_MS:
            return
        self._noted[key.secret_id] = now_ms
        task = asyncio.get_running_loop().create_task(self._note(key.secret_id, now_ms))
        self._notes.add(task)
        task.add_done_callback(self._notes.discard)

    async def noted(self) -> None:
        """Wait until the notes that are under way are written, or have failed."""
        await asyncio.gather(*self._notes)

    async def _note(self, secret_id: str, now_ms: int) -> None:
        try:
            await self._store.transact(lambda tx: tx.note_api_key_use(secret_id, now_ms))
        except AirhookError as error:
            # The next minute has another use to note.
            _log.debug("the last use of key %s could not be noted: %s", secret_id, error)
