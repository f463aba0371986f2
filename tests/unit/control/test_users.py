"""Who may sign in: adding, roles, keeping out, passwords; somebody must remain who can let others in."""

from collections.abc import Iterator

import argon2
import pytest

from airhook.control import accounts, users
from airhook.core.accounts import Role, User
from airhook.core.errors import ConflictError, InvalidError, NotFoundError
from support.desk import TestDesk, add_account, open_desk, wait

OURS, THEIRS = 1, 2
PASSWORD = "correct horse battery"


@pytest.fixture
def desk(tmp_path, monkeypatch) -> Iterator[TestDesk]:
    # Hashing is slow by design; here the cost is the least there is.
    monkeypatch.setattr(accounts, "_hasher", argon2.PasswordHasher(1, 8, 1))
    with open_desk(tmp_path) as opened:
        add_account(opened, OURS)
        add_account(opened, THEIRS)
        yield opened


def put(desk: TestDesk, name: str, role: Role, account_id: int = OURS) -> User:
    hashed = accounts._hasher.hash(PASSWORD)
    user = User(id=desk.ids(), account_id=account_id, name=name, role=role, password_hash=hashed)
    wait(desk.store.transact(lambda tx: tx.put_user(user)))
    return user


def sign_in(desk: TestDesk, name: str, password: str = PASSWORD) -> str | None:
    found = wait(accounts.sign_in(desk.store, desk.clock.now_ms(), name, password))
    return found[0] if found else None


def is_in(desk: TestDesk, token: str) -> bool:
    return wait(accounts.session_user(desk.store, desk.clock.now_ms(), token)) is not None


def rule(refused: pytest.ExceptionInfo[InvalidError]) -> tuple[str, str]:
    return refused.value.field, refused.value.rule


def test_a_new_user_signs_in_by_a_link_only(desk) -> None:
    owner = put(desk, "aiko", Role.OWNER)
    made = wait(users.add(desk, owner, "hana", Role.VIEWER))
    assert (made.account_id, made.role, made.password_hash) == (OURS, Role.VIEWER, "")
    assert sign_in(desk, "hana", "") is None
    token = wait(users.reset_link_token(desk, owner, made.id))
    session = wait(accounts.redeem_link(desk.store, desk.clock.now_ms(), token))
    assert session is not None
    assert wait(accounts.redeem_link(desk.store, desk.clock.now_ms(), token)) is None
    wait(users.change_password(desk, made, PASSWORD, keep=accounts.sha256(session)))
    assert sign_in(desk, "hana") is not None


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        pytest.param("", ("name", "characters"), id="empty"),
        pytest.param("two words", ("name", "characters"), id="a space"),
        pytest.param("x" * 65, ("name", "characters"), id="too long"),
        pytest.param("theirs", ("name", "taken"), id="of another account: names are for signing in"),
    ],
)
def test_names_that_cannot_be(desk, name, problem) -> None:
    owner = put(desk, "aiko", Role.OWNER)
    put(desk, "theirs", Role.OWNER, THEIRS)
    with pytest.raises(InvalidError) as refused:
        wait(users.add(desk, owner, name, Role.VIEWER))
    assert rule(refused) == problem


def test_nobody_gives_a_role_above_their_own_or_touches_who_stands_above(desk) -> None:
    owner, above = put(desk, "aiko", Role.OWNER), put(desk, "admin", Role.SYSTEM_OWNER)
    viewer = put(desk, "wei", Role.VIEWER)
    for change in (
        users.add(desk, owner, "new", Role.SYSTEM_OWNER),
        users.set_role(desk, owner, viewer.id, Role.SYSTEM_OWNER),
        users.set_role(desk, owner, above.id, Role.VIEWER),
        users.enable(desk, owner, above.id, enabled=False),
        users.reset_link_token(desk, owner, above.id),
    ):
        with pytest.raises(InvalidError) as refused:
            wait(change)
        assert rule(refused) == ("role", "above")
    assert wait(users.set_role(desk, owner, viewer.id, Role.OPERATOR)).role is Role.OPERATOR


def test_an_owner_remains(desk) -> None:
    owner = put(desk, "aiko", Role.OWNER)
    with pytest.raises(InvalidError) as refused:
        wait(users.set_role(desk, owner, owner.id, Role.VIEWER))
    assert rule(refused) == ("role", "last_owner")
    with pytest.raises(InvalidError) as refused:
        wait(users.enable(desk, owner, owner.id, enabled=False))
    assert rule(refused) == ("enabled", "self")
    second = put(desk, "ben", Role.OWNER)
    assert wait(users.set_role(desk, second, owner.id, Role.VIEWER)).role is Role.VIEWER


def test_who_is_kept_out_has_no_session_link_or_password_that_works(desk) -> None:
    owner, viewer = put(desk, "aiko", Role.OWNER), put(desk, "wei", Role.VIEWER)
    session = sign_in(desk, "wei")
    assert session is not None
    link = wait(accounts.one_time_link_token(desk.store, desk.clock.now_ms(), "wei"))
    wait(users.enable(desk, owner, viewer.id, enabled=False))
    assert not is_in(desk, session)
    assert sign_in(desk, "wei") is None
    assert wait(accounts.redeem_link(desk.store, desk.clock.now_ms(), link)) is None
    with pytest.raises(InvalidError) as refused:
        wait(users.reset_link_token(desk, owner, viewer.id))
    assert rule(refused) == ("enabled", "disabled")
    wait(users.enable(desk, owner, viewer.id, enabled=True))
    assert sign_in(desk, "wei") is not None


def test_a_reset_ends_the_password_and_every_session(desk) -> None:
    owner, viewer = put(desk, "aiko", Role.OWNER), put(desk, "wei", Role.VIEWER)
    session = sign_in(desk, "wei")
    assert session is not None
    wait(users.reset_link_token(desk, owner, viewer.id))
    assert not is_in(desk, session)
    assert sign_in(desk, "wei") is None


def test_a_changed_password_keeps_only_the_session_that_asked(desk) -> None:
    viewer = put(desk, "wei", Role.VIEWER)
    here, elsewhere = sign_in(desk, "wei"), sign_in(desk, "wei")
    assert here is not None
    assert elsewhere is not None
    with pytest.raises(InvalidError) as refused:
        wait(users.change_password(desk, viewer, "short", keep=accounts.sha256(here)))
    assert rule(refused) == ("password", "too_short")
    wait(users.change_password(desk, viewer, "another good one", keep=accounts.sha256(here)))
    assert is_in(desk, here)
    assert not is_in(desk, elsewhere)
    assert sign_in(desk, "wei", "another good one") is not None
    with pytest.raises(ConflictError):
        wait(users.change_password(desk, viewer, PASSWORD, keep=accounts.sha256(elsewhere)))


def test_another_account_s_users_do_not_exist(desk) -> None:
    owner = put(desk, "aiko", Role.OWNER)
    theirs = put(desk, "theirs", Role.VIEWER, THEIRS)
    for change in (
        users.set_role(desk, owner, theirs.id, Role.VIEWER),
        users.enable(desk, owner, theirs.id, enabled=False),
        users.reset_link_token(desk, owner, theirs.id),
    ):
        with pytest.raises(NotFoundError):
            wait(change)
    assert [one.name for one in wait(users.list_all(desk, OURS))] == ["aiko"]
