"""Push domains: add, change, remove."""

from pathlib import Path

import pytest

from airhook.control import domains, rules, templates
from airhook.control.base import AccountLimits
from airhook.control.domains import DAY_MS, DomainChange
from airhook.control.templates import TemplateForm
from airhook.core.errors import (
    AlreadyExistsError,
    InUseError,
    InvalidError,
    LimitError,
    NotFoundError,
    PushedError,
)
from airhook.core.sessions import SessionState
from support.desk import NOW_MS, TestDesk, add_account, open_desk, wait
from support.storage import session

NAME = "push.example.com"


def test_a_new_domain_asks_for_a_key_from_the_start(desk: TestDesk, mine: int) -> None:
    domain = wait(domains.add(desk, mine, "Push.Example.COM"))
    assert domain.name == NAME
    assert (domain.enabled, domain.auth_enabled, domain.created_ms) == (True, True, desk.clock.ms)
    assert len(domain.auth_key) == 32
    assert wait(domains.get(desk, mine, NAME)).auth_key == domain.auth_key


def test_two_domains_have_different_keys(desk: TestDesk, mine: int) -> None:
    first, second = (wait(domains.add(desk, mine, name)) for name in ("a.example.com", "b.example.com"))
    assert first.auth_key != second.auth_key


def test_a_new_domain_counts_at_once(desk: TestDesk, mine: int) -> None:
    wait(domains.add(desk, mine, NAME))
    assert desk.config.current.domains[NAME].account_id == mine


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        pytest.param({"name": "push_1.example.com"}, "domain", id="malformed-name"),
        pytest.param({"name": NAME, "domain_type": 2}, "domain_type", id="unknown-type"),
        pytest.param({"name": NAME, "play_type": 0}, "play_type", id="unknown-area"),
    ],
)
def test_add_refuses(desk: TestDesk, mine: int, arguments: dict[str, int], field: str) -> None:
    with pytest.raises(InvalidError) as caught:
        wait(domains.add(desk, mine, **arguments))  # type: ignore[arg-type]
    assert caught.value.field == field


def test_a_name_is_taken_once_over_all_accounts(desk: TestDesk, mine: int, other: int) -> None:
    wait(domains.add(desk, mine, NAME))
    for account in (mine, other):
        with pytest.raises(AlreadyExistsError):
            wait(domains.add(desk, account, NAME.upper()))


def test_the_limit_is_each_accounts_own(tmp_path: Path) -> None:
    with open_desk(tmp_path, limits=AccountLimits(domains=2)) as desk:
        first, second = add_account(desk, 1), add_account(desk, 2, "other")
        for name in ("a.example.com", "b.example.com"):
            wait(domains.add(desk, first, name))
        with pytest.raises(LimitError, match=r"already has 2 domains; raise limits\.domains"):
            wait(domains.add(desk, first, "c.example.com"))
        wait(domains.add(desk, second, "c.example.com"))


def test_list_holds_the_accounts_own_oldest_first(desk: TestDesk, mine: int, other: int) -> None:
    for account, name in ((mine, "z.example.com"), (other, "m.example.com"), (mine, "a.example.com")):
        wait(domains.add(desk, account, name))
        desk.clock.ms += 1
    assert [domain.name for domain in wait(domains.list_all(desk, mine))] == [
        "z.example.com",
        "a.example.com",
    ]


def test_change_leaves_the_rest_as_it_is(desk: TestDesk, mine: int) -> None:
    before = wait(domains.add(desk, mine, NAME))
    wait(domains.change(desk, mine, NAME, DomainChange(enabled=False, auth_delta_s=60)))
    after = desk.config.current.domains[NAME]
    assert (after.enabled, after.auth_delta_s) == (False, 60)
    assert (after.auth_key, after.auth_enabled, after.reconnect_window_s) == (before.auth_key, True, 70)


