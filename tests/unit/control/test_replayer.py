"""Working off a replay, a turn at a time, on a clock that is moved by hand; nobody sends what is made."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from airhook.control import repeats, replayer, replays
from airhook.control.replayer import REST_S, Replayer
from airhook.core.audit import Actor, Face
from airhook.core.deliveries import Delivery, DeliveryState, ExhaustReason, Outcome
from airhook.core.errors import AirhookError, ConflictError, InvalidError, NotFoundError
from airhook.core.events import Event
from airhook.core.ports import Tx
from airhook.core.replays import MAX_CHOSEN, MAX_IN_LINE, Replay
from airhook.core.search import Filter
from airhook.core.templates import CallbackTemplate
from airhook.storage.sqlite import SqliteStore
from airhook.storage.sqlite.logs import day_of
from support.desk import TestDesk, wait
from support.storage import accept, attempt, delivered, delivery, event, failed, settle

TEMPLATE = 1001
STREAM = Filter(stream="room1")


class Work:
    """A replayer, and an account whose deliveries have ended."""

    def __init__(self, desk: TestDesk) -> None:
        self.desk = desk
        self.replayer = Replayer(desk)
        self.put_template()

    @property
    def store(self) -> SqliteStore:
        assert isinstance(self.desk.store, SqliteStore)
        return self.desk.store

    @property
    def day(self) -> str:
        return day_of(self.desk.clock.now_ms()).isoformat()

    def put_template(self, *, deleted: bool = False) -> None:
        made = CallbackTemplate(
            id=TEMPLATE, account_id=1, name="hooks", urls={1: "https://h.example/"}, deleted=deleted
        )
        wait(self.desk.change(lambda tx: tx.put_template(made)))

    def accept(self, count: int = 1, *, lane: bool = False) -> list[Delivery]:
        now_ms = self.desk.clock.ms
        heard: list[Delivery] = []

        def work(tx: Tx) -> None:
            for _ in range(count):
                of = event(accepted_ms=now_ms)
                tx.accept(of, [self.planned(of, lane=lane)])

        self.store.on_accepted(heard.extend)
        wait(self.store.transact(work))
        return heard[:count]

    def planned(self, of: Event, *, lane: bool = False) -> Delivery:
        now_ms = self.desk.clock.ms
        times = {"created_ms": now_ms, "expires_ms": now_ms + 7_200_000}
        return delivery(of, lane=lane, id=self.desk.ids(), template_id=TEMPLATE, **times)

    def ended(self, count: int) -> list[Delivery]:
        made = self.accept(count)
        settle(self.store, *map(delivered, made))
        return made

    def create(self, wanted: Filter = STREAM, rate: int = 1000, *, start: bool = True) -> int:
        return wait(replays.create(self.desk, 1, wanted, rate=rate, start=start)).id

    def turns(self, count: int = 1, seconds: float = 1) -> None:
        for _ in range(count):
            self.desk.clock.ms += round(seconds * 1000)
            wait(self.replayer.turn())

    def now(self, replay_id: int) -> Replay:
        return wait(replays.find(self.desk, 1, replay_id))

    def under_way(self) -> list[Delivery]:
        found = wait(
            self.desk.store.read(lambda view: view.search(1, Filter(state=DeliveryState.PENDING), 500))
        )
        return [record.delivery for record in reversed(found.records)]

    def settle(self, some: Sequence[Delivery]) -> None:
        settle(self.store, *map(delivered, some))


@pytest.fixture
def work(desk: TestDesk) -> Work:
    return Work(desk)


def test_it_is_counted_before_the_first_one_goes_out_and_waits_when_it_shall(work: Work) -> None:
    work.ended(7)
    replay = work.create(start=False)
    work.turns(5)
    assert (work.now(replay).state, work.now(replay).counted, work.now(replay).made) == ("paused", 7, 0)
    wait(replays.resume(work.desk, 1, replay))
    work.turns(2)
    assert (work.now(replay).made, len(work.under_way())) == (7, 7)


def test_the_oldest_goes_first_outside_of_every_lane(work: Work) -> None:
    first = work.ended(5)
    work.create()
    work.turns(3)
    repeats_made = work.under_way()
    assert [one.repeat_of for one in repeats_made] == [one.id for one in first]
    assert {one.lane for one in repeats_made} == {None}
    assert {one.body for one in repeats_made} == {first[0].body}
    assert {one.expires_ms - one.created_ms for one in repeats_made} == {7_200_000}, (
        "as old as the first ones"
    )


def test_it_makes_no_more_a_second_than_its_rate(work: Work) -> None:
    work.ended(60)
    replay = work.create(rate=10)
    work.turns(2)
    before = work.now(replay).made
    work.turns(20, seconds=0.1)
    assert work.now(replay).made - before == 20


def test_one_that_fails_does_not_stop_the_others(work: Work, caplog: pytest.LogCaptureFixture) -> None:
    work.ended(3)
    bad = work.create(Filter(event_type=2**70))  # no database can be asked for it
    good = work.create()
    work.turns(3)
    assert (work.now(bad).state, work.now(good).made) == ("counting", 3)
    assert caplog.text.count(f"replay {bad} failed") == 1, "it rests, and does not fill the log"
    work.turns(seconds=REST_S)
    assert caplog.text.count(f"replay {bad} failed") == 2


def test_no_more_stand_in_line_than_live_deliveries_can_bear(work: Work) -> None:
    work.ended(MAX_IN_LINE + 50)
    replay = work.create()
    work.turns(10)
    assert (work.now(replay).made, len(work.under_way())) == (MAX_IN_LINE, MAX_IN_LINE)
    work.settle(work.under_way()[:30])
    work.turns(2)
    assert (work.now(replay).made, len(work.under_way())) == (MAX_IN_LINE + 30, MAX_IN_LINE)


def test_what_waits_to_be_tried_again_holds_up_nobody(work: Work) -> None:
    work.ended(MAX_IN_LINE + 50)
    replay = work.create()
    work.turns(5)
    settle(work.store, *map(failed, work.under_way()))
    work.turns(3)
    assert work.now(replay).made == MAX_IN_LINE + 50


def test_no_more_are_under_way_than_the_database_shall_hold(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replayer, "MAX_UNDER_WAY", 3)
    work.ended(8)
    replay = work.create()
    work.turns(4)
    settle(work.store, *map(failed, work.under_way()))  # they wait for their next attempt, and are under way
    work.turns(2)
    assert (work.now(replay).made, work.now(replay).under_way) == (3, 3)


def test_two_processes_count_a_part_once(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replayer, "COUNTED_AT_ONCE", 2)
    work.ended(3)
    stale = work.now(work.create(start=False))
    other = Replayer(work.desk)
    for one in (work.replayer, other):
        wait(one.advance(stale))
    assert (work.now(stale.id).counted, work.now(stale.id).state) == (2, "counting")
    work.turns()
    assert (work.now(stale.id).counted, work.now(stale.id).state) == (3, "paused")


def test_it_is_done_when_the_last_repeat_has_ended_and_counts_how(work: Work) -> None:
    work.ended(3)
    replay = work.create()
    work.turns(4)
    assert (work.now(replay).state, work.now(replay).under_way) == ("running", 3)
    [one, *others] = work.under_way()
    bad = attempt(one, status=500, error="bad_status")
    lost = Outcome(delivery=one, attempt=bad, state=DeliveryState.EXHAUSTED, reason=ExhaustReason.ATTEMPTS)
    settle(work.store, lost, *map(delivered, others))
    work.turns(2)
    over = work.now(replay)
    assert (over.state, over.made, over.delivered, over.exhausted) == ("done", 3, 2, 1)
    assert over.ended_ms == work.desk.clock.ms - 1000


def test_what_comes_after_its_start_is_none_of_it(work: Work) -> None:
    work.ended(2)
    replay = work.create()
    work.desk.clock.ms += 1
    work.ended(3)
    work.turns(4)
    assert (work.now(replay).counted, work.now(replay).made) == (2, 2)


def test_what_has_not_ended_and_what_is_a_repeat_is_left_out(work: Work) -> None:
    [first] = work.ended(1)
    work.accept()
    again = wait(repeats.resend(work.desk, 1, first.id))
    work.settle([one for one in work.under_way() if one.id == again.id])
    replay = work.create()
    work.turns(3)
    assert (work.now(replay).counted, work.now(replay).made) == (1, 1)


def test_what_cannot_be_read_now_is_waited_for_and_not_skipped(
    work: Work, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    work.ended(2)
    replay = work.create(start=False)
    work.turns()
    [path] = [one for one in tmp_path.rglob("airhook-*.db") if work.day in one.name]
    aside = path.rename(path.with_suffix(".aside"))
    path.mkdir()
    wait(replays.resume(work.desk, 1, replay))
    work.turns(3)
    assert (work.now(replay).made, work.now(replay).skipped) == (0, 0)
    assert f"replay {replay} waits: The database cannot be read now" in caplog.text
    path.rmdir()
    aside.rename(path)
    work.turns(2)
    assert (work.now(replay).made, work.now(replay).skipped) == (2, 0)


def test_without_its_template_one_is_skipped_and_counted(work: Work) -> None:
    work.ended(2)
    replay = work.create()
    work.turns()
    work.put_template(deleted=True)
    work.turns(3)
    over = work.now(replay)
    assert (over.state, over.made, over.skipped) == ("done", 0, 2)


def test_a_process_that_comes_after_goes_on_where_it_was(work: Work) -> None:
    first = work.ended(30)
    replay = work.create(rate=10)
    work.turns(3)
    made = work.under_way()
    assert 0 < len(made) < 30
    work.settle(made)
    work.replayer = Replayer(work.desk)
    work.turns(5)
    assert [one.repeat_of for one in made + work.under_way()] == [one.id for one in first]
    assert work.now(replay).made == len(first)


def test_a_race_for_the_same_part_is_won_once(work: Work) -> None:
    work.ended(3)
    replay = work.create(start=False)
    work.turns(2)
    wait(replays.resume(work.desk, 1, replay))
    ids = wait(work.desk.store.read(lambda view: view.next_replay_items(replay, 3)))
    won = [wait(work.desk.store.transact(lambda tx: tx.take_replay_items(replay, ids))) for _ in range(2)]
    assert won == [True, False]


def test_a_paused_one_makes_nothing_and_a_cancelled_one_never_again(work: Work) -> None:
    work.ended(9)
    replay = work.create(rate=1)
    work.turns(4)
    made = work.now(replay).made
    assert 0 < made < 9
    wait(replays.pause(work.desk, 1, replay))
    work.turns(5)
    assert work.now(replay).made == made
    wait(replays.cancel(work.desk, 1, replay))
    work.turns(5)
    assert (work.now(replay).state, work.now(replay).made) == ("cancelled", made)
    for verb in (replays.pause, replays.resume, replays.cancel):
        with pytest.raises(
            ConflictError, match=f"replay {replay} is cancelled; that can be done while it is"
        ):
            wait(verb(work.desk, 1, replay))


def test_another_account_s_replay_is_not_found(work: Work) -> None:
    work.ended(1)
    replay = work.create()
    for verb in (replays.find, replays.pause, replays.resume, replays.cancel):
        with pytest.raises(NotFoundError):
            wait(verb(work.desk, 2, replay))
    assert wait(replays.list_some(work.desk, 2)) == []
    with pytest.raises(NotFoundError):
        wait(repeats.resend(work.desk, 2, work.ended(1)[0].id))


# --- chosen ones ---


def test_chosen_ones_are_sent_again_and_nothing_else(work: Work) -> None:
    first = work.ended(5)
    chosen = [first[3], first[1]]
    replay = wait(replays.create_chosen(work.desk, 1, [one.id for one in chosen])).id
    assert work.now(replay).counted == 2
    work.turns(3)
    made = work.under_way()
    assert [one.repeat_of for one in made] == [first[1].id, first[3].id], "the oldest first"
    work.settle(made)
    work.turns(2)
    over = work.now(replay)
    assert (over.state, over.delivered, over.chosen) == ("done", 2, [first[1].id, first[3].id])


def test_a_repeat_may_be_chosen(work: Work) -> None:
    [first] = work.ended(1)
    again = wait(repeats.resend(work.desk, 1, first.id))
    work.settle(work.under_way())
    wait(replays.create_chosen(work.desk, 1, [again.id]))
    work.turns(2)
    assert [one.repeat_of for one in work.under_way()] == [again.id]


def test_a_choice_waits_when_it_shall(work: Work) -> None:
    replay = wait(replays.create_chosen(work.desk, 1, [work.ended(1)[0].id], start=False)).id
    work.turns(3)
    assert (work.now(replay).state, work.under_way()) == ("paused", [])


def test_a_choice_that_cannot_be_sent_is_named_and_nothing_of_it_is_made(work: Work) -> None:
    [ended, theirs], [live] = work.ended(2), work.accept()
    many = range(1, MAX_CHOSEN + 2)
    for account, ids, error, text in (
        (1, [], InvalidError, "name at least one delivery"),
        (1, many, InvalidError, f"more than {MAX_CHOSEN}"),
        (1, [ended.id, live.id], InvalidError, f"{live.id} is pending: it goes out by itself"),
        (1, [ended.id, 17], NotFoundError, "17"),
        (2, [theirs.id], NotFoundError, str(theirs.id)),
    ):
        with pytest.raises(error, match=text):
            wait(replays.create_chosen(work.desk, account, ids))
    with pytest.raises(InvalidError, match="rate"):
        wait(replays.create_chosen(work.desk, 1, [ended.id], rate=0))
    assert wait(replays.list_some(work.desk, 1)) == []


def test_whoever_sees_all_accounts_chooses_of_one(work: Work) -> None:
    of_two = event(accepted_ms=work.desk.clock.ms, account_id=2)
    [other] = accept(work.store, of_two, msgspec.structs.replace(work.planned(of_two), account_id=2))
    settle(work.store, delivered(other))
    [ours] = work.ended(1)
    assert wait(replays.create_chosen(work.desk, None, [other.id])).account_id == 2
    with pytest.raises(InvalidError, match="several accounts"):
        wait(replays.create_chosen(work.desk, None, [ours.id, other.id]))


# --- one alone ---


def test_who_sends_one_again_is_written_down(work: Work) -> None:
    [one] = work.ended(1)
    wei = work.desk.acting(Actor(face=Face.CONSOLE, name="wei", address="192.0.2.9"))
    wait(repeats.resend(wei, 1, one.id))
    entry = wait(work.desk.store.read(lambda view: view.audit_log(1, None, 1)))[0]
    assert (entry.deed, entry.thing, entry.name) == ("sent_again", "callback", str(one.id))
    assert (entry.actor, entry.address) == ("wei", "192.0.2.9")
    assert {change.field: change.after for change in entry.changes}["url"] == one.url


def test_a_repeat_keeps_no_signature_of_the_first(work: Work) -> None:
    """A frozen one is stored as it was signed; its key may have been taken away since."""
    [one] = work.ended(1)
    signed = msgspec.structs.replace(one, body=b'{"event_type":1,"sign":"0f","t":1768478400}')
    again = repeats.repeat_of(signed, one.id + 1, work.desk.clock.ms)
    assert again.body == b'{"event_type":1}'


@pytest.mark.parametrize("state", ["pending", "waiting", "held"])
def test_what_has_not_ended_goes_out_by_itself(work: Work, state: str) -> None:
    if state == "held":
        work.accept(lane=True)
    [one] = work.accept(lane=state == "held")
    if state == "waiting":
        settle(work.store, failed(one))
    with pytest.raises(InvalidError, match=f"{one.id} is {state}: it goes out by itself"):
        wait(repeats.resend(work.desk, 1, one.id))


def test_a_resend_of_an_event_that_is_still_under_way_keeps_it(work: Work) -> None:
    of = event(accepted_ms=work.desk.clock.ms)
    both = [work.planned(of) for _ in range(2)]
    stored = accept(work.store, of, *both)
    settle(work.store, delivered(stored[0]))
    again = wait(repeats.resend(work.desk, 1, stored[0].id))
    settle(work.store, delivered(again))
    settle(work.store, delivered(stored[1]))
    found = wait(work.desk.store.read(lambda view: view.event(1, of.id)))
    assert found is not None
    assert found.id == of.id


def test_a_deleted_template_is_named(work: Work) -> None:
    [one] = work.ended(1)
    work.put_template(deleted=True)
    with pytest.raises(AirhookError, match=f"the key of template {TEMPLATE}, which is deleted"):
        wait(repeats.resend(work.desk, 1, one.id))
