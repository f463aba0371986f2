"""Closed sessions: finding them by when they ended, and forgetting the old ones.

They stay in the live database: one small row for each push, beside the delivery of its callbacks.
"""

from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from airhook.core.history import PastFilter, PastPage
from airhook.core.sessions import SessionState
from airhook.storage.rows import SESSIONS
from airhook.storage.secretbox import SecretBox
from airhook.storage.tables import sessions

_CLOSED = sessions.c.state == SessionState.CLOSED.value


def find(
    core: Connection,
    box: SecretBox,
    account_id: int | None,
    wanted: PastFilter,
    *,
    ascending: bool,
    offset: int,
    limit: int,
) -> PastPage:
    """A page in order of when the pushes ended."""
    conditions = _conditions(account_id, wanted)
    order = (sessions.c.ended_ms, sessions.c.id)
    ordered = order if ascending else [column.desc() for column in order]
    total = core.execute(select(func.count()).select_from(sessions).where(*conditions)).scalar_one()
    page = SESSIONS.select.where(*conditions).order_by(*ordered).offset(offset).limit(limit)
    rows = core.execute(page).mappings().all()
    return PastPage(sessions=[SESSIONS.value(row, box) for row in rows], total=total)


def _conditions(account_id: int | None, wanted: PastFilter) -> list[ColumnElement[bool]]:
    table = sessions.c
    exact: tuple[tuple[ColumnElement[Any], Any], ...] = (
        (table.account_id, account_id),
        (table.domain, wanted.domain),
        (table.app, wanted.app),
        (table.stream, None if wanted.part_of_name else wanted.stream),
    )
    conditions = [_CLOSED, table.ended_ms >= wanted.since_ms, table.ended_ms <= wanted.until_ms]
    conditions += [column == value for column, value in exact if value is not None]
    if wanted.part_of_name and wanted.stream:
        conditions.append(table.stream.contains(wanted.stream, autoescape=True))
    if wanted.with_data:
        conditions.append(table.last_data_ms > table.started_ms)
    return conditions


def old_ids(core: Connection, before_ms: int, most: int) -> list[int]:
    """Ids of the sessions that ended longest ago, before a time."""
    old = select(sessions.c.id).where(_CLOSED, sessions.c.ended_ms < before_ms)
    return list(core.execute(old.order_by(sessions.c.ended_ms).limit(most)).scalars())
