"""Sources, the pushes of their servers, and hooks, on every backend."""

import pytest
from msgspec.structs import replace

from airhook.core.errors import InvalidError
from airhook.core.hooks import HookOutcome, HookRecord, PushState, SourcePush
from airhook.core.sources import DomainRule, Source, SourceKind
from support.desk import wait
from support.storage import NOON_MS, transact

SOURCE = Source(
    id="7fd117ec",
    account_id=1,
    kind=SourceKind.SRS,
    name="edge-1",
    token="t0ken",
    allowed=["10.0.0.0/8"],
    domain="push.example.com",
    domain_rule=DomainRule.FIXED,
    api_url="http://10.0.0.5:1985",
    api_secret="s3cr3t",
    silence_s=60,
    created_ms=NOON_MS,
    updated_ms=NOON_MS,
)
PUSH = SourcePush(
    source_id="7fd117ec",
    client="9308h583",
    state=PushState.OPEN,
    account_id=1,
    domain="push.example.com",
    app="live",
    stream="room1001",
    stream_param="a=1",
    user_ip="203.0.113.25",
    session_id=7,
    epoch=1,
    hook_id=3,
    began_ms=NOON_MS,
)
HOOK = HookRecord(
    session_id=7,
    id=3,
    account_id=1,
    source_id="7fd117ec",
    at_ms=NOON_MS,
    last_ms=NOON_MS,
    count=1,
    hook="on_publish",
    remote="192.0.2.9",
    request=b"POST /\n\n\xff\x00",
    outcome=HookOutcome.STARTED,
    detail="",
)


def test_a_source_comes_back_as_it_was_put(backend):
    transact(backend.store, lambda tx: tx.put_source(SOURCE))
    found = transact(backend.store, lambda tx: tx.source(SOURCE.id))
    assert replace(found, version=0) == SOURCE
    assert found.version > 0
    assert [one.id for one in backend.store.load_config(found.version - 1).sources] == [SOURCE.id]


def test_a_deleted_one_is_told_to_every_node_and_to_nobody_else(backend):
    transact(backend.store, lambda tx: tx.put_source(SOURCE))
    before = backend.store.load_config(0).version
    transact(backend.store, lambda tx: tx.put_source(replace(SOURCE, deleted=True)))
    assert transact(backend.store, lambda tx: (tx.source(SOURCE.id), tx.sources(1))) == (None, [])
    assert [one.deleted for one in backend.store.load_config(before).sources] == [True]


def test_pushes_are_found_again_until_they_are_over(backend):
    later = replace(PUSH, client="another", began_ms=NOON_MS + 1, state=PushState.CONTENDING, session_id=0)
    transact(backend.store, lambda tx: tx.save_source_push(later))
    transact(backend.store, lambda tx: tx.save_source_push(PUSH))
    transact(backend.store, lambda tx: tx.save_source_push(replace(PUSH, epoch=2)))
    assert wait(backend.store.read(lambda view: view.source_pushes())) == [replace(PUSH, epoch=2), later]
    transact(backend.store, lambda tx: tx.delete_source_push(PUSH.source_id, PUSH.client))
    assert transact(backend.store, lambda tx: tx.source_pushes()) == [later]


def test_a_hook_changes_its_session_once_that_is_known(backend):
    waiting = replace(HOOK, session_id=0, outcome=HookOutcome.CONTENDING)
    transact(backend.store, lambda tx: tx.add_hook(waiting, unfinished=True))
    assert wait(backend.store.read(lambda view: view.hooks(7))) == []
    assert transact(backend.store, lambda tx: tx.change_hook(HOOK, of_session=0))
    assert wait(backend.store.read(lambda view: view.hooks(7))) == [HOOK]
    assert not transact(backend.store, lambda tx: tx.change_hook(replace(HOOK, id=99)))


def test_hooks_of_a_source_come_newest_first(backend):
    hooks = [replace(HOOK, id=n, session_id=n % 3) for n in range(1, 8)]

    def add(tx):
        for hook in hooks:
            tx.add_hook(hook)

    transact(backend.store, add)
    found = wait(backend.store.read(lambda view: view.fresh_hooks_of(SOURCE.id, 3)))
    assert [hook.id for hook in found] == [7, 6, 5]
    assert wait(backend.store.read(lambda view: view.fresh_hooks_of("other", 3))) == []


def test_what_cannot_be_stored_is_refused_alone(backend):
    with pytest.raises(InvalidError):
        transact(backend.store, lambda tx: tx.add_hook(replace(HOOK, detail="\0")))
    transact(backend.store, lambda tx: tx.add_hook(HOOK))
    assert wait(backend.store.read(lambda view: view.hooks(7))) == [HOOK]
