"""Accounts, their keys, and signing in."""

import hashlib

import pytest

from airhook.control import accounts
from airhook.control.accounts import LINK_LIFE_MS, SESSION_LIFE_MS, Credentials
from airhook.core.errors import AlreadyExistsError, InvalidError, NotFoundError
from support.desk import TestDesk, add_account, wait


@pytest.fixture
def credentials(desk: TestDesk) -> Credentials:
    return wait(accounts.initialize(desk))


def test_initialize_makes_everything_one_needs(desk: TestDesk) -> None:
    made = wait(accounts.initialize(desk, appid=1300000001, user_name="owner"))
    account = wait(accounts.first_account(desk))
    assert account is not None
    assert made.appid == account.appid == 1300000001
    key = wait(desk.store.transact(lambda tx: tx.api_key(made.secret_id)))
    assert key is not None
    assert (key.secret_key, key.account_id, key.enabled) == (made.secret_key, account.id, True)
    bearer = wait(
        desk.store.transact(lambda tx: tx.bearer_key(hashlib.sha256(made.api_key.encode()).digest()))
    )
    assert bearer is not None
    assert bearer.account_id == account.id
    signed_in = wait(accounts.sign_in(desk.store, desk.clock.ms, "owner", made.console_password))
    assert signed_in is not None
    assert signed_in[1].account_id == account.id


def test_initialize_happens_once(desk: TestDesk, credentials: Credentials) -> None:
    with pytest.raises(AlreadyExistsError, match="initialized"):
        wait(accounts.initialize(desk, user_name="second"))
    assert wait(desk.store.transact(lambda tx: tx.user_by_name("second"))) is None
    assert wait(desk.store.transact(lambda tx: len(tx.accounts()))) == 1


def test_two_installations_share_no_secret(desk: TestDesk) -> None:
    first = wait(accounts.initialize(desk))
    account = wait(accounts.first_account(desk))
    assert account is not None
    second = wait(accounts.create_api_key(desk, account.id))
    assert first.secret_id != second.secret_id
    assert first.secret_key != second.secret_key
    assert first.secret_id.startswith("AKID")


def test_no_account_before_initialize(desk: TestDesk) -> None:
    assert wait(accounts.first_account(desk)) is None


def test_key_pairs_can_be_disabled(desk: TestDesk, credentials: Credentials) -> None:
    desk.clock.ms += 1
    other = add_account(desk, 2, "other")
    account = wait(accounts.first_account(desk))
    assert account is not None
    assert [key.secret_id for key in wait(accounts.list_api_keys(desk, account.id))] == [
        credentials.secret_id
    ]
    with pytest.raises(NotFoundError):
        wait(accounts.enable_api_key(desk, other, credentials.secret_id, enabled=False))
    wait(accounts.enable_api_key(desk, account.id, credentials.secret_id, enabled=False))
    key = wait(desk.store.transact(lambda tx: tx.api_key(credentials.secret_id)))
    assert key is not None
    assert not key.enabled


@pytest.mark.parametrize(
    ("name", "right_password"),
    [
        pytest.param("admin", False, id="wrong-password"),
        pytest.param("nobody", True, id="unknown-name"),
    ],
)
def test_sign_in_refuses(desk: TestDesk, credentials: Credentials, name: str, right_password: bool) -> None:
    password = credentials.console_password if right_password else "x" * 20
    assert wait(accounts.sign_in(desk.store, desk.clock.ms, name, password)) is None


def test_a_session_lasts_its_time(desk: TestDesk, credentials: Credentials) -> None:
    now = desk.clock.ms
    signed_in = wait(accounts.sign_in(desk.store, now, "admin", credentials.console_password))
    assert signed_in is not None
    token, user = signed_in
    last = now + SESSION_LIFE_MS
    assert wait(accounts.session_user(desk.store, last, token)) == user
    assert wait(accounts.session_user(desk.store, last + 1, token)) is None
    assert wait(accounts.session_user(desk.store, now, token + "x")) is None


def test_sign_out_ends_the_session(desk: TestDesk, credentials: Credentials) -> None:
    now = desk.clock.ms
    signed_in = wait(accounts.sign_in(desk.store, now, "admin", credentials.console_password))
    assert signed_in is not None
    wait(accounts.sign_out(desk.store, signed_in[0]))
    assert wait(accounts.session_user(desk.store, now, signed_in[0])) is None


def test_a_link_signs_in_once(desk: TestDesk, credentials: Credentials) -> None:
    now = desk.clock.ms
    link = wait(accounts.one_time_link_token(desk.store, now, "admin"))
    assert wait(accounts.session_user(desk.store, now, link)) is None, "a link is no session"
    token = wait(accounts.redeem_link(desk.store, now, link))
    assert token is not None
    user = wait(accounts.session_user(desk.store, now, token))
    assert user is not None
    assert user.name == "admin"
    assert wait(accounts.redeem_link(desk.store, now, link)) is None


def test_a_link_grows_old(desk: TestDesk, credentials: Credentials) -> None:
    now = desk.clock.ms
    link = wait(accounts.one_time_link_token(desk.store, now, "admin"))
    assert wait(accounts.redeem_link(desk.store, now + LINK_LIFE_MS + 1, link)) is None


def test_a_session_is_no_link(desk: TestDesk, credentials: Credentials) -> None:
    now = desk.clock.ms
    signed_in = wait(accounts.sign_in(desk.store, now, "admin", credentials.console_password))
    assert signed_in is not None
    assert wait(accounts.redeem_link(desk.store, now, signed_in[0])) is None
    assert wait(accounts.session_user(desk.store, now, signed_in[0])) is not None


def test_no_link_for_nobody(desk: TestDesk, credentials: Credentials) -> None:
    with pytest.raises(InvalidError, match="'nobody' does not exist"):
        wait(accounts.one_time_link_token(desk.store, desk.clock.ms, "nobody"))


def test_a_users_name_has_plain_characters(desk: TestDesk) -> None:
    with pytest.raises(InvalidError, match="user"):
        wait(accounts.initialize(desk, user_name="a b"))


def test_no_account_is_made_whose_secrets_could_not_be_shown(desk):
    def told(made):
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        wait(accounts.initialize(desk, told=told))
    assert wait(accounts.first_account(desk)) is None
    shown: list[Credentials] = []
    assert wait(accounts.initialize(desk, told=shown.append)) == shown[0]
