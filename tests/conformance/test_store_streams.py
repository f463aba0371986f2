"""Orders about streams are configuration; closed sessions are found, and forgotten; a key's last use is noted."""

import asyncio
from typing import Any

from msgspec.structs import replace

from airhook.core.accounts import ApiKey
from airhook.core.history import PastFilter
from airhook.core.sessions import SessionState
from airhook.core.stream_orders import OBEYED_WITHIN_MS, StreamOrder
from airhook.core.streams import StreamKey
from support.storage import NOON_MS, session, transact

KEY = StreamKey(1, "push.example.com", "live", "room1")


def order(key=KEY, **changes):
    return StreamOrder(**key._asdict(), **{"updated_ms": NOON_MS, **changes})


def read(store, work):
    return asyncio.run(store.read(work))


def closed(**changes):
    values = {"state": SessionState.CLOSED, "owner": None, "ended_ms": NOON_MS, "errcode": 1, "sub": 0}
    return session(**{**values, **changes})


def do(store, name, *arguments):
    """Call a method of the transaction, be it one of ``core.ports`` or one for tidying alone."""

    def work(tx: Any) -> Any:
        return getattr(tx, name)(*arguments)

    return transact(store, work)


def test_an_order_is_configuration_and_survives(backend):
    given = order(forbidden_until_ms=NOON_MS + 1, reason="権利", dropped_session=7, dropped_epoch=2)
    before = backend.store.load_config(0).version
    transact(backend.store, lambda tx: tx.put_stream_order(given))
    backend.reopen()
    (loaded,) = backend.store.load_config(before).stream_orders
    assert loaded.version == before + 1
    assert replace(loaded, version=0) == given
    assert transact(backend.store, lambda tx: tx.stream_order(KEY)) == loaded
    assert read(backend.store, lambda view: view.stream_order(KEY)) == loaded
    assert transact(backend.store, lambda tx: tx.stream_order(KEY._replace(account_id=2))) is None


def test_bans_are_listed_in_order_while_they_are_in_force(store):
    for name, until in (("b", 10), ("a", 10), ("c", 5)):
        given = order(KEY._replace(stream=name), forbidden_until_ms=NOON_MS + until)
        do(store, "put_stream_order", given)
    found = read(store, lambda view: view.stream_bans(1, NOON_MS + 5))
    assert [one.stream for one in found] == ["a", "b"]
    assert read(store, lambda view: view.stream_bans(2, NOON_MS)) == []


def test_orders_are_forgotten_when_nobody_needs_them(store):
    transact(store, lambda tx: tx.put_stream_order(order(forbidden_until_ms=NOON_MS + 10 * OBEYED_WITHIN_MS)))
    transact(store, lambda tx: tx.put_stream_order(order(KEY._replace(stream="dropped"))))
    do(store, "forget_stream_orders", NOON_MS + OBEYED_WITHIN_MS)
    assert len(store.load_config(0).stream_orders) == 2
    do(store, "forget_stream_orders", NOON_MS + OBEYED_WITHIN_MS + 1)
    assert [one.stream for one in store.load_config(0).stream_orders] == ["room1"]


def test_closed_sessions_are_found_by_when_they_ended(store):
    rows = [closed(stream=f"s{n}", ended_ms=NOON_MS + n) for n in range(4)] + [session(stream="open")]
    for row in rows:
        do(store, "insert_session", row)
    wanted = PastFilter(since_ms=NOON_MS + 1, until_ms=NOON_MS + 3)

    def page(ascending, offset):
        found = read(
            store, lambda view: view.past_sessions(1, wanted, ascending=ascending, offset=offset, limit=2)
        )
        assert found.total == 3
        return [one.stream for one in found.sessions]

    assert page(ascending=False, offset=0) == ["s3", "s2"]
    assert page(ascending=False, offset=2) == ["s1"]
    assert page(ascending=True, offset=0) == ["s1", "s2"]


def test_the_oldest_closed_sessions_are_forgotten_first(store):
    for n in range(3):
        do(store, "insert_session", closed(stream=f"s{n}", ended_ms=NOON_MS + n))
    assert do(store, "forget_sessions", NOON_MS + 2, 1) == 1
    assert do(store, "forget_sessions", NOON_MS + 2, 9) == 1
    left = read(
        store,
        lambda view: view.past_sessions(
            None, PastFilter(since_ms=0, until_ms=2**62), ascending=True, offset=0, limit=9
        ),
    )
    assert [one.stream for one in left.sessions] == ["s2"]


def test_noting_the_use_of_a_key_changes_nothing_else(store):
    key = ApiKey(secret_id="AKIDx", secret_key="secret", account_id=1, enabled=False, created_ms=NOON_MS)
    transact(store, lambda tx: tx.put_api_key(key))
    transact(store, lambda tx: tx.note_api_key_use("AKIDx", NOON_MS + 7))
    transact(store, lambda tx: tx.note_api_key_use("AKIDy", NOON_MS + 7))
    assert read(store, lambda view: view.api_key("AKIDx")) == replace(key, last_used_ms=NOON_MS + 7)
    assert read(store, lambda view: view.api_key("AKIDy")) is None
