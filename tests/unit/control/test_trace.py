"""The way of a callback: what it comes from, why it waited, and what was concluded."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from airhook.control import domains, rules, templates, trace, trace_shapes
from airhook.control.templates import TemplateForm
from airhook.control.trace_shapes import ShownDeliveryTrace, ShownSessionTrace
from airhook.core.deliveries import Delivery
from airhook.core.errors import NotFoundError
from airhook.core.events import Event, PushEnded
from airhook.core.ports import Tx
from airhook.core.search import Filter
from airhook.core.sessions import SessionState
from airhook.storage.sqlite import SqliteStore
from support.desk import TestDesk, wait
from support.storage import accept, delivered, delivery, event, failed, promote_held, session, settle

STREAM = {"domain": "push.example.com", "app": "live", "stream": "room1"}


def store_of(desk: TestDesk) -> SqliteStore:
    assert isinstance(desk.store, SqliteStore)
    return desk.store


def planned(desk: TestDesk, of: Event, **changes: Any) -> Delivery:
    """Accept an event with one ordered delivery, as it is stored."""
    now_ms = desk.clock.ms
    times = {"created_ms": now_ms, "due_ms": now_ms, "hold_until_ms": now_ms + 960_000}
    [stored] = accept(store_of(desk), of, delivery(of, lane=True, id=desk.ids(), **{**times, **changes}))
    return stored


def commit(desk: TestDesk, work: Callable[[Tx], None]) -> None:
    wait(desk.store.transact(work))


def shown(desk: TestDesk, one: Delivery) -> ShownDeliveryTrace:
    return trace_shapes.delivery(wait(trace.delivery(desk.store, desk.config.current, 1, one.id)))


def ended(session_id: int, errcode: int, sub: int = 0) -> Event:
    begun = event()
    facts = {name: getattr(begun.facts, name) for name in begun.facts.__struct_fields__}
    stop = PushEnded(**{**facts, "sequence": session_id}, errcode=errcode, sub=sub, duration_ms=5)
    return replace(begun, id=f"{session_id}-0", event_type=0, session_id=session_id, facts=stop)


# --- why it waited ---


def test_what_went_out_at_once_was_never_held(desk: TestDesk) -> None:
    one = planned(desk, event())
    assert shown(desk, one).held is None


def test_what_waits_is_shown_with_what_it_waits_for(desk: TestDesk) -> None:
    first, second = planned(desk, event()), planned(desk, event())
    third = planned(desk, event())
    held = shown(desk, third).held
    assert held is not None
    assert (held.behind, held.until, held.ended_by) == (str(second.id), None, None)
    assert (held.since, held.latest) == (third.created_ms, third.hold_until_ms)
    assert shown(desk, first).held is None


def test_what_waited_shows_until_when_the_one_before_it_had_ended(desk: TestDesk) -> None:
    first = planned(desk, event())
    desk.clock.ms += 10
    second = planned(desk, event())
    desk.clock.ms += 2000
    [free] = settle(store_of(desk), delivered(first)).promoted
    settled_ms = desk.clock.ms
    desk.clock.ms += 30
    settle(store_of(desk), delivered(free))
    held = shown(desk, second).held
    assert held is not None
    assert (held.behind, held.until, held.ended_by) == (str(first.id), settled_ms, "settled")


def test_what_was_held_long_enough_says_so(desk: TestDesk) -> None:
    first = planned(desk, event())
    second = planned(desk, event(), hold_until_ms=desk.clock.ms + 500)
    desk.clock.ms += 600
    [free] = promote_held(store_of(desk), desk.clock.ms)
    settle(store_of(desk), delivered(free))
    held = shown(desk, second).held
    assert held is not None
    assert (held.behind, held.until, held.ended_by) == (
        str(first.id),
        second.hold_until_ms,
        "held_long_enough",
    )


def test_another_stream_holds_nothing(desk: TestDesk) -> None:
    planned(desk, event(stream="room2"))
    assert shown(desk, planned(desk, event())).held is None


# --- where it comes from ---


def test_a_push_on_a_busy_stream_is_traced_beside_short_reads(
    desk: TestDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may take a while, and what became of everybody else's events is not asked."""
    push = pushed(desk, **STREAM)
    planned(desk, event(f"{push}-1", session_id=push))
    for n in range(20):
        planned(desk, event(f"other-{n}"))
    read = desk.store.read
    long: list[bool] = []
    searches: list[str | None] = []

    class Counted:
        def __init__(self, view: Any) -> None:
            self._view = view

        def __getattr__(self, name: str) -> Any:
            return getattr(self._view, name)

        def search(self, account_id: int, wanted: Filter, *more: Any) -> Any:
            searches.append(wanted.event_id)
            return self._view.search(account_id, wanted, *more)

    async def told(work: Any, *, of_many: bool = False) -> Any:
        long.append(of_many)
        return await read(lambda view: work(Counted(view)), of_many=of_many)

    monkeypatch.setattr(desk.store, "read", told)
    found = wait(trace.session(desk.store, 1, push))
    assert [one.event.id for one in found.events] == [f"{push}-1"]
    assert long == [True]
    assert searches == [None, f"{push}-1"]


def pushed(desk: TestDesk, **changes: Any) -> int:
    row = session(desk.ids(), started_ms=desk.clock.ms, **changes)
    commit(desk, lambda tx: tx.insert_session(row))
    return row.id


