"""Sessions within a transaction: rows that change by compare-and-set (design D9)."""

from collections.abc import Sequence

from sqlalchemy import Boolean, ColumnElement, bindparam, literal_column, or_, select

from airhook.core.sessions import Session, SessionState
from airhook.core.streams import StreamKey
from airhook.storage import past_sessions
from airhook.storage.records import Records
from airhook.storage.rows import SESSIONS
from airhook.storage.tables import sessions

# As its index has it: a parameter would keep SQLite from using that.
NOT_CLOSED: ColumnElement[bool] = literal_column("state <> 'closed'", Boolean)
_CONNECTED = or_(*(sessions.c.state == state.value for state in (SessionState.OPENING, SessionState.LIVE)))

_OPEN = SESSIONS.select.where(
    *(sessions.c[name] == bindparam(name) for name in StreamKey._fields), NOT_CLOSED
)
_BY_ID = SESSIONS.select.where(sessions.c.id == bindparam("of_id"))
# A touch that arrives after its connection was lost, or taken over by a newer one, says nothing new.
_TOUCH = (
    sessions.update()
    .where(sessions.c.id == bindparam("of_id"), sessions.c.epoch == bindparam("of_epoch"), _CONNECTED)
    .values(last_data_ms=bindparam("seen_ms"), bytes=bindparam("seen_bytes"))
)


class SessionTx(Records):
    def open_session(self, key: StreamKey) -> Session | None:
        row = self._core.execute(_OPEN, key._asdict()).mappings().first()
        return None if row is None else SESSIONS.value(row, self._box)

    def session(self, session_id: int) -> Session | None:
        row = self._core.execute(_BY_ID, {"of_id": session_id}).mappings().first()
        return None if row is None else SESSIONS.value(row, self._box)

    def open_sessions(self) -> list[Session]:
        return self._list(SESSIONS, NOT_CLOSED, order=(sessions.c.id,))

    def pushed_since(self, account_id: int, domain: str, since_ms: int | None) -> bool:
        theirs = (sessions.c.account_id == account_id, sessions.c.domain == domain)
        on = select(sessions.c.id).where(*theirs, _CONNECTED).exists()
        if since_ms is None:
            return bool(self._core.execute(select(on)).scalar())
        late = select(sessions.c.id).where(*theirs, sessions.c.last_data_ms > since_ms).exists()
        return bool(self._core.execute(select(or_(on, late))).scalar())

    def forget_sessions(self, ended_before_ms: int, most: int) -> int:
        """Take out closed ones, the oldest first; how many."""
        ids = past_sessions.old_ids(self._core, ended_before_ms, most)
        return self._write(sessions.delete().where(sessions.c.id.in_(ids))) if ids else 0

    def touch_sessions(self, seen: Sequence[tuple[int, int, int, int]]) -> None:
        names = ("of_id", "of_epoch", "seen_ms", "seen_bytes")
        if seen:
            self._write(_TOUCH, [dict(zip(names, one, strict=True)) for one in seen])
