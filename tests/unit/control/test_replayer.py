"""Working off a replay, a turn at a time, on a clock that is moved by hand; nobody sends what is made."""

from pathlib import Path

import pytest

from airhook.control import repeats, replayer, replays
from airhook.control.replayer import REST_S, Replayer
from airhook.core.deliveries import DeliveryState, ErrorClass, ExhaustReason, Outcome
from airhook.core.errors import ConflictError, NotFoundError
from airhook.core.replays import MAX_IN_LINE
from airhook.core.search import Filter
from support.desk import TestDesk, wait
from support.replay_stage import ReplayStage
from support.storage import attempt, delivered, failed, settle


@pytest.fixture
def stage(desk: TestDesk) -> ReplayStage:
    return ReplayStage(desk)


def test_it_is_counted_before_the_first_one_goes_out_and_waits_when_it_shall(stage: ReplayStage) -> None:
    stage.ended(7)
    replay = stage.create(start=False)
    stage.turns(5)
    assert (stage.now(replay).state, stage.now(replay).counted, stage.now(replay).made) == ("paused", 7, 0)
    wait(replays.resume(stage.desk, 1, replay))
    stage.turns(2)
    assert (stage.now(replay).made, len(stage.under_way())) == (7, 7)


def test_the_oldest_goes_first_outside_of_every_lane(stage: ReplayStage) -> None:
    first = stage.ended(5)
    stage.create()
    stage.turns(3)
    repeats_made = stage.under_way()
    assert [one.repeat_of for one in repeats_made] == [one.id for one in first]
    assert {one.lane for one in repeats_made} == {None}
    assert {one.body for one in repeats_made} == {first[0].body}
    assert {one.expires_ms - one.created_ms for one in repeats_made} == {7_200_000}, (
        "as old as the first ones"
    )


def test_it_makes_no_more_a_second_than_its_rate(stage: ReplayStage) -> None:
    stage.ended(60)
    replay = stage.create(rate=10)
    stage.turns(2)
    before = stage.now(replay).made
    stage.turns(20, seconds=0.1)
    assert stage.now(replay).made - before == 20


def test_one_that_fails_does_not_stop_the_others(
    stage: ReplayStage, caplog: pytest.LogCaptureFixture
) -> None:
    stage.ended(3)
    bad = stage.create(Filter(event_type=2**70))  # no database can be asked for it
    good = stage.create()
    stage.turns(3)
    assert (stage.now(bad).state, stage.now(good).made) == ("counting", 3)
    assert caplog.text.count(f"replay {bad} failed") == 1, "it rests, and does not fill the log"
    stage.turns(seconds=REST_S)
    assert caplog.text.count(f"replay {bad} failed") == 2


def test_no_more_stand_in_line_than_live_deliveries_can_bear(stage: ReplayStage) -> None:
    stage.ended(MAX_IN_LINE + 50)
    replay = stage.create()
    stage.turns(10)
    assert (stage.now(replay).made, len(stage.under_way())) == (MAX_IN_LINE, MAX_IN_LINE)
    stage.settle(stage.under_way()[:30])
    stage.turns(2)
    assert (stage.now(replay).made, len(stage.under_way())) == (MAX_IN_LINE + 30, MAX_IN_LINE)


def test_what_waits_to_be_tried_again_holds_up_nobody(stage: ReplayStage) -> None:
    stage.ended(MAX_IN_LINE + 50)
    replay = stage.create()
    stage.turns(5)
    settle(stage.store, *map(failed, stage.under_way()))
    stage.turns(3)
    assert stage.now(replay).made == MAX_IN_LINE + 50


def test_no_more_are_under_way_than_the_database_shall_hold(
    stage: ReplayStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replayer, "MAX_UNDER_WAY", 3)
    stage.ended(8)
    replay = stage.create()
    stage.turns(4)
    settle(
        stage.store, *map(failed, stage.under_way())
    )  # they wait for their next attempt, and are under way
    stage.turns(2)
    assert (stage.now(replay).made, stage.now(replay).under_way) == (3, 3)


def test_two_processes_count_a_part_once(stage: ReplayStage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replayer, "COUNTED_AT_ONCE", 2)
    stage.ended(3)
    stale = stage.now(stage.create(start=False))
    other = Replayer(stage.desk)
    for one in (stage.replayer, other):
        wait(one.advance(stale))
    assert (stage.now(stale.id).counted, stage.now(stale.id).state) == (2, "counting")
    stage.turns()
    assert (stage.now(stale.id).counted, stage.now(stale.id).state) == (3, "paused")


