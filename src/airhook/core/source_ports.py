"""What the database knows of sources, as transactions and views share it; and how their servers are asked."""

from collections.abc import Sequence
from typing import Protocol

from airhook.core.hooks import HookRecord, SourcePush
from airhook.core.sources import Source


class ServerApiError(Exception):
    """A media server's own API cannot be asked now; the text says why."""


class ServerApi(Protocol):
    """Asks a media server's own API, by the address rules of callbacks (``delivery.fetch``)."""

    async def __call__(self, method: str, url: str, headers: Sequence[tuple[str, str]] = ()) -> bytes:
        """The body of a 2xx answer. Raises ``ServerApiError``."""
        ...


class SourceView(Protocol):
    def source(self, source_id: str) -> Source | None: ...
    def sources(self, account_id: int) -> list[Source]:
        """Oldest first, without deleted ones."""
        ...

    def source_pushes(self) -> list[SourcePush]:
        """Of all sources, in the order in which they were told of."""
        ...

    def hooks(self, session_id: int) -> list[HookRecord]:
        """What media servers told of a session, oldest first; as long as the log is kept."""
        ...

    def fresh_hooks_of(self, source_id: str, limit: int) -> list[HookRecord]:
        """The newest hooks of a source, newest first: those of the last minutes."""
        ...


class SourceTx(Protocol):
    def source(self, source_id: str) -> Source | None: ...
    def sources(self, account_id: int) -> list[Source]: ...
    def put_source(self, source: Source) -> None: ...
    def source_pushes(self) -> list[SourcePush]: ...
    def save_source_push(self, push: SourcePush) -> None: ...
    def delete_source_push(self, source_id: str, client: str) -> None: ...
    def finish_hooks(self) -> None:
        """Nothing will be added to the unfinished ones of an earlier run."""
        ...

    def add_hook(self, hook: HookRecord, *, unfinished: bool = False) -> None:
        """Write a hook; an unfinished one may be changed later."""
        ...

    def change_hook(
        self, hook: HookRecord, *, unfinished: bool = False, of_session: int | None = None
    ) -> bool:
        """Change an unfinished one; ``of_session`` is whose it was. False: it is in the log already."""
        ...
