"""Rules that act some minutes after their change, as those of CSS do."""

import pytest

from airhook.core.domains import Domain
from airhook.core.rules import CallbackRule
from airhook.core.snapshot import ConfigHolder, ConfigRows
from airhook.core.templates import CallbackTemplate
from support.desk import SetClock

DOMAIN = "push.example.com"


def rule(template_id: int, *, deleted: bool = False) -> CallbackRule:
    return CallbackRule(
        account_id=1,
        domain=DOMAIN,
        app="live",
        template_id=template_id,
        created_ms=1,
        updated_ms=1,
        deleted=deleted,
    )


def template(template_id: int, url: str = "https://a.example.com/") -> CallbackTemplate:
    return CallbackTemplate(id=template_id, account_id=1, name="t", urls={1: url}, created_ms=1, updated_ms=1)


class Late:
    """A holder whose rules are ten minutes late, with template 1 bound from the beginning."""

    def __init__(self) -> None:
        self.clock = SetClock()
        self.holder = ConfigHolder()
        self._version = 0
        self.change(templates=[template(1)], rules=[rule(1)])
        self.holder.delay_rules(600, self.clock)

    def change(self, **rows: list[object]) -> None:
        self._version += 1
        self.holder.apply(ConfigRows(version=self._version, **rows))  # type: ignore[arg-type]

    def later(self, seconds: float) -> None:
        self.clock.ms += round(seconds * 1000)

    @property
    def url(self) -> str:
        found = self.holder.acting.template_for(DOMAIN, "live")
        return found.urls[1] if found else ""


@pytest.fixture
def late() -> Late:
    return Late()


def test_what_was_there_at_the_start_acts_at_once(late: Late) -> None:
    assert late.url == "https://a.example.com/"
    assert late.holder.acting is late.holder.current


def test_a_changed_template_acts_later(late: Late) -> None:
    late.change(templates=[template(1, "https://b.example.com/")])
    late.later(599)
    assert late.url == "https://a.example.com/"
    late.later(1)
    assert late.url == "https://b.example.com/"
    assert late.holder.acting is late.holder.current


def test_changes_act_one_after_the_other(late: Late) -> None:
    late.change(rules=[rule(1, deleted=True)])
    late.later(300)
    late.change(rules=[rule(1)])
    late.later(299)
    assert late.url
    late.later(1)
    assert not late.url
    late.later(300)
    assert late.url


def test_everything_else_acts_at_once(late: Late) -> None:
    late.change(domains=[Domain(name=DOMAIN, account_id=1)])
    assert DOMAIN in late.holder.acting.domains
    assert late.holder.acting.version == late.holder.current.version


def test_a_template_that_is_gone_for_good_serves_nobody(late: Late) -> None:
    late.change(rules=[rule(1, deleted=True)], dead_templates=[1])
    assert not late.url


def test_many_changes_keep_few_snapshots(late: Late) -> None:
    for number in range(1000):
        late.later(0.01)
        late.change(templates=[template(1, f"https://a.example.com/{number}")])
    assert len(late.holder._late._left) <= 11  # type: ignore[union-attr]
    late.later(600)
    assert late.url.endswith("/999")


def test_without_a_delay_nothing_is_remembered() -> None:
    late = Late()
    late.holder.delay_rules(0, late.clock)
    late.change(templates=[template(1, "https://b.example.com/")])
    assert late.url == "https://b.example.com/"
