"""Callback templates: create, change, delete."""

from pathlib import Path

import pytest

from airhook.control import domains, rules, templates
from airhook.control.base import AccountLimits
from airhook.control.templates import TemplateForm
from airhook.core.errors import InUseError, InvalidError, LimitError, NotFoundError
from airhook.core.events import EventType
from airhook.core.templates import CONSOLE_LIMITS
from support.desk import TestDesk, add_account, open_desk, wait

BEGIN = "https://hooks.example.com/begin"
END = "https://hooks.example.com/end"
FORM = TemplateForm(name="hooks", urls={1: BEGIN}, callback_key="Key1")


def test_create(desk: TestDesk, mine: int) -> None:
    made = wait(templates.create(desk, mine, FORM))
    assert (made.name, made.urls, made.callback_key) == ("hooks", {1: BEGIN}, "Key1")
    assert (made.description, made.record_exception_levels) == ("", ["error"])
    assert made.created_ms == made.updated_ms == desk.clock.ms
    assert wait(templates.get(desk, mine, made.id)).urls == {1: BEGIN}
    assert desk.config.current.templates[made.id].callback_key == "Key1"


def test_ids_are_never_used_again(desk: TestDesk, mine: int) -> None:
    first = wait(templates.create(desk, mine, FORM))
    wait(templates.delete(desk, mine, first.id))
    assert wait(templates.create(desk, mine, FORM)).id > first.id > 0


@pytest.mark.parametrize(
    ("form", "field"),
    [
        pytest.param(TemplateForm(urls={1: BEGIN}), "name", id="no-name"),
        pytest.param(TemplateForm(name="hooks"), "urls", id="no-url"),
        pytest.param(TemplateForm(name="hooks", urls={1: ""}), "urls", id="only-empty-urls"),
        pytest.param(TemplateForm(name="hooks", urls={1: "ftp://a/"}), "urls.1", id="bad-url"),
        pytest.param(TemplateForm(name="hooks", urls={314: BEGIN}), "urls.314", id="type-of-a-task"),
    ],
)
def test_create_refuses(desk: TestDesk, mine: int, form: TemplateForm, field: str) -> None:
    with pytest.raises(InvalidError) as caught:
        wait(templates.create(desk, mine, form))
    assert caught.value.field == field
    assert wait(templates.list_all(desk, mine)) == []


def test_each_face_brings_its_limits(desk: TestDesk, mine: int) -> None:
    long = TemplateForm(name="a" * 31, urls={1: BEGIN})
    wait(templates.create(desk, mine, long))
    with pytest.raises(InvalidError, match="31 characters long; at most 30"):
        wait(templates.create(desk, mine, long, limits=CONSOLE_LIMITS))


def test_the_judge_refuses_a_url(desk: TestDesk, mine: int) -> None:
    desk.judge.refused[END] = "10.0.0.1 may not be called; set targets.allow"
    with pytest.raises(InvalidError, match=r"targets\.allow") as caught:
        wait(templates.create(desk, mine, TemplateForm(name="hooks", urls={1: BEGIN, 0: END})))
    assert (caught.value.field, caught.value.rule) == ("urls.0", "unsafe")


def test_the_judge_sees_only_new_urls_of_the_right_form(desk: TestDesk, mine: int) -> None:
    made = wait(templates.create(desk, mine, FORM))
    desk.judge.asked.clear()
    wait(templates.change(desk, mine, made.id, TemplateForm(urls={0: END, 1: ""})))
    with pytest.raises(InvalidError):
        wait(templates.change(desk, mine, made.id, TemplateForm(urls={0: "http://[::1"})))
    assert desk.judge.asked == [END]


