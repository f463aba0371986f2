"""Every change leaves a trace with who made it; secrets leave none."""

from collections.abc import Iterator
from typing import Any

import pytest

from airhook.control import accounts, bearer, destinations, domains, rules, streams, templates
from airhook.control.audit import COVERED, WATCHED
from airhook.control.template_options import OptionsForm
from airhook.control.templates import TemplateForm
from airhook.core.audit import Actor, AuditEntry, Deed, Face
from airhook.core.errors import InUseError
from airhook.core.ports import Tx
from support.desk import NOW_MS, TestDesk, add_account, open_desk, wait

AIKO = Actor(face=Face.CONSOLE, name="aiko", address="198.51.100.7")
KEY = "Kx7Pq2Lm9TzR4vBn"


@pytest.fixture
def desk(tmp_path) -> Iterator[TestDesk]:
    with open_desk(tmp_path) as opened:
        add_account(opened, 1)
        yield opened.acting(AIKO)


def log(desk: TestDesk) -> list[AuditEntry]:
    entries = wait(desk.store.read(lambda view: view.audit_log(1, None, 100)))
    return [entry for entry in entries if entry.face is not Face.SYSTEM]


def told(entry: AuditEntry) -> dict[str, tuple[Any, Any]]:
    return {change.field: (change.before, change.after) for change in entry.changes}


def test_a_template_s_life_is_told(desk: TestDesk) -> None:
    form = TemplateForm(name="prod", urls={1: "https://a.example.com/x"}, callback_key=KEY)
    made = wait(templates.create(desk, 1, form))
    wait(templates.change(desk, 1, made.id, TemplateForm(urls={1: "https://b.example.com/y"})))
    wait(templates.delete(desk, 1, made.id))
    deleted, changed, created = log(desk)
    assert [e.deed for e in (created, changed, deleted)] == [Deed.CREATED, Deed.CHANGED, Deed.DELETED]
    assert (created.thing, created.name) == ("callback_template", f"prod ({made.id})")
    assert (created.actor, created.face, created.address) == ("aiko", Face.CONSOLE, "198.51.100.7")
    assert created.at_ms == NOW_MS
    assert told(created)["callback_key"] == (None, COVERED)
    assert told(changed) == {"urls.1": ("https://a.example.com/x", "https://b.example.com/y")}
    assert told(deleted)["name"] == ("prod", None)


def test_no_secret_is_in_the_log(desk: TestDesk) -> None:
    options = OptionsForm(
        webhook_secret="whsec_" + "QUJD" * 8, headers={"Authorization": "Bearer verysecret"}, overlap_ms=1000
    )
    form = TemplateForm(name="prod", urls={1: "https://a.example.com/x"}, callback_key=KEY)
    made = wait(templates.create(desk, 1, form))
    change = TemplateForm(callback_key="N3wN3wN3w", options=options)
    wait(templates.change(desk, 1, made.id, change))
    domain = wait(domains.add(desk, 1, "push.example.com"))
    pair = wait(accounts.create_api_key(desk, 1))
    token, _ = wait(bearer.create_bearer_key(desk, 1, "ci"))
    text = repr(log(desk))
    for secret in (KEY, "N3wN3wN3w", "QUJD", "verysecret", domain.auth_key, pair.secret_key, token):
        assert secret not in text
    assert told(log(desk)[-2])["callback_key"] == (COVERED, COVERED)


def test_every_kind_of_thing_is_watched(desk: TestDesk) -> None:
    made = wait(templates.create(desk, 1, TemplateForm(name="prod", urls={1: "https://a.example.com/x"})))
    wait(domains.add(desk, 1, "push.example.com"))
    wait(rules.bind(desk, 1, "push.example.com", "", made.id))
    wait(rules.unbind(desk, 1, "push.example.com", ""))
    wait(streams.forbid(desk, 1, "push.example.com", "live", "room1"))
    wait(domains.remove(desk, 1, "push.example.com"))
    wait(destinations.pause(desk, 1, "https://a.example.com/x"))
    assert [(entry.thing, entry.deed) for entry in reversed(log(desk))] == [
        ("callback_template", "created"),
        ("domain", "created"),
        ("callback_rule", "created"),
        ("callback_rule", "deleted"),
        ("stream", "created"),
        ("domain", "deleted"),
        ("destination", "created"),
    ]
    puts = {name for name in dir(Tx) if name.startswith("put_")}
    assert puts - set(WATCHED) == {"put_audit", "put_console_session"}


def test_what_changes_nothing_and_what_fails_is_not_told(desk: TestDesk) -> None:
    made = wait(templates.create(desk, 1, TemplateForm(name="prod", urls={1: "https://a.example.com/x"})))
    wait(domains.add(desk, 1, "push.example.com"))
    wait(rules.bind(desk, 1, "push.example.com", "", made.id))
    count = len(log(desk))
    wait(templates.change(desk, 1, made.id, TemplateForm(name="prod")))
    with pytest.raises(InUseError):
        wait(templates.delete(desk, 1, made.id))
    assert len(log(desk)) == count


def test_the_log_is_read_by_pages_and_by_account(desk: TestDesk) -> None:
    add_account(desk, 2)
    for n in range(5):
        wait(domains.add(desk, 1, f"push{n}.example.com"))
    wait(domains.add(desk, 2, "theirs.example.com"))

    def page(below: int | None) -> list[AuditEntry]:
        return wait(desk.store.read(lambda view: view.audit_log(1, below, 2)))

    first = page(None)
    second = page(first[-1].id)
    assert [e.name for e in first + second] == [f"push{n}.example.com" for n in (4, 3, 2, 1)]
