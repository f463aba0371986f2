"""Loading the configuration's rows, and the check that the master key is the one they were sealed with."""

from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, RowMapping, false, select, true

from airhook.core.errors import ConfigError
from airhook.core.media_config import MediaRows
from airhook.core.snapshot import ConfigRows
from airhook.storage.rows import (
    ACCOUNTS,
    DESTINATIONS,
    DOMAINS,
    RECORD_RULES,
    RECORD_TASKS,
    RECORD_TEMPLATES,
    RULES,
    SCREENSHOT_TASKS,
    SNAPSHOT_RULES,
    SNAPSHOT_TEMPLATES,
    SOURCES,
    STREAM_ORDERS,
    TEMPLATES,
    Kind,
)
from airhook.storage.secretbox import SecretBox
from airhook.storage.tables import callback_templates, config_state, push_domains

PAGE = 2000  # rows of one read

S = TypeVar("S", bound=msgspec.Struct)

_CHECK_TEXT = "airhook"
_CHECK_PLACE = "config_state.key_check"


def check_key(core: Connection, box: SecretBox, name: object) -> None:
    """Raise ``ConfigError`` when the box has another key than the database ``name``; the first key becomes its key."""
    sealed = core.execute(select(config_state.c.key_check)).scalar_one()
    if sealed is None:
        core.execute(config_state.update().values(key_check=box.seal(_CHECK_TEXT, _CHECK_PLACE)))
        return
    try:
        box.open(sealed, _CHECK_PLACE)
    except ConfigError:
        raise ConfigError(
            f"the secret key is not the one of {name}; give the key that it was made with"
        ) from None


def load(core: Connection, box: SecretBox, since: int) -> ConfigRows:
    """Rows above version ``since``, by pages: each is a short transaction.

    A row that changes between two reads is read again by the next load, since its version is above the one given
    back here.
    """
    version = int(core.execute(select(config_state.c.version)).scalar_one())
    pages = _Pages(core, box, since)
    return ConfigRows(
        version=version,
        accounts=pages.values(ACCOUNTS),
        domains=pages.values(DOMAINS, push_domains.c.deleted == false()),
        dead_domains=[row["name"] for row in pages.rows(push_domains, push_domains.c.deleted == true())],
        templates=pages.values(TEMPLATES, callback_templates.c.dead == false()),
        dead_templates=[
            row["id"] for row in pages.rows(callback_templates, callback_templates.c.dead == true())
        ],
        rules=pages.values(RULES),
        destinations=pages.values(DESTINATIONS),
        stream_orders=pages.values(STREAM_ORDERS),
        sources=pages.values(SOURCES),
        media=MediaRows(
            record_templates=pages.values(RECORD_TEMPLATES),
            record_rules=pages.values(RECORD_RULES),
            record_tasks=pages.values(RECORD_TASKS),
            snapshot_templates=pages.values(SNAPSHOT_TEMPLATES),
            snapshot_rules=pages.values(SNAPSHOT_RULES),
            screenshot_tasks=pages.values(SCREENSHOT_TASKS),
        ),
    )


class _Pages:
    def __init__(self, core: Connection, box: SecretBox, since: int) -> None:
        self._core, self._box, self._since = core, box, since

    def values(self, kind: Kind[S], *where: Any) -> list[S]:
        return [kind.value(row, self._box) for row in self.rows(kind.table, *where)]

    def rows(self, table: Any, *where: Any) -> Iterator[RowMapping]:
        """In order of version: no two rows share one."""
        last = self._since
        while True:
            query = select(table).where(table.c.version > last, *where).order_by(table.c.version).limit(PAGE)
            page = self._core.execute(query).mappings().all()
            yield from page
            if len(page) < PAGE:
                return
            last = page[-1]["version"]
