"""Callback rules: bind and unbind."""

import pytest

from airhook.control import domains, rules, templates
from airhook.control.domains import PLAYBACK
from airhook.control.templates import TemplateForm
from airhook.core.errors import AlreadyExistsError, InvalidError, NotFoundError
from support.desk import TestDesk, wait

DOMAIN = "push.example.com"


@pytest.fixture
def template_id(desk: TestDesk, mine: int) -> int:
    wait(domains.add(desk, mine, DOMAIN))
    form = TemplateForm(name="hooks", urls={1: "https://hooks.example.com/"})
    return wait(templates.create(desk, mine, form)).id


def serving(desk: TestDesk, app: str) -> int | None:
    template = desk.config.current.template_for(DOMAIN, app)
    return template.id if template else None


@pytest.mark.parametrize(
    ("bound", "app", "served"),
    [
        pytest.param("live", "live", True, id="its-app"),
        pytest.param("live", "vod", False, id="another-app"),
        pytest.param("", "vod", True, id="the-whole-domain"),
    ],
)
def test_bind(desk: TestDesk, mine: int, template_id: int, bound: str, app: str, served: bool) -> None:
    rule = wait(rules.bind(desk, mine, DOMAIN.upper(), bound, template_id))
    assert (rule.domain, rule.app, rule.created_ms) == (DOMAIN, bound, desk.clock.ms)
    assert (serving(desk, app) == template_id) is served


@pytest.mark.parametrize(
    ("domain", "app", "field"),
    [
        pytest.param("nobody.example.com", "live", "domain", id="unknown-domain"),
        pytest.param("play.example.com", "live", "domain", id="playback-domain"),
        pytest.param("theirs.example.com", "live", "domain", id="another-accounts-domain"),
        pytest.param(DOMAIN, "a/b", "app", id="bad-app"),
        pytest.param(DOMAIN, ".hidden", "app", id="dot-first"),
    ],
)
def test_bind_refuses(
    desk: TestDesk, mine: int, other: int, template_id: int, domain: str, app: str, field: str
) -> None:
    wait(domains.add(desk, mine, "play.example.com", domain_type=PLAYBACK))
    wait(domains.add(desk, other, "theirs.example.com"))
    with pytest.raises(InvalidError) as caught:
        wait(rules.bind(desk, mine, domain, app, template_id))
    assert caught.value.field == field
    assert wait(rules.list_all(desk, mine)) == []


def test_bind_needs_a_template_of_the_account(
    desk: TestDesk, mine: int, other: int, template_id: int
) -> None:
    theirs = wait(templates.create(desk, other, TemplateForm(name="t", urls={1: "https://a.example.com/"})))
    for unknown in (theirs.id, 999):
        with pytest.raises(NotFoundError):
            wait(rules.bind(desk, mine, DOMAIN, "live", unknown))


def test_a_domain_and_app_take_one_template(desk: TestDesk, mine: int, template_id: int) -> None:
    wait(rules.bind(desk, mine, DOMAIN, "live", template_id))
    with pytest.raises(AlreadyExistsError, match="delete it before"):
        wait(rules.bind(desk, mine, DOMAIN, "live", template_id))
    wait(rules.bind(desk, mine, DOMAIN, "vod", template_id))
    wait(rules.bind(desk, mine, DOMAIN, "", template_id))
    assert [rule.app for rule in wait(rules.list_all(desk, mine))] == ["", "live", "vod"]


def test_unbind_takes_exactly_these_values(desk: TestDesk, mine: int, template_id: int) -> None:
    wait(rules.bind(desk, mine, DOMAIN, "live", template_id))
    for app in ("", "liv", "LIVE"):
        with pytest.raises(NotFoundError):
            wait(rules.unbind(desk, mine, DOMAIN, app))
    wait(rules.unbind(desk, mine, DOMAIN, "live"))
    assert serving(desk, "live") is None
    with pytest.raises(NotFoundError):
        wait(rules.unbind(desk, mine, DOMAIN, "live"))


def test_bind_again_after_unbind(desk: TestDesk, mine: int, template_id: int) -> None:
    wait(rules.bind(desk, mine, DOMAIN, "live", template_id))
    wait(rules.unbind(desk, mine, DOMAIN, "live"))
    desk.clock.ms += 1
    assert wait(rules.bind(desk, mine, DOMAIN, "live", template_id)).created_ms == desk.clock.ms
    assert serving(desk, "live") == template_id


def test_another_accounts_rule_is_not_found(desk: TestDesk, mine: int, other: int, template_id: int) -> None:
    wait(rules.bind(desk, mine, DOMAIN, "live", template_id))
    with pytest.raises(NotFoundError):
        wait(rules.unbind(desk, other, DOMAIN, "live"))
    assert wait(rules.list_all(desk, other)) == []
    assert serving(desk, "live") == template_id
