"""The configuration in memory, and which template serves a stream."""

from typing import Any

import pytest

from airhook.core.accounts import Account
from airhook.core.domains import Domain
from airhook.core.rules import CallbackRule
from airhook.core.snapshot import ConfigHolder, ConfigRows, Snapshot
from airhook.core.templates import CallbackTemplate

DOMAIN = "push.example.com"


def rule(app: str, template_id: int, *, domain: str = DOMAIN, deleted: bool = False) -> CallbackRule:
    return CallbackRule(account_id=1, domain=domain, app=app, template_id=template_id, deleted=deleted)


def template(template_id: int, **change: Any) -> CallbackTemplate:
    return CallbackTemplate(id=template_id, account_id=1, name=f"t{template_id}", **change)


def snapshot(*rules: CallbackRule, templates: tuple[CallbackTemplate, ...] = ()) -> Snapshot:
    return Snapshot().apply(ConfigRows(version=1, templates=list(templates), rules=list(rules)))


BOTH = (template(1), template(2))


@pytest.mark.parametrize(
    ("config", "app", "served"),
    [
        pytest.param(snapshot(rule("live", 1), templates=BOTH), "live", 1, id="exact-app"),
        pytest.param(snapshot(rule("live", 1), templates=BOTH), "vod", None, id="another-app"),
        pytest.param(snapshot(rule("", 2), templates=BOTH), "live", 2, id="whole-domain"),
        pytest.param(
            snapshot(rule("live", 1), rule("", 2), templates=BOTH), "live", 1, id="exact-app-goes-first"
        ),
        pytest.param(
            snapshot(rule("live", 1), rule("", 2), templates=BOTH), "vod", 2, id="the-rest-of-the-domain"
        ),
        pytest.param(
            snapshot(rule("live", 1, domain="b.example.com"), templates=BOTH), "live", None, id="domain"
        ),
        pytest.param(snapshot(rule("Live", 1), templates=BOTH), "live", None, id="case-counts"),
        pytest.param(snapshot(rule("live", 3), templates=BOTH), "live", None, id="no-such-template"),
        pytest.param(
            snapshot(rule("live", 1), templates=(template(1, deleted=True),)), "live", None, id="deleted"
        ),
        pytest.param(snapshot(templates=BOTH), "live", None, id="no-rule"),
    ],
)
def test_template_for(config: Snapshot, app: str, served: int | None) -> None:
    found = config.template_for(DOMAIN, app)
    assert (found.id if found else None) == served


def test_apply_adds_changes_and_removes() -> None:
    first = Snapshot().apply(
        ConfigRows(
            version=3,
            accounts=[Account(id=1, appid=7, name="a", created_ms=0)],
            domains=[Domain(name="a", account_id=1), Domain(name="b", account_id=1)],
            templates=[template(1), template(2)],
            rules=[rule("live", 1), rule("vod", 2)],
        )
    )
    second = first.apply(
        ConfigRows(
            version=5,
            domains=[Domain(name="b", account_id=1, enabled=False)],
            dead_domains=["a", "never-known"],
            templates=[template(1, description="new")],
            dead_templates=[2],
            rules=[rule("vod", 2, deleted=True)],
        )
    )
    assert second.version == 5
    assert set(second.accounts) == {1}
    assert {name: domain.enabled for name, domain in second.domains.items()} == {"b": False}
    assert {key: value.description for key, value in second.templates.items()} == {1: "new"}
    assert set(second.rules) == {(DOMAIN, "live")}
    assert set(first.domains) == {"a", "b"}, "an older snapshot stays as it was"
    assert set(first.rules) == {(DOMAIN, "live"), (DOMAIN, "vod")}


@pytest.mark.parametrize("version", [2, 3])
def test_rows_that_are_no_newer_change_nothing(version: int) -> None:
    current = Snapshot(version=3)
    late = ConfigRows(version=version, domains=[Domain(name="a", account_id=1)])
    assert current.apply(late) is current


def test_a_hidden_template_is_kept_for_deliveries() -> None:
    config = snapshot(templates=(template(1, deleted=True, callback_key="Key1"),))
    assert config.templates[1].callback_key == "Key1"


def test_the_holder_tells_of_a_new_snapshot_only() -> None:
    holder = ConfigHolder()
    told: list[int] = []
    holder.on_swap.append(lambda config: told.append(config.version))
    for version in (2, 2, 1, 4):
        holder.apply(ConfigRows(version=version))
    assert told == [2, 4]
    assert holder.current.version == 4


def test_a_listener_finds_the_new_snapshot_in_place() -> None:
    holder = ConfigHolder()
    seen: list[int] = []
    holder.on_swap.append(lambda _: seen.append(holder.current.version))
    holder.apply(ConfigRows(version=1))
    assert seen == [1]
