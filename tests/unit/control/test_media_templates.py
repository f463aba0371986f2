"""Record and snapshot templates: their life, their limit, and what binds them."""

from typing import Any

import pytest

from airhook.control import domains, media_rules, media_templates
from airhook.control.base import AccountLimits
from airhook.control.media_rules import RECORD_RULES, SNAPSHOT_RULES, RuleKind
from airhook.control.media_templates import TemplateKind
from airhook.control.record_templates import RECORD, ParamForm, RecordTemplateForm
from airhook.control.snapshot_templates import SNAPSHOT, AuditForm, SnapshotTemplateForm
from airhook.core.errors import AlreadyExistsError, InUseError, InvalidError, LimitError, NotFoundError
from airhook.core.media_rules import RuleKey
from airhook.core.record_templates import RecordFormat, RecordParam
from airhook.core.snapshot_templates import AuditOptions
from support.desk import NOW_MS, TestDesk, add_account, wait

DOMAIN = "push.example.com"
BOTH = pytest.mark.parametrize(
    ("kind", "form", "rules"),
    [
        pytest.param(RECORD, RecordTemplateForm, RECORD_RULES, id="record"),
        pytest.param(SNAPSHOT, SnapshotTemplateForm, SNAPSHOT_RULES, id="snapshot"),
    ],
)


def serving(desk: TestDesk, app: str = "live", stream: str = "room") -> list[int | None]:
    now = desk.config.current
    found = (now.record_rule_for(DOMAIN, app, stream), now.snapshot_rule_for(DOMAIN, app, stream))
    return [one.id if one else None for one in found]


@BOTH
def test_a_template_from_its_making_to_its_end(
    desk: TestDesk, mine: int, kind: TemplateKind[Any], form: type, rules: RuleKind[Any]
) -> None:
    made = wait(media_templates.create(desk, kind, mine, form(name="one", description="d")))
    assert (made.name, made.created_ms, made.account_id) == ("one", NOW_MS, mine)
    desk.clock.ms += 5
    wait(media_templates.change(desk, kind, mine, made.id, form(name="two")))
    held = wait(media_templates.get(desk, kind, mine, made.id))
    assert (held.name, held.description, held.updated_ms) == ("two", "d", NOW_MS + 5)
    assert wait(media_templates.list_all(desk, kind, mine)) == [held]
    wait(media_templates.delete(desk, kind, mine, made.id))
    assert wait(media_templates.list_all(desk, kind, mine)) == []
    for gone in (
        media_templates.get(desk, kind, mine, made.id),
        media_templates.change(desk, kind, mine, made.id, form(name="x")),
        media_templates.delete(desk, kind, mine, made.id),
    ):
        with pytest.raises(NotFoundError):
            wait(gone)


@BOTH
def test_a_bound_template_serves_at_once_and_cannot_be_deleted(
    desk: TestDesk, mine: int, kind: TemplateKind[Any], form: type, rules: RuleKind[Any]
) -> None:
    wait(domains.add(desk, mine, DOMAIN))
    made = wait(media_templates.create(desk, kind, mine, form(name="one")))
    wait(media_rules.bind(desk, rules, mine, RuleKey(DOMAIN.upper(), "live", ""), made.id))
    assert made.id in serving(desk)
    assert serving(desk, app="vod") == [None, None]
    with pytest.raises(InUseError, match=rf"push\.example\.com/live/\(all\); remove the {kind.word} rule"):
        wait(media_templates.delete(desk, kind, mine, made.id))
    with pytest.raises(InUseError, match=f"{kind.word} rule for live/"):
        wait(domains.remove(desk, mine, DOMAIN))
    wait(media_rules.unbind(desk, rules, mine, RuleKey(DOMAIN, "live", "")))
    assert serving(desk) == [None, None]
    wait(media_templates.delete(desk, kind, mine, made.id))
    wait(domains.remove(desk, mine, DOMAIN))


