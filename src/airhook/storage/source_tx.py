"""Sources within a transaction: which media servers there are, the pushes they told of, and their fresh hooks."""

import msgspec
from sqlalchemy import false, select, true

from airhook.core.hooks import HookRecord, SourcePush
from airhook.core.sources import Source
from airhook.storage.config_tx import ConfigTx
from airhook.storage.rows import HOOKS, SOURCE_PUSHES, SOURCES
from airhook.storage.source_tables import hooks, source_pushes, sources


class SourceTx(ConfigTx):
    def source(self, source_id: str) -> Source | None:
        return self._one(SOURCES, sources.c.id == source_id, sources.c.deleted == false())

    def sources(self, account_id: int) -> list[Source]:
        mine = (sources.c.account_id == account_id, sources.c.deleted == false())
        return self._list(SOURCES, *mine, order=(sources.c.created_ms, sources.c.name))

    def put_source(self, source: Source) -> None:
        self._put(SOURCES, msgspec.structs.replace(source, version=self._next_version()))

    def source_pushes(self) -> list[SourcePush]:
        return self._list(SOURCE_PUSHES, order=(source_pushes.c.began_ms, source_pushes.c.hook_id))

    def finish_hooks(self) -> None:
        """Nothing will be added to the unfinished ones of an earlier run."""
        self._write(hooks.update().where(hooks.c.unfinished == true()).values(unfinished=False))

    def fresh_hooks(self, session_id: int) -> list[HookRecord]:
        return self._list(HOOKS, hooks.c.session_id == session_id, order=(hooks.c.id,))

    def fresh_hooks_of(self, source_id: str, limit: int) -> list[HookRecord]:
        """The newest first."""
        query = (
            select(*HOOKS.columns)
            .where(hooks.c.source_id == source_id)
            .order_by(hooks.c.id.desc())
            .limit(limit)
        )
        return [HOOKS.value(row, self._box) for row in self._core.execute(query).mappings()]
