"""Hooks that come at once, a database that cannot commit, and hostile contents."""

import asyncio
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from airhook.control import sources
from airhook.core.errors import UnavailableError
from airhook.core.sources import SourceKind
from airhook.sources.catalogue import ADAPTERS
from airhook.sources.reports import HookRequest, MalformedHookError
from support.desk import open_desk, wait
from support.hook_requests import srs
from support.hook_stage import REMOTE, set_hook_stage
from support.push_stage import ACCOUNT
from support.recorded_hooks import names, recorded

KIND = "nginx-rtmp"
PUSH = ("A-vhostparam_02-on_publish", "A-vhostparam_03-on_update_publish", "A-vhostparam_06-on_publish_done")


@pytest.fixture
def stage(tmp_path):
    with open_desk(tmp_path) as desk:
        yield set_hook_stage(desk, KIND)


def together(stage, requests):
    """Answers of hooks that come at the same time."""

    async def all_of_them():
        return await asyncio.gather(
            *(stage.hooks.handle(stage.media_server, REMOTE, one) for one in requests), return_exceptions=True
        )

    return wait(all_of_them())


def test_the_same_start_many_times_at_once(stage):
    answers = together(stage, [recorded(KIND, PUSH[0])] * 20)
    assert {answer.status for answer in answers} == {200}
    stage.pass_s(2)
    assert stage.said() == [(1, 0)]
    assert sorted(stage.outcomes()) == ["duplicate"] * 19 + ["started"]