@pytest.mark.parametrize(
    ("reason", "source"),
    [
        ((1, 0), None),
        ((2, 0), None),
        ((3, 0), "lost_connection"),
        ((14, 0), "lost_connection"),
        ((5, 0), "crash"),
        ((8, 0), "silence"),
        ((21, 100), "order"),
        ((21, 101), "order"),
        ((21, 102), "replacement"),
        ((21, 103), "replacement"),
    ],
)
def test_a_stop_that_nobody_told_of_says_what_it_was_concluded_from(
    desk: TestDesk, reason: tuple[int, int], source: str | None
) -> None:
    over = {"state": SessionState.CLOSED, "owner": None, "ended_ms": desk.clock.ms}
    push = pushed(desk, **over, errcode=reason[0], sub=reason[1])
    found = shown(desk, planned(desk, ended(push, *reason)))
    assert found.event is not None
    assert (found.event.inferred.source if found.event.inferred else None) == source
    assert (found.event.origin, found.event.session_id) == ("rtmp", str(push))
    assert found.session is not None
    assert found.session.id == str(push)


def test_what_a_caller_reported_is_no_conclusion(desk: TestDesk) -> None:
    of = replace(ended(7, 5), id="told", session_id=None)
    found = shown(desk, planned(desk, of))
    assert found.event is not None
    assert (found.event.origin, found.event.inferred, found.session) == ("reported", None, None)


def test_a_push_shows_its_events_and_what_became_of_each(desk: TestDesk) -> None:
    push = pushed(desk)
    desk.clock.ms += 1000
    start = planned(desk, event(f"{push}-1", session_id=push))
    settle(store_of(desk), failed(start))
    picture = event("picture-1", session_id=push, event_type=200, accepted_ms=desk.clock.ms + 1)
    accept(store_of(desk), picture, delivery(picture, id=desk.ids(), created_ms=desk.clock.ms))
    other = event("other", session_id=99, accepted_ms=desk.clock.ms + 2)
    accept(store_of(desk), other, delivery(other, id=desk.ids(), created_ms=desk.clock.ms))
    accept(store_of(desk), replace(ended(push, 1), accepted_ms=desk.clock.ms + 3))  # no template wanted it
    found: ShownSessionTrace = trace_shapes.session(wait(trace.session(desk.store, 1, push)))
    assert [part.event.id for part in found.events] == [f"{push}-1", "picture-1", f"{push}-0"]
    assert [[one.state for one in part.deliveries] for part in found.events] == [["waiting"], ["pending"], []]
    assert (found.session.errcode, found.session.errmsg, found.session.ended_at) == (None, None, None)


def test_an_event_is_found_while_it_is_under_way_and_when_it_is_over(desk: TestDesk) -> None:
    one = planned(desk, event("e1"))
    for state in ("pending", "delivered"):
        found = trace_shapes.event(wait(trace.event(desk.store, 1, "e1")))
        assert (found.event.id, found.event.config_version) == ("e1", 3)
        assert [each.state for each in found.deliveries] == [state]
        assert found.event.facts["fact"] == "push_started"
        if state == "pending":
            settle(store_of(desk), delivered(one))


def test_another_account_s_things_are_not_found(desk: TestDesk) -> None:
    push = pushed(desk)
    one = planned(desk, event("e1", session_id=push))
    settle(store_of(desk), failed(one))
    for work in (
        trace.delivery(desk.store, desk.config.current, 2, one.id),
        trace.attempt(desk.store, desk.config.current, 2, one.id, 1),
        trace.event(desk.store, 2, "e1"),
        trace.session(desk.store, 2, push),
    ):
        with pytest.raises(NotFoundError):
            wait(work)


def test_an_attempt_that_was_not_made_is_not_found(desk: TestDesk) -> None:
    one = planned(desk, event())
    with pytest.raises(NotFoundError, match=f"attempt 1 of delivery {one.id} does not exist"):
        wait(trace.attempt(desk.store, desk.config.current, 1, one.id, 1))


# --- what planned it ---


def test_template_and_rule_are_shown_as_they_are_now(desk: TestDesk, mine: int) -> None:
    wait(domains.add(desk, mine, STREAM["domain"]))
    made = wait(templates.create(desk, mine, TemplateForm(name="hooks", urls={1: "https://h.example/"})))
    wait(rules.bind(desk, mine, STREAM["domain"], "", made.id))
    version = desk.config.current.version
    one = planned(desk, event(config_version=version), template_id=made.id)
    plan = shown(desk, one).plan
    assert (plan.config_version, plan.template_name, plan.template_changed) == (version, "hooks", False)
    assert plan.rule == {"domain": STREAM["domain"], "app": ""}

    wait(templates.change(desk, mine, made.id, TemplateForm(name="new", urls={1: "https://h.example/"})))
    plan = shown(desk, one).plan
    assert (plan.template_name, plan.template_changed, plan.template_deleted) == ("new", True, False)


def test_a_template_that_is_gone_is_told_to_be(desk: TestDesk) -> None:
    plan = shown(desk, planned(desk, event(), template_id=404)).plan
    assert (plan.template_name, plan.template_deleted, plan.rule) == (None, True, None)
