"""Sources within a transaction: which media servers there are, the pushes they told of, and their fresh hooks."""

import msgspec
from sqlalchemy import bindparam, exists, false, select, true

from airhook.core.hooks import HookRecord, SourcePush
from airhook.core.sources import Source
from airhook.storage.config_tx import ConfigTx
from airhook.storage.rows import HOOKS, SOURCE_PUSHES, SOURCES
from airhook.storage.source_tables import hooks, source_pushes, sources

DELETE_PUSH = source_pushes.delete().where(
    source_pushes.c.source_id == bindparam("of_source"), source_pushes.c.client == bindparam("of_client")
)
ADD_HOOK = hooks.insert().from_select(
    [column.name for column in hooks.c],
    select(*(bindparam(f"new_{column.name}", type_=column.type) for column in hooks.c)).where(
        ~exists().where(hooks.c.session_id == bindparam("new_session_id"), hooks.c.id == bindparam("new_id"))
    ),
)
CHANGE_HOOK = hooks.update().where(
    hooks.c.session_id == bindparam("of_session"), hooks.c.id == bindparam("of_id")
)


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

    def save_source_push(self, push: SourcePush) -> None:
        self._put(SOURCE_PUSHES, push)

    def delete_source_push(self, source_id: str, client: str) -> None:
        self._write(DELETE_PUSH, [{"of_source": source_id, "of_client": client}])

    def finish_hooks(self) -> None:
        """Nothing will be added to the unfinished ones of an earlier run."""
        self._write(hooks.update().where(hooks.c.unfinished == true()).values(unfinished=False))

    def add_hook(self, hook: HookRecord, *, unfinished: bool = False) -> None:
        """Write a hook; that it was written before is no harm, since a stop may be tried again."""
        row = {**HOOKS.row(hook, self._box), "unfinished": unfinished}
        self._write(ADD_HOOK, [{f"new_{name}": value for name, value in row.items()}])

    def change_hook(
        self, hook: HookRecord, *, unfinished: bool = False, of_session: int | None = None
    ) -> bool:
        """Change an unfinished one; ``of_session`` is whose it was. False: it is in the log already."""
        was = {"of_session": hook.session_id if of_session is None else of_session, "of_id": hook.id}
        row = {**HOOKS.row(hook, self._box), "unfinished": unfinished}
        return self._write(CHANGE_HOOK, [{**row, **was}]) == 1

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
