"""Who may act: users, keys and signed-in browsers are found by what they show."""

import pytest
from msgspec.structs import replace

from airhook.core.accounts import ApiKey, BearerKey, ConsoleSession, Role, User
from airhook.core.errors import AlreadyExistsError
from support.storage import NOON_MS, transact

USER = User(id=9, account_id=1, name="anna", role=Role.OWNER, password_hash="$argon2id$v=19$...")
API_KEY = ApiKey(
    secret_id="AKIDx", secret_key="Gu5t9xGARNpq86cd98joQYCN3", account_id=1, enabled=True, created_ms=NOON_MS
)
BEARER = BearerKey(id=3, account_id=1, name="ci", sha256=b"\x01" * 32, created_ms=NOON_MS, enabled=False)
BROWSER = ConsoleSession(
    token_sha256=b"\x00\xff" * 16, user_id=9, created_ms=NOON_MS, expires_ms=NOON_MS + 1, one_time=True
)

CASES = [
    pytest.param(USER, lambda tx: tx.put_user(USER), lambda tx: tx.user(9), id="user"),
    pytest.param(USER, lambda tx: tx.put_user(USER), lambda tx: tx.user_by_name("anna"), id="user by name"),
    pytest.param(API_KEY, lambda tx: tx.put_api_key(API_KEY), lambda tx: tx.api_key("AKIDx"), id="api key"),
    pytest.param(
        BEARER, lambda tx: tx.put_bearer_key(BEARER), lambda tx: tx.bearer_key(b"\x01" * 32), id="bearer key"
    ),
    pytest.param(
        BROWSER,
        lambda tx: tx.put_console_session(BROWSER),
        lambda tx: tx.console_session(b"\x00\xff" * 16),
        id="console session",
    ),
]


@pytest.mark.parametrize(("value", "put", "get"), CASES)
def test_what_is_put_is_found_and_survives(store, backend, value, put, get):
    assert transact(store, get) is None
    transact(store, put)
    backend.reopen()
    assert transact(backend.store, get) == value


def test_putting_again_changes_the_row(store):
    def work(tx):
        tx.put_api_key(API_KEY)
        tx.put_api_key(replace(API_KEY, enabled=False, last_used_ms=NOON_MS))
        return tx.api_key("AKIDx")

    assert transact(store, work) == replace(API_KEY, enabled=False, last_used_ms=NOON_MS)


def test_api_keys_are_listed_by_account_oldest_first(store):
    def work(tx):
        for secret_id, owner, created in (("new", 1, 2), ("old", 1, 1), ("other", 2, 0)):
            tx.put_api_key(replace(API_KEY, secret_id=secret_id, account_id=owner, created_ms=created))
        return [key.secret_id for key in tx.api_keys(1)]

    assert transact(store, work) == ["old", "new"]


def test_a_user_name_is_taken_once(store):
    transact(store, lambda tx: tx.put_user(USER))
    with pytest.raises(AlreadyExistsError):
        transact(store, lambda tx: tx.put_user(replace(USER, id=10)))
    assert transact(store, lambda tx: tx.user_by_name("anna")).id == 9


def test_a_one_time_link_is_used_once(store):
    transact(store, lambda tx: tx.put_console_session(BROWSER))
    used = [transact(store, lambda tx: tx.delete_console_session(BROWSER.token_sha256)) for _ in range(2)]
    assert used == [True, False]