@pytest.mark.parametrize("seed", range(8))
def test_whatever_the_order_one_start_has_one_stop(stage, seed):
    """Start, updates and stop at once, each twice."""
    requests = [recorded(KIND, name) for name in PUSH * 2]
    random.Random(seed).shuffle(requests)
    together(stage, requests)
    stage.pass_s(110)
    said = [event for event, _ in stage.said()]
    assert said == [1, 0] * (len(said) // 2)
    assert 1 <= len(said) // 2 <= 2


def of(request, n):
    """The same of another push."""
    body = request.body.replace(b"clientid=1&", b"clientid=%d&" % n).replace(b"demo001", b"demo%d" % n)
    return replace(request, body=body)


def test_many_pushes_at_once(stage):
    start, stop = recorded(KIND, PUSH[0]), recorded(KIND, PUSH[2])

    together(stage, [of(start, n) for n in range(1, 61)])
    stage.pass_s(2)
    together(stage, [of(stop, n) for n in range(1, 61)])
    assert len(stage.bodies) == 120
    by_stream: dict[str, list[int]] = {}
    for body in stage.bodies:
        by_stream.setdefault(body["stream_id"], []).append(body["event_type"])
    assert set(map(tuple, by_stream.values())) == {(1, 0)}


def let_in(stage, count):
    start = recorded(KIND, PUSH[0])
    together(stage, [of(start, n) for n in range(1, count + 1)])


def test_starts_of_a_moment_are_told_in_few_transactions_between_which_hooks_have_their_turn(
    stage, monkeypatch
):
    let_in(stage, 60)
    announce_all, sizes = stage.sessions.announce_all, []

    async def counted(starts):
        sizes.append(len(starts))
        await announce_all(starts)

    monkeypatch.setattr(stage.sessions, "announce_all", counted)
    stage.pass_s(2)
    assert stage.said() == [(1, 0)] * 60
    assert sizes == [25, 25, 10]


def test_a_start_that_cannot_be_told_does_not_keep_back_the_others(stage, monkeypatch, caplog):
    let_in(stage, 30)
    announce_all = stage.sessions.announce_all
    wrong = next(iter(stage.hooks.pushes)).ticket

    async def fail_one(starts):
        if any(ticket == wrong for ticket, _, _ in starts):
            raise ValueError("this one is wrong")
        await announce_all(starts)

    monkeypatch.setattr(stage.sessions, "announce_all", fail_one)
    stage.pass_s(1)
    assert stage.said() == [(1, 0)] * 29
    failed = [record.message for record in caplog.records if record.exc_info]
    assert failed == [f"the start of session {wrong.session_id} failed"]
    monkeypatch.undo()
    stage.pass_s(1)
    assert stage.said() == [(1, 0)] * 30


def refuse_commits(stage, monkeypatch):
    async def full(_work):
        raise UnavailableError("The database cannot commit now: the disk is full.")

    monkeypatch.setattr(stage.desk.store, "transact", full)


def test_a_start_that_cannot_be_committed_is_not_let_in(stage, monkeypatch):
    refuse_commits(stage, monkeypatch)
    with pytest.raises(UnavailableError):
        stage.hook(PUSH[0])
    monkeypatch.undo()
    assert stage.hook(PUSH[0]).status == 200
    stage.pass_s(2)
    assert stage.said() == [(1, 0)]


def test_a_stop_that_cannot_be_committed_is_kept_and_the_server_may_repeat_it(stage, monkeypatch):
    stage.hook(PUSH[0])
    stage.pass_s(2)
    refuse_commits(stage, monkeypatch)
    with pytest.raises(UnavailableError):
        stage.hook(PUSH[2])
    monkeypatch.undo()
    stage.later(5)
    assert stage.hook(PUSH[2]).status == 200  # repeated
    wait(stage.sessions.retry_ends())
    assert stage.said() == [(1, 0), (0, 1)]
    assert stage.bodies[1]["push_duration"] == "2000"
    assert wait(stage.desk.store.read(lambda view: view.source_pushes())) == []


def test_a_stop_under_way_is_not_tried_again_meanwhile(stage, monkeypatch):
    stage.hook(PUSH[0])
    commits, transact = [], stage.desk.store.transact

    def counted(work):
        commits.append(work)
        return transact(work)

    monkeypatch.setattr(stage.desk.store, "transact", counted)

    async def stop():
        stopping = asyncio.create_task(
            stage.hooks.handle(stage.media_server, REMOTE, recorded(KIND, PUSH[2]))
        )
        while not stage.sessions._unreported:
            await asyncio.sleep(0)
        await stage.sessions.retry_ends()
        return await stopping

    assert wait(stop()).status == 200
    assert [event for event, _ in stage.said()] == [1, 0]
    assert len(commits) == 1


def test_a_stop_that_the_next_start_has_committed_is_tried_again_without_harm(stage, monkeypatch, caplog):
    stage.hook(PUSH[0])
    stage.pass_s(2)
    refuse_commits(stage, monkeypatch)
    with pytest.raises(UnavailableError):
        stage.hook(PUSH[2])
    monkeypatch.undo()
    caplog.clear()
    start = recorded(KIND, PUSH[0])
    assert stage.send(replace(start, body=start.body.replace(b"clientid=1&", b"clientid=9&"))).status == 200
    wait(stage.sessions.retry_ends())
    stage.pass_s(2)
    assert [event for event, _ in stage.said()] == [1, 0, 1]
    assert caplog.messages == []


def test_a_removed_source_ends_its_pushes(stage):
    stage.hook(PUSH[0])
    stage.pass_s(2)
    wait(sources.remove(stage.desk, ACCOUNT, "edge-1"))
    stage.pass_s(2)
    assert stage.said() == [(1, 0), (0, 0)]


def test_a_contender_outlives_a_restart(tmp_path):
    with open_desk(tmp_path) as desk:
        stage = set_hook_stage(desk, "srs")
        stage.send(srs("on_publish"))
        stage.pass_s(2)
        stage.send(srs("on_publish", "another1", param="?a=2"))
        stage.recover()
        stage.send(srs("on_close", "another1"))
        stage.pass_s(10)
        assert stage.said() == [(1, 0)]
        stage.send(srs("on_publish", "another2", param="?a=3"))
        stage.recover()
        stage.pass_s(5)
        assert stage.said() == [(1, 0), (0, 21), (1, 0)]


def test_a_crash_between_commit_and_answer_leaves_one_start_and_one_stop(stage):
    stage.hook(PUSH[0])
    stage.recover()  # before its start was told
    stage.pass_s(120)
    assert stage.said() == [(1, 0), (0, 5)]
    assert wait(stage.desk.store.read(lambda view: view.source_pushes())) == []


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(SourceKind),
    event=st.sampled_from(["", "auth", "ready", "gone", "on_publish", "on_stream_changed", "x/y"]),
    body=st.one_of(
        st.binary(max_size=300), st.sampled_from([recorded(KIND, n).body for n in names(KIND)][:40])
    ),
    cut=st.integers(0, 300),
)
def test_no_request_breaks_an_adapter(kind, event, body, cut):
    for method in ("GET", "POST"):
        text = body[:cut].decode("latin-1")
        request = HookRequest(method=method, event=event, query=text, body=body[:cut])
        try:
            ADAPTERS[kind].read(request)
        except MalformedHookError:
            continue


def test_the_updates_of_many_pushes_are_saved_in_small_commits(stage):
    start, update = recorded(KIND, PUSH[0]), recorded(KIND, PUSH[1])

    together(stage, [of(start, n) for n in range(1, 121)])
    together(stage, [of(update, n) for n in range(1, 121)] * 3)
    commits = []
    transact = stage.desk.store.transact

    async def counted(work):
        commits.append(work)
        return await transact(work)

    stage.desk.store.transact = counted
    wait(stage.hooks.notes.save(stage.hooks.pushes))
    del stage.desk.store.transact
    assert len(commits) == 3
    session_id = next(iter(stage.hooks.pushes)).push.session_id
    told = wait(stage.desk.store.read(lambda view: view.hooks(session_id)))
    assert [(hook.hook, hook.count) for hook in told] == [("on_publish", 1), ("on_update_publish", 3)]