@pytest.mark.parametrize(
    ("what", "field"),
    [
        pytest.param(DomainChange(auth_key="a-b"), "auth_key", id="characters"),
        pytest.param(DomainChange(auth_key="a" * 257), "auth_key", id="too-long"),
        pytest.param(DomainChange(backup_auth_key="a b"), "backup_auth_key", id="backup-characters"),
        pytest.param(DomainChange(auth_delta_s=-1), "auth_delta_s", id="negative-delta"),
        pytest.param(DomainChange(reconnect_window_s=3601), "reconnect_window_s", id="window-too-long"),
        pytest.param(DomainChange(auth_key=""), "auth_key", id="no-key-while-authentication-is-on"),
    ],
)
def test_change_refuses_and_changes_nothing(
    desk: TestDesk, mine: int, what: DomainChange, field: str
) -> None:
    before = wait(domains.add(desk, mine, NAME))
    with pytest.raises(InvalidError) as caught:
        wait(domains.change(desk, mine, NAME, what))
    assert caught.value.field == field
    assert wait(domains.get(desk, mine, NAME)).auth_key == before.auth_key


@pytest.mark.parametrize(
    "what",
    [
        pytest.param(DomainChange(auth_key="", backup_auth_key="spare1"), id="the-backup-alone-is-enough"),
        pytest.param(DomainChange(auth_key="", auth_enabled=False), id="off-needs-no-key"),
    ],
)
def test_the_main_key_may_be_cleared(desk: TestDesk, mine: int, what: DomainChange) -> None:
    wait(domains.add(desk, mine, NAME))
    assert wait(domains.change(desk, mine, NAME, what)).auth_key == ""


def test_remove(desk: TestDesk, mine: int) -> None:
    wait(domains.add(desk, mine, NAME))
    wait(domains.remove(desk, mine, NAME))
    assert NAME not in desk.config.current.domains
    with pytest.raises(NotFoundError):
        wait(domains.get(desk, mine, NAME))


def test_a_bound_domain_cannot_be_removed(desk: TestDesk, mine: int) -> None:
    wait(domains.add(desk, mine, NAME))
    template = wait(templates.create(desk, mine, TemplateForm(name="t", urls={1: "http://a.example.com/"})))
    wait(rules.bind(desk, mine, NAME, "", template.id))
    with pytest.raises(InUseError, match=r"rule for app \(all\)"):
        wait(domains.remove(desk, mine, NAME))
    wait(rules.unbind(desk, mine, NAME, ""))
    wait(domains.remove(desk, mine, NAME))
    assert wait(domains.list_all(desk, mine)) == []


def test_another_accounts_domain_is_not_found(desk: TestDesk, mine: int, other: int) -> None:
    wait(domains.add(desk, other, NAME))
    for attempt in (
        domains.get(desk, mine, NAME),
        domains.change(desk, mine, NAME, DomainChange(enabled=False)),
        domains.remove(desk, mine, NAME),
    ):
        with pytest.raises(NotFoundError):
            wait(attempt)
    assert desk.config.current.domains[NAME].enabled


@pytest.mark.parametrize(
    ("lock_days", "state", "ended_ago_ms", "locked"),
    [
        pytest.param(0, SessionState.LIVE, 0, True, id="a-push-is-on"),
        pytest.param(0, SessionState.LOST, 0, False, id="it-is-lost"),
        pytest.param(0, SessionState.CLOSED, 1, False, id="it-is-over"),
        pytest.param(2, SessionState.CLOSED, 2 * DAY_MS - 1, True, id="within-the-lock"),
        pytest.param(2, SessionState.CLOSED, 2 * DAY_MS, False, id="after-the-lock"),
    ],
)
def test_a_domain_is_locked_by_its_pushes(
    desk: TestDesk, mine: int, lock_days: int, state: SessionState, ended_ago_ms: int, locked: bool
) -> None:
    desk.limits = AccountLimits(domain_lock_days=lock_days)
    wait(domains.add(desk, mine, "push.example.com"))
    at = NOW_MS - ended_ago_ms
    times: dict[str, int | None] = {
        "started_ms": at,
        "last_data_ms": at,
        "ended_ms": at if state is SessionState.CLOSED else None,
    }
    pushed = session(1, account_id=mine, domain="push.example.com", state=state, **times)
    wait(desk.store.transact(lambda tx: tx.insert_session(pushed)))
    if locked:
        with pytest.raises(PushedError):
            wait(domains.remove(desk, mine, "push.example.com"))
    else:
        wait(domains.remove(desk, mine, "push.example.com"))
    left = [one.name for one in wait(domains.list_all(desk, mine))]
    assert left == (["push.example.com"] if locked else [])
