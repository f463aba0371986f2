"""Who may act, within a transaction: users, keys, signed-in browsers."""

from airhook.core.accounts import ApiKey, BearerKey, ConsoleSession, User
from airhook.storage.records import Records
from airhook.storage.rows import API_KEYS, BEARER_KEYS, CONSOLE_SESSIONS, USERS
from airhook.storage.tables import api_keys, bearer_keys, console_sessions, users


class AccessTx(Records):
    def api_key(self, secret_id: str) -> ApiKey | None:
        return self._one(API_KEYS, api_keys.c.secret_id == secret_id)

    def api_keys(self, account_id: int) -> list[ApiKey]:
        mine = api_keys.c.account_id == account_id
        return self._list(API_KEYS, mine, order=(api_keys.c.created_ms, api_keys.c.secret_id))

    def put_api_key(self, key: ApiKey) -> None:
        self._put(API_KEYS, key)

    def note_api_key_use(self, secret_id: str, used_ms: int) -> None:
        """When it was last used; whatever else is changed of the key at the same time stays."""
        mine = api_keys.update().where(api_keys.c.secret_id == secret_id)
        self._write(mine.values(last_used_ms=used_ms))

    def bearer_key(self, sha256: bytes) -> BearerKey | None:
        return self._one(BEARER_KEYS, bearer_keys.c.sha256 == sha256)

    def bearer_keys(self, account_id: int) -> list[BearerKey]:
        mine = bearer_keys.c.account_id == account_id
        return self._list(BEARER_KEYS, mine, order=(bearer_keys.c.created_ms, bearer_keys.c.id))

    def put_bearer_key(self, key: BearerKey) -> None:
        self._put(BEARER_KEYS, key)

    def user(self, user_id: int) -> User | None:
        return self._one(USERS, users.c.id == user_id)

    def user_by_name(self, name: str) -> User | None:
        return self._one(USERS, users.c.name == name)

    def users(self, account_id: int) -> list[User]:
        return self._list(USERS, users.c.account_id == account_id, order=(users.c.name,))

    def put_user(self, user: User) -> None:
        self._put(USERS, user)

    def console_session(self, token_sha256: bytes) -> ConsoleSession | None:
        return self._one(CONSOLE_SESSIONS, console_sessions.c.token_sha256 == token_sha256)

    def put_console_session(self, session: ConsoleSession) -> None:
        self._put(CONSOLE_SESSIONS, session)

    def delete_console_session(self, token_sha256: bytes) -> bool:
        gone = console_sessions.delete().where(console_sessions.c.token_sha256 == token_sha256)
        return self._write(gone) == 1

    def delete_console_sessions_of(self, user_id: int) -> None:
        self._write(console_sessions.delete().where(console_sessions.c.user_id == user_id))

    def forget_console_sessions(self, before_ms: int) -> None:
        """Take out those that ended before."""
        self._write(console_sessions.delete().where(console_sessions.c.expires_ms < before_ms))