def test_it_is_done_when_the_last_repeat_has_ended_and_counts_how(stage: ReplayStage) -> None:
    stage.ended(3)
    replay = stage.create()
    stage.turns(4)
    assert (stage.now(replay).state, stage.now(replay).under_way) == ("running", 3)
    [one, *others] = stage.under_way()
    bad = attempt(one, status=500, error=ErrorClass.BAD_STATUS)
    lost = Outcome(delivery=one, attempt=bad, state=DeliveryState.EXHAUSTED, reason=ExhaustReason.ATTEMPTS)
    settle(stage.store, lost, *map(delivered, others))
    stage.turns(2)
    over = stage.now(replay)
    assert (over.state, over.made, over.delivered, over.exhausted) == ("done", 3, 2, 1)
    assert over.ended_ms == stage.desk.clock.ms - 1000


def test_what_comes_after_its_start_is_none_of_it(stage: ReplayStage) -> None:
    stage.ended(2)
    replay = stage.create()
    stage.desk.clock.ms += 1
    stage.ended(3)
    stage.turns(4)
    assert (stage.now(replay).counted, stage.now(replay).made) == (2, 2)


def test_what_has_not_ended_and_what_is_a_repeat_is_left_out(stage: ReplayStage) -> None:
    [first] = stage.ended(1)
    stage.accept()
    again = wait(repeats.resend(stage.desk, 1, first.id))
    stage.settle([one for one in stage.under_way() if one.id == again.id])
    replay = stage.create()
    stage.turns(3)
    assert (stage.now(replay).counted, stage.now(replay).made) == (1, 1)


def test_what_cannot_be_read_now_is_waited_for_and_not_skipped(
    stage: ReplayStage, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stage.ended(2)
    replay = stage.create(start=False)
    stage.turns()
    [path] = [one for one in tmp_path.rglob("airhook-*.db") if stage.day in one.name]
    aside = path.rename(path.with_suffix(".aside"))
    path.mkdir()
    wait(replays.resume(stage.desk, 1, replay))
    stage.turns(3)
    assert (stage.now(replay).made, stage.now(replay).skipped) == (0, 0)
    assert f"replay {replay} waits: The database cannot be read now" in caplog.text
    path.rmdir()
    aside.rename(path)
    stage.turns(2)
    assert (stage.now(replay).made, stage.now(replay).skipped) == (2, 0)


def test_without_its_template_one_is_skipped_and_counted(stage: ReplayStage) -> None:
    stage.ended(2)
    replay = stage.create()
    stage.turns()
    stage.put_template(deleted=True)
    stage.turns(3)
    over = stage.now(replay)
    assert (over.state, over.made, over.skipped) == ("done", 0, 2)


def test_a_process_that_comes_after_goes_on_where_it_was(stage: ReplayStage) -> None:
    first = stage.ended(30)
    replay = stage.create(rate=10)
    stage.turns(3)
    made = stage.under_way()
    assert 0 < len(made) < 30
    stage.settle(made)
    stage.replayer = Replayer(stage.desk)
    stage.turns(5)
    assert [one.repeat_of for one in made + stage.under_way()] == [one.id for one in first]
    assert stage.now(replay).made == len(first)


def test_a_race_for_the_same_part_is_won_once(stage: ReplayStage) -> None:
    stage.ended(3)
    replay = stage.create(start=False)
    stage.turns(2)
    wait(replays.resume(stage.desk, 1, replay))
    ids = wait(stage.desk.store.read(lambda view: view.next_replay_items(replay, 3)))
    won = [wait(stage.desk.store.transact(lambda tx: tx.take_replay_items(replay, ids))) for _ in range(2)]
    assert won == [True, False]


def test_a_paused_one_makes_nothing_and_a_cancelled_one_never_again(stage: ReplayStage) -> None:
    stage.ended(9)
    replay = stage.create(rate=1)
    stage.turns(4)
    made = stage.now(replay).made
    assert 0 < made < 9
    wait(replays.pause(stage.desk, 1, replay))
    stage.turns(5)
    assert stage.now(replay).made == made
    wait(replays.cancel(stage.desk, 1, replay))
    stage.turns(5)
    assert (stage.now(replay).state, stage.now(replay).made) == ("cancelled", made)
    for verb in (replays.pause, replays.resume, replays.cancel):
        with pytest.raises(
            ConflictError, match=f"replay {replay} is cancelled; that can be done while it is"
        ):
            wait(verb(stage.desk, 1, replay))


def test_another_account_s_replay_is_not_found(stage: ReplayStage) -> None:
    stage.ended(1)
    replay = stage.create()
    for verb in (replays.find, replays.pause, replays.resume, replays.cancel):
        with pytest.raises(NotFoundError):
            wait(verb(stage.desk, 2, replay))
    assert wait(replays.list_some(stage.desk, 2)) == []
    with pytest.raises(NotFoundError):
        wait(repeats.resend(stage.desk, 2, stage.ended(1)[0].id))
