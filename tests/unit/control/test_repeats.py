"""Sending again deliveries that were chosen, or one alone; nobody sends what is made."""

import msgspec
import pytest

from airhook.control import repeats, replays
from airhook.core.audit import Actor, Face
from airhook.core.errors import AirhookError, InvalidError, NotFoundError
from airhook.core.replays import MAX_CHOSEN
from support.desk import TestDesk, wait
from support.replay_stage import TEMPLATE, ReplayStage
from support.storage import accept, delivered, event, failed, settle


@pytest.fixture
def stage(desk: TestDesk) -> ReplayStage:
    return ReplayStage(desk)


# --- chosen ones ---


def test_chosen_ones_are_sent_again_and_nothing_else(stage: ReplayStage) -> None:
    first = stage.ended(5)
    chosen = [first[3], first[1]]
    replay = wait(replays.create_chosen(stage.desk, 1, [one.id for one in chosen])).id
    assert stage.now(replay).counted == 2
    stage.turns(3)
    made = stage.under_way()
    assert [one.repeat_of for one in made] == [first[1].id, first[3].id], "the oldest first"
    stage.settle(made)
    stage.turns(2)
    over = stage.now(replay)
    assert (over.state, over.delivered, over.chosen) == ("done", 2, [first[1].id, first[3].id])


def test_a_repeat_may_be_chosen(stage: ReplayStage) -> None:
    [first] = stage.ended(1)
    again = wait(repeats.resend(stage.desk, 1, first.id))
    stage.settle(stage.under_way())
    wait(replays.create_chosen(stage.desk, 1, [again.id]))
    stage.turns(2)
    assert [one.repeat_of for one in stage.under_way()] == [again.id]


def test_a_choice_waits_when_it_shall(stage: ReplayStage) -> None:
    replay = wait(replays.create_chosen(stage.desk, 1, [stage.ended(1)[0].id], start=False)).id
    stage.turns(3)
    assert (stage.now(replay).state, stage.under_way()) == ("paused", [])


def test_a_choice_that_cannot_be_sent_is_named_and_nothing_of_it_is_made(stage: ReplayStage) -> None:
    [ended, theirs], [live] = stage.ended(2), stage.accept()
    many = range(1, MAX_CHOSEN + 2)
    for account, ids, error, text in (
        (1, [], InvalidError, "name at least one delivery"),
        (1, many, InvalidError, f"more than {MAX_CHOSEN}"),
        (1, [ended.id, live.id], InvalidError, f"{live.id} is pending: it goes out by itself"),
        (1, [ended.id, 17], NotFoundError, "17"),
        (2, [theirs.id], NotFoundError, str(theirs.id)),
    ):
        with pytest.raises(error, match=text):
            wait(replays.create_chosen(stage.desk, account, ids))
    with pytest.raises(InvalidError, match="rate"):
        wait(replays.create_chosen(stage.desk, 1, [ended.id], rate=0))
    assert wait(replays.list_some(stage.desk, 1)) == []


def test_whoever_sees_all_accounts_chooses_of_one(stage: ReplayStage) -> None:
    of_two = event(accepted_ms=stage.desk.clock.ms, account_id=2)
    [other] = accept(stage.store, of_two, msgspec.structs.replace(stage.planned(of_two), account_id=2))
    settle(stage.store, delivered(other))
    [ours] = stage.ended(1)
    assert wait(replays.create_chosen(stage.desk, None, [other.id])).account_id == 2
    with pytest.raises(InvalidError, match="several accounts"):
        wait(replays.create_chosen(stage.desk, None, [ours.id, other.id]))


# --- one alone ---


def test_who_sends_one_again_is_written_down(stage: ReplayStage) -> None:
    [one] = stage.ended(1)
    wei = stage.desk.acting(Actor(face=Face.CONSOLE, name="wei", address="192.0.2.9"))
    wait(repeats.resend(wei, 1, one.id))
    entry = wait(stage.desk.store.read(lambda view: view.audit_log(1, None, 1)))[0]
    assert (entry.deed, entry.thing, entry.name) == ("sent_again", "callback", str(one.id))
    assert (entry.actor, entry.address) == ("wei", "192.0.2.9")
    assert {change.field: change.after for change in entry.changes}["url"] == one.url


def test_a_repeat_keeps_no_signature_of_the_first(stage: ReplayStage) -> None:
    """A frozen one is stored as it was signed; its key may have been taken away since."""
    [one] = stage.ended(1)
    signed = msgspec.structs.replace(one, body=b'{"event_type":1,"sign":"0f","t":1768478400}')
    again = repeats.repeat_of(signed, one.id + 1, stage.desk.clock.ms)
    assert again.body == b'{"event_type":1}'


@pytest.mark.parametrize("state", ["pending", "waiting", "held"])
def test_what_has_not_ended_goes_out_by_itself(stage: ReplayStage, state: str) -> None:
    if state == "held":
        stage.accept(lane=True)
    [one] = stage.accept(lane=state == "held")
    if state == "waiting":
        settle(stage.store, failed(one))
    with pytest.raises(InvalidError, match=f"{one.id} is {state}: it goes out by itself"):
        wait(repeats.resend(stage.desk, 1, one.id))


def test_a_resend_of_an_event_that_is_still_under_way_keeps_it(stage: ReplayStage) -> None:
    of = event(accepted_ms=stage.desk.clock.ms)
    both = [stage.planned(of) for _ in range(2)]
    stored = accept(stage.store, of, *both)
    settle(stage.store, delivered(stored[0]))
    again = wait(repeats.resend(stage.desk, 1, stored[0].id))
    settle(stage.store, delivered(again))
    settle(stage.store, delivered(stored[1]))
    found = wait(stage.desk.store.read(lambda view: view.event(1, of.id)))
    assert found is not None
    assert found.id == of.id


def test_a_deleted_template_is_named(stage: ReplayStage) -> None:
    [one] = stage.ended(1)
    stage.put_template(deleted=True)
    with pytest.raises(AirhookError, match=f"the key of template {TEMPLATE}, which is deleted"):
        wait(repeats.resend(stage.desk, 1, one.id))
