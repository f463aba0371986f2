"""Key pairs: looked up beside the writer, and when each was last used."""

from typing import Any

import pytest

from airhook.cloudapi.authenticate import Access
from airhook.cloudapi.dispatch import dispatch
from airhook.cloudapi.keys import Keys
from airhook.cloudapi.rates import Rates
from airhook.control import accounts
from airhook.core.accounts import ApiKey
from airhook.core.errors import UnavailableError
from support.cloud import code_of, tc3_post
from support.desk import NOW_MS, TestDesk, wait

ACTION = "DescribeLiveDomains"


class Caller:
    """Calls over one and the same access, as one server does."""

    def __init__(self, desk: TestDesk, key: ApiKey, rates: Rates | None = None) -> None:
        self.desk, self.key = desk, key
        self.access = Access(Keys(desk.store, desk.clock), rates or Rates(desk.clock))

    def call(self) -> str:
        async def work() -> dict[str, Any]:
            raw = tc3_post(self.key, ACTION, now_ms=self.desk.clock.ms)
            answer = await dispatch(self.desk, self.access, raw)
            await self.access.keys.noted()
            return answer

        return code_of(wait(work()))

    def last_used(self) -> int | None:
        (found,) = wait(accounts.list_api_keys(self.desk, self.key.account_id))
        return found.last_used_ms


@pytest.fixture
def caller(desk: TestDesk, key: ApiKey) -> Caller:
    return Caller(desk, key)


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch, desk: TestDesk) -> list[Any]:
    """Every transaction that is asked for."""
    asked: list[Any] = []
    transact = desk.store.transact

    async def counted(work: Any) -> Any:
        asked.append(work)
        return await transact(work)

    monkeypatch.setattr(desk.store, "transact", counted)
    return asked


def test_the_last_use_is_noted_once_a_minute(caller: Caller) -> None:
    assert caller.last_used() is None
    caller.call()
    assert caller.last_used() == NOW_MS
    caller.desk.clock.ms += 59_999
    caller.call()
    assert caller.last_used() == NOW_MS
    caller.desk.clock.ms += 1
    caller.call()
    assert caller.last_used() == NOW_MS + 60_000


def test_a_call_waits_for_no_transaction(caller: Caller, notes: list[Any]) -> None:
    caller.call()
    caller.call()
    # The one is the note; DescribeLiveDomains reads through the writer, twice.
    assert len(notes) == 1 + 2


def test_a_use_that_cannot_be_noted_harms_nobody(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    async def down(_: Any) -> Any:
        raise UnavailableError

    monkeypatch.setattr(caller.desk.store, "transact", down)
    assert caller.call() == "ServiceUnavailable"  # of the action; the key was read all the same


def test_noting_a_use_keeps_what_was_changed_meanwhile(caller: Caller) -> None:
    wait(accounts.enable_api_key(caller.desk, caller.key.account_id, caller.key.secret_id, enabled=False))
    wait(caller.desk.store.transact(lambda tx: tx.note_api_key_use(caller.key.secret_id, NOW_MS)))
    (found,) = wait(accounts.list_api_keys(caller.desk, caller.key.account_id))
    assert (found.enabled, found.last_used_ms) == (False, NOW_MS)


def test_a_disabled_key_counts_within_a_second(caller: Caller) -> None:
    assert caller.call() == ""
    wait(accounts.enable_api_key(caller.desk, caller.key.account_id, caller.key.secret_id, enabled=False))
    caller.desk.clock.ms += 1000
    assert caller.call() == "AuthFailure.SecretIdNotFound"
    wait(accounts.enable_api_key(caller.desk, caller.key.account_id, caller.key.secret_id, enabled=True))
    caller.desk.clock.ms += 1000
    assert caller.call() == ""


def test_too_many_calls(desk: TestDesk, key: ApiKey) -> None:
    caller = Caller(desk, key, Rates(desk.clock, usual=2))
    assert [caller.call() for _ in range(3)] == ["", "", "RequestLimitExceeded"]
    desk.clock.ms += 1000
    assert caller.call() == ""


def test_only_who_signed_is_counted(desk: TestDesk, key: ApiKey) -> None:
    rates = Rates(desk.clock, usual=1)
    guess = ApiKey(secret_id=key.secret_id, secret_key="guess", account_id=1, enabled=True, created_ms=0)
    stranger = Caller(desk, guess, rates)
    assert {stranger.call() for _ in range(3)} == {"AuthFailure.SignatureFailure"}
    assert Caller(desk, key, rates).call() == ""
