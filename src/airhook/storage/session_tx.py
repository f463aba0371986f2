"""Sessions within a transaction: rows that change by compare-and-set (design D9)."""

from collections.abc import Sequence

from sqlalchemy import bindparam, exc

from airhook.core.errors import AlreadyExistsError
from airhook.core.sessions import Session, SessionState
from airhook.core.streams import StreamKey
from airhook.storage.records import Records
from airhook.storage.rows import SESSIONS
from airhook.storage.tables import sessions

NOT_CLOSED = sessions.c.state != SessionState.CLOSED.value
_CONNECTED = sessions.c.state.in_([SessionState.OPENING.value, SessionState.LIVE.value])

# A touch that arrives after its connection was lost, or taken over by a newer one, says nothing new.
_TOUCH = (
    sessions.update()
    .where(sessions.c.id == bindparam("of_id"), sessions.c.epoch == bindparam("of_epoch"), _CONNECTED)
    .values(last_data_ms=bindparam("seen_ms"), bytes=bindparam("seen_bytes"))
)


class SessionTx(Records):
    def open_session(self, key: StreamKey) -> Session | None:
        table = sessions.c
        same = (
            table.account_id == key.account_id,
            table.domain == key.domain,
            table.app == key.app,
            table.stream == key.stream,
        )
        return self._one(SESSIONS, *same, NOT_CLOSED)

    def session(self, session_id: int) -> Session | None:
        return self._one(SESSIONS, sessions.c.id == session_id)

    def open_sessions(self) -> list[Session]:
        return self._list(SESSIONS, NOT_CLOSED, order=(sessions.c.id,))

    def insert_session(self, session: Session) -> None:
        """Raises ``AlreadyExistsError`` when its stream has an open session."""
        try:
            self._write(sessions.insert().values(SESSIONS.row(session, self._box)))
        except exc.IntegrityError:
            name = f"{session.domain}/{session.app}/{session.stream}"
            raise AlreadyExistsError("an open session of", name) from None

    def change_session(self, old: Session, new: Session) -> bool:
        unchanged = (
            sessions.c.id == old.id,
            sessions.c.state == old.state.value,
            sessions.c.epoch == old.epoch,
        )
        row = SESSIONS.row(new, self._box)
        return self._write(sessions.update().where(*unchanged).values(row)) == 1

    def touch_sessions(self, seen: Sequence[tuple[int, int, int, int]]) -> None:
        names = ("of_id", "of_epoch", "seen_ms", "seen_bytes")
        if seen:
            self._write(_TOUCH, [dict(zip(names, one, strict=True)) for one in seen])
