"""Sessions while nothing can be committed: what is tried again, and what counts meanwhile."""

import asyncio

import pytest

from airhook.core import reasons
from airhook.core.errors import UnavailableError
from support.desk import wait
from support.push_stage import set_stage


@pytest.fixture
def stage(desk):
    return set_stage(desk)


def fail_commits(stage, monkeypatch, error):
    """Until the returned function is called, nothing can be committed."""
    transact = stage.desk.store.transact

    async def fail(_):
        raise error

    monkeypatch.setattr(stage.desk.store, "transact", fail)
    return lambda: monkeypatch.setattr(stage.desk.store, "transact", transact)


@pytest.mark.parametrize("error", [UnavailableError(), ValueError("a fault of ours")])
def test_a_stop_that_cannot_be_committed_is_tried_again(stage, monkeypatch, error):
    ticket = stage.push()
    heal = fail_commits(stage, monkeypatch, error)
    stage.end(ticket, reasons.CLIENT_STOPPED)
    assert stage.said() == [(1, 0)]
    heal()

    async def until_told():
        keeper = asyncio.create_task(stage.sessions.run())
        async with asyncio.timeout(30):
            while stage.said() != [(1, 0), (0, 1)]:
                await asyncio.sleep(0.01)
        keeper.cancel()

    wait(until_told())


def test_a_stop_that_is_never_stored_holds_up_no_other(stage, monkeypatch):
    poison, healthy = stage.push(stream="poison"), stage.push(stream="healthy")
    heal = fail_commits(stage, monkeypatch, UnavailableError())
    stage.end(poison, reasons.CLIENT_STOPPED)
    stage.end(healthy, reasons.CLIENT_STOPPED)
    heal()
    apply = stage.sessions._apply

    def fail_for_one(tx, session, end):
        if session.stream == "poison":
            raise ValueError("cannot be stored")
        return apply(tx, session, end)

    monkeypatch.setattr(stage.sessions, "_apply", fail_for_one)
    wait(stage.sessions.retry_ends())
    assert [body["stream_id"] for body in stage.bodies if body["event_type"] == 0] == ["healthy"]


def test_a_goodbye_that_waits_for_the_database_counts_before_the_next_push(stage, monkeypatch):
    first = stage.push()
    stage.later(4)
    heal = fail_commits(stage, monkeypatch, UnavailableError())
    stage.end(first, reasons.CLIENT_STOPPED)
    heal()
    second = stage.push()
    assert stage.said() == [(1, 0), (0, 1), (1, 0)]
    assert second.session_id != first.session_id


def test_a_loss_that_waits_for_the_database_may_still_be_healed(stage, monkeypatch):
    first = stage.push()
    heal = fail_commits(stage, monkeypatch, UnavailableError())
    stage.end(first, reasons.CONNECTION_CLOSED)
    heal()
    assert stage.push().session_id == first.session_id
    assert stage.said() == [(1, 0)]


def test_a_calm_stop_keeps_the_reason_of_a_goodbye_that_waits(stage, monkeypatch):
    ticket = stage.push()
    heal = fail_commits(stage, monkeypatch, UnavailableError())
    stage.end(ticket, reasons.CLIENT_STOPPED)
    heal()
    wait(stage.sessions.hand_over())
    assert stage.said() == [(1, 0), (0, 1)]


def test_the_size_of_an_announcement_that_failed_is_not_lost(stage, monkeypatch):
    ticket = stage.admit()
    heal = fail_commits(stage, monkeypatch, UnavailableError())
    with pytest.raises(UnavailableError):
        wait(stage.sessions.announce(ticket, 640, 360))
    heal()
    stage.end(ticket, reasons.CLIENT_STOPPED)
    assert [(body["width"], body["height"]) for body in stage.bodies] == [(640, 360), (640, 360)]
