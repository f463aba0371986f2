"""What a crash and a calm stop leave of sessions, and what the next start makes of it (design D9)."""

import pytest

from airhook.core import reasons
from airhook.core.sessions import SessionState
from support.desk import wait
from support.push_stage import set_stage


@pytest.fixture
def stage(desk):
    return set_stage(desk)


def test_after_a_crash_the_window_counts_from_the_restart(stage):
    ticket = stage.push()
    stage.later(5)
    stage.carry(ticket, 1)
    wait(stage.sessions.touch())
    stage.later(1000)
    stage.restart()
    wait(stage.sessions.recover())
    stage.later(69.9)
    stage.close_due()
    assert stage.said() == [(1, 0)]
    stage.later(0.1)
    stage.close_due()
    assert stage.said() == [(1, 0), (0, 5)]
    assert stage.bodies[1]["push_duration"] == "5000", "up to what was last saved"


def test_after_a_crash_the_same_url_takes_over(stage):
    first = stage.push()
    stage.restart()
    wait(stage.sessions.recover())
    second = stage.admit()
    stage.end(second, reasons.CLIENT_STOPPED)
    assert second.session_id == first.session_id
    assert stage.said() == [(1, 0), (0, 1)]


def test_a_crash_before_the_announcement_still_gives_start_and_stop(stage):
    stage.admit()
    stage.restart()
    wait(stage.sessions.recover())
    stage.later(70)
    stage.close_due()
    assert stage.said() == [(1, 0), (0, 5)]


def test_a_calm_stop_hands_live_pushes_to_their_window(stage):
    ticket = stage.push()
    wait(stage.sessions.hand_over())
    handed = stage.session(ticket)
    assert (handed.state, handed.owner) == (SessionState.LOST, None)
    stage.later(60)
    stage.restart()
    wait(stage.sessions.recover())
    stage.later(10)
    stage.close_due()
    assert stage.said() == [(1, 0), (0, 5)], "the window went on while the server was down"


def test_a_goodbye_on_its_way_counts_after_the_hand_over(stage):
    ticket = stage.push()
    wait(stage.sessions.hand_over())
    stage.end(ticket, reasons.CLIENT_STOPPED)
    assert stage.said() == [(1, 0), (0, 1)]


def test_after_a_crash_the_window_is_whole_although_the_clock_went_back(stage):
    stage.push()
    stage.later(-3600)
    stage.restart()
    wait(stage.sessions.recover())
    stage.later(69)
    stage.close_due()
    assert stage.said() == [(1, 0)]
    stage.later(1)
    stage.close_due()
    assert stage.said() == [(1, 0), (0, 5)]
