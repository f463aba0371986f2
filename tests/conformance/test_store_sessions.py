"""Sessions: one open session a stream, and steps by compare-and-set."""

import asyncio

import pytest
from msgspec.structs import replace

from airhook.core.errors import AlreadyExistsError
from airhook.core.sessions import SessionState
from support.storage import NOON_MS, session, transact

LIVE, LOST, CLOSED = SessionState.LIVE, SessionState.LOST, SessionState.CLOSED


def test_every_field_survives(store, backend):
    row = session(
        state=LOST,
        owner=None,
        bytes=2**40,
        width=1920,
        height=1080,
        ended_ms=NOON_MS + 5,
        errcode=21,
        sub=102,
        close_due_ms=NOON_MS + 70_000,
    )
    transact(store, lambda tx: tx.insert_session(row))
    backend.reopen()
    assert transact(backend.store, lambda tx: (tx.session(row.id), tx.open_session(row.key))) == (row, row)


def test_a_stream_has_one_open_session(store):
    first = session()
    transact(store, lambda tx: tx.insert_session(first))
    with pytest.raises(AlreadyExistsError):
        transact(store, lambda tx: tx.insert_session(session()))
    transact(store, lambda tx: tx.insert_session(session(stream="room2")))
    transact(store, lambda tx: tx.change_session(first, replace(first, state=CLOSED)))
    second = session()
    transact(store, lambda tx: tx.insert_session(second))
    assert transact(store, lambda tx: tx.open_session(first.key)) == second


def test_a_closed_session_is_found_by_its_id_only(store):
    row = session(state=CLOSED)
    transact(store, lambda tx: tx.insert_session(row))
    found = transact(store, lambda tx: (tx.session(row.id), tx.open_session(row.key), tx.open_sessions()))
    assert found == (row, None, [])


RACES = [
    pytest.param({"state": LIVE}, id="another has announced it"),
    pytest.param({"epoch": 2}, id="another connection has taken it over"),
]


@pytest.mark.parametrize("meanwhile", RACES)
def test_a_lost_race_changes_nothing(store, meanwhile):
    old = session()
    transact(store, lambda tx: tx.insert_session(old))
    transact(store, lambda tx: tx.change_session(old, replace(old, **meanwhile)))
    assert transact(store, lambda tx: tx.change_session(old, replace(old, state=CLOSED, errcode=1))) is False
    assert transact(store, lambda tx: tx.session(old.id)) == replace(old, **meanwhile)


def test_of_many_racers_one_wins(store):
    old = session()
    transact(store, lambda tx: tx.insert_session(old))

    async def race():
        steps = [
            store.transact(lambda tx, n=n: tx.change_session(old, replace(old, epoch=old.epoch + 1, width=n)))
            for n in range(20)
        ]
        return await asyncio.gather(*steps)

    assert sorted(asyncio.run(race())) == [False] * 19 + [True]


def test_touches_save_only_the_connection_they_are_of(store):
    rows = {
        "live": session(stream="live", state=LIVE),
        "opening": session(stream="opening"),
        "newer epoch": session(stream="newer", state=LIVE, epoch=2),
        "lost": session(stream="lost", state=LOST),
    }

    def work(tx):
        for row in rows.values():
            tx.insert_session(row)
        tx.touch_sessions([(row.id, 1, NOON_MS + 5000, 77) for row in rows.values()])
        return {name: tx.session(row.id).bytes for name, row in rows.items()}

    assert transact(store, work) == {"live": 77, "opening": 77, "newer epoch": 0, "lost": 0}
    assert transact(store, lambda tx: tx.session(rows["live"].id)).last_data_ms == NOON_MS + 5000


def test_touching_nothing_is_no_error(store):
    assert transact(store, lambda tx: tx.touch_sessions([])) is None


def test_live_sessions_are_shown_by_account(store):
    mine, other = session(stream="a"), session(stream="b", account_id=2)
    closed = session(stream="c", state=CLOSED)

    def work(tx):
        for row in (mine, other, closed):
            tx.insert_session(row)

    transact(store, work)
    shown = asyncio.run(store.read(lambda view: (view.live_sessions(1), view.live_sessions(None))))
    assert shown == ([mine], [mine, other])