@BOTH
def test_what_a_rule_refuses(
    desk: TestDesk, mine: int, kind: TemplateKind[Any], form: type, rules: RuleKind[Any]
) -> None:
    wait(domains.add(desk, mine, DOMAIN))
    wait(domains.add(desk, mine, "play.example.com", domain_type=domains.PLAYBACK))
    made = wait(media_templates.create(desk, kind, mine, form(name="one")))
    for place, field in (
        (RuleKey("none.example.com", "", ""), "domain"),
        (RuleKey("play.example.com", "", ""), "domain"),
        (RuleKey(DOMAIN, "a/b", ""), "app"),
        (RuleKey(DOMAIN, "", ".x"), "stream"),
    ):
        with pytest.raises(InvalidError) as wrong:
            wait(media_rules.bind(desk, rules, mine, place, made.id))
        assert wrong.value.field == field
    place = RuleKey(DOMAIN, "live", "room")
    with pytest.raises(NotFoundError):
        wait(media_rules.bind(desk, rules, mine, place, made.id + 1))
    wait(media_rules.bind(desk, rules, mine, place, made.id))
    with pytest.raises(AlreadyExistsError):
        wait(media_rules.bind(desk, rules, mine, place, made.id))
    with pytest.raises(NotFoundError):
        wait(media_rules.unbind(desk, rules, mine, RuleKey(DOMAIN, "live", "")))
    assert [one.key for one in wait(media_rules.list_all(desk, rules, mine))] == [place]


@BOTH
def test_each_kind_has_its_own_limit(
    desk: TestDesk, mine: int, kind: TemplateKind[Any], form: type, rules: RuleKind[Any]
) -> None:
    desk.limits = AccountLimits(templates=2)
    for name in ("one", "two"):
        wait(media_templates.create(desk, kind, mine, form(name=name)))
    with pytest.raises(LimitError, match=r"limits\.templates"):
        wait(media_templates.create(desk, kind, mine, form(name="three")))
    theirs = add_account(desk, 77, "others")
    wait(media_templates.create(desk, kind, theirs, form(name="three")))


def test_a_format_keeps_what_a_change_does_not_name(desk: TestDesk, mine: int) -> None:
    first = RecordTemplateForm(
        name="films", params={RecordFormat.FLV: ParamForm(enabled=True, interval_s=60)}, hls_continue_s=30
    )
    made = wait(media_templates.create(desk, RECORD, mine, first))
    change = RecordTemplateForm(
        params={RecordFormat.FLV: ParamForm(storage_s=5), RecordFormat.MP4: ParamForm(enabled=True)}
    )
    held = wait(media_templates.change(desk, RECORD, mine, made.id, change))
    assert held.params == {
        RecordFormat.FLV: RecordParam(enabled=True, interval_s=60, storage_s=5),
        RecordFormat.MP4: RecordParam(enabled=True),
    }
    assert held.hls_continue_s == 30


def test_a_wrong_change_changes_nothing(desk: TestDesk, mine: int) -> None:
    made = wait(media_templates.create(desk, SNAPSHOT, mine, SnapshotTemplateForm(name="shots")))
    with pytest.raises(InvalidError):
        wait(media_templates.change(desk, SNAPSHOT, mine, made.id, SnapshotTemplateForm(interval_s=1)))
    assert wait(media_templates.get(desk, SNAPSHOT, mine, made.id)).interval_s == 10


def test_what_a_template_says_of_its_audit_stays_until_it_is_changed(desk: TestDesk, mine: int) -> None:
    form = SnapshotTemplateForm(name="shots", audit_options=AuditForm(block=70, review=50, send_pass=True))
    made = wait(media_templates.create(desk, SNAPSHOT, mine, form))
    for other in (SnapshotTemplateForm(interval_s=20), SnapshotTemplateForm(audit_options=AuditForm())):
        wait(media_templates.change(desk, SNAPSHOT, mine, made.id, other))
    held = wait(media_templates.get(desk, SNAPSHOT, mine, made.id))
    assert held.audit_options == AuditOptions(block=70, review=50, send_pass=True)
    back = SnapshotTemplateForm(audit_options=AuditForm(block=None, send_pass=None, review_hot=101))
    wait(media_templates.change(desk, SNAPSHOT, mine, made.id, back))
    held = wait(media_templates.get(desk, SNAPSHOT, mine, made.id))
    assert held.audit_options == AuditOptions(review=50, review_hot=101)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        (AuditForm(block=102), "audit_options.block"),
        (AuditForm(review_hot=-1), "audit_options.review_hot"),
        (AuditForm(block=50, review=60), "audit_options.review"),
    ],
)
def test_scores_that_cannot_be(desk: TestDesk, mine: int, options: AuditForm, field: str) -> None:
    with pytest.raises(InvalidError) as told:
        wait(
            media_templates.create(
                desk, SNAPSHOT, mine, SnapshotTemplateForm(name="shots", audit_options=options)
            )
        )
    assert told.value.field == field