def test_the_limit_counts_living_templates(tmp_path: Path) -> None:
    with open_desk(tmp_path, limits=AccountLimits(templates=2)) as desk:
        mine = add_account(desk, 1)
        first = wait(templates.create(desk, mine, FORM))
        wait(templates.create(desk, mine, FORM))
        with pytest.raises(LimitError, match=r"already has 2 callback templates; raise limits\.templates"):
            wait(templates.create(desk, mine, FORM))
        wait(templates.delete(desk, mine, first.id))
        wait(templates.create(desk, mine, FORM))


def test_change_keeps_what_is_absent_and_clears_what_is_empty(desk: TestDesk, mine: int) -> None:
    made = wait(
        templates.create(desk, mine, TemplateForm(name="hooks", urls={1: BEGIN, 0: END}, description="d"))
    )
    desk.clock.ms += 5
    changed = wait(templates.change(desk, mine, made.id, TemplateForm(urls={0: ""}, description="")))
    assert (changed.name, changed.urls, changed.description) == ("hooks", {1: BEGIN}, "")
    assert (changed.created_ms, changed.updated_ms) == (made.created_ms, made.created_ms + 5)
    assert desk.config.current.templates[made.id].urls == {EventType.PUSH_STARTED: BEGIN}


def test_the_last_url_cannot_be_cleared(desk: TestDesk, mine: int) -> None:
    made = wait(templates.create(desk, mine, FORM))
    with pytest.raises(InvalidError, match="at least one callback URL"):
        wait(templates.change(desk, mine, made.id, TemplateForm(urls={1: ""})))
    assert wait(templates.get(desk, mine, made.id)).urls == {1: BEGIN}


@pytest.mark.parametrize(
    ("form", "version"),
    [
        pytest.param(TemplateForm(callback_key="Key2"), 2, id="another-key"),
        pytest.param(TemplateForm(callback_key="Key1"), 1, id="the-same-key"),
        pytest.param(TemplateForm(name="other"), 1, id="no-key"),
        pytest.param(TemplateForm(callback_key=""), 2, id="key-removed"),
    ],
)
def test_key_version_counts_changes_of_the_key(
    desk: TestDesk, mine: int, form: TemplateForm, version: int
) -> None:
    made = wait(templates.create(desk, mine, FORM))
    assert wait(templates.change(desk, mine, made.id, form)).key_version == version


def test_a_deleted_template_is_gone_but_its_key_stays_for_deliveries(desk: TestDesk, mine: int) -> None:
    made = wait(templates.create(desk, mine, FORM))
    wait(templates.delete(desk, mine, made.id))
    with pytest.raises(NotFoundError):
        wait(templates.get(desk, mine, made.id))
    with pytest.raises(NotFoundError):
        wait(templates.delete(desk, mine, made.id))
    assert wait(templates.list_all(desk, mine)) == []
    hidden = desk.config.current.templates[made.id]
    assert (hidden.deleted, hidden.callback_key) == (True, "Key1")


def test_a_bound_template_cannot_be_deleted(desk: TestDesk, mine: int) -> None:
    made = wait(templates.create(desk, mine, FORM))
    wait(domains.add(desk, mine, "push.example.com"))
    wait(rules.bind(desk, mine, "push.example.com", "live", made.id))
    with pytest.raises(InUseError, match=r"push\.example\.com/live; remove the callback rule first"):
        wait(templates.delete(desk, mine, made.id))
    wait(rules.unbind(desk, mine, "push.example.com", "live"))
    wait(templates.delete(desk, mine, made.id))
    assert wait(templates.list_all(desk, mine)) == []


def test_another_accounts_template_is_not_found(desk: TestDesk, mine: int, other: int) -> None:
    theirs = wait(templates.create(desk, other, FORM))
    for attempt in (
        templates.get(desk, mine, theirs.id),
        templates.change(desk, mine, theirs.id, TemplateForm(name="mine")),
        templates.delete(desk, mine, theirs.id),
    ):
        with pytest.raises(NotFoundError):
            wait(attempt)
    assert wait(templates.list_all(desk, mine)) == []
    assert wait(templates.get(desk, other, theirs.id)).name == "hooks"
