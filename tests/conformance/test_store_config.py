"""Configuration: what is put is found again, every change raises the version, and other nodes hear of it."""

import time

import pytest
from msgspec.structs import replace

from airhook.core.delivery_options import DeliveryOptions, Profile, SignMode
from airhook.core.domains import Domain
from airhook.core.errors import InvalidError
from airhook.core.rules import CallbackRule
from airhook.core.snapshot import Snapshot
from airhook.core.templates import CallbackTemplate
from support.storage import NOON_MS, accept_one, account, delivered, settle, transact

DOMAIN = Domain(
    name="push.example.com",
    account_id=1,
    domain_type=1,
    play_type=3,
    enabled=False,
    auth_enabled=False,
    auth_key="mainkey",
    backup_auth_key="backupkey",
    auth_delta_s=300,
    reconnect_window_s=0,
    created_ms=NOON_MS,
)
TEMPLATE = CallbackTemplate(
    id=5,
    account_id=1,
    name="回调-1",
    description="both",
    urls={1: "https://hooks.example.com/begin", 0: "https://hooks.example.com/end"},
    callback_key="Kx7Pq2Lm9TzR4vBnW8",
    key_version=2,
    record_exception_levels=["error", "info"],
    ordered=False,
    options=DeliveryOptions(
        profile=Profile.CUSTOM,
        delays_s=(0.5, 60),
        sign_mode=SignMode.FROZEN,
        previous_key="oldkey",
        overlap_until_ms=NOON_MS,
        headers=(("X-Team", "live"), ("Authorization", "Bearer abc")),
        ca_pem="ca",
        http2=True,
    ),
    created_ms=NOON_MS,
    updated_ms=NOON_MS,
)
RULE = CallbackRule(
    account_id=1, domain="push.example.com", app="live", template_id=5, created_ms=NOON_MS, updated_ms=NOON_MS
)


def unversioned(value):
    return replace(value, version=0)


CASES = [
    pytest.param(account(1), lambda tx: tx.account(1), lambda tx: tx.put_account(account(1)), id="account"),
    pytest.param(DOMAIN, lambda tx: tx.domain(DOMAIN.name), lambda tx: tx.put_domain(DOMAIN), id="domain"),
    pytest.param(TEMPLATE, lambda tx: tx.template(5), lambda tx: tx.put_template(TEMPLATE), id="template"),
    pytest.param(
        replace(TEMPLATE, id=6, options=None),
        lambda tx: tx.template(6),
        lambda tx: tx.put_template(replace(TEMPLATE, id=6, options=None)),
        id="template-without-options",
    ),
    pytest.param(RULE, lambda tx: tx.rule(RULE.domain, "live"), lambda tx: tx.put_rule(RULE), id="rule"),
]


@pytest.mark.parametrize(("value", "get", "put"), CASES)
def test_what_is_put_is_found_with_every_field(store, value, get, put):
    assert transact(store, get) is None
    transact(store, put)
    assert unversioned(transact(store, get)) == value


@pytest.mark.parametrize(("value", "get", "put"), CASES)
def test_every_put_raises_the_version_and_stamps_the_row(store, value, get, put):
    before = store.config_version()
    transact(store, put)
    transact(store, put)
    assert store.config_version() == before + 2
    assert transact(store, get).version == before + 2


def test_reads_in_a_transaction_see_its_own_writes(store):
    def work(tx):
        tx.put_template(TEMPLATE)
        return tx.template(5).name, [one.id for one in tx.templates(1)]

    assert transact(store, work) == ("回调-1", [5])


def test_lists_are_of_one_account_and_oldest_first(store):
    def work(tx):
        for name, owner, created in (("b.com", 1, 20), ("a.com", 1, 30), ("c.com", 1, 10), ("d.com", 2, 1)):
            tx.put_domain(replace(DOMAIN, name=name, account_id=owner, created_ms=created))
            tx.put_rule(replace(RULE, domain=name, account_id=owner, created_ms=created))
        for template_id, owner, created in ((1, 1, 20), (2, 1, 10), (3, 2, 1)):
            tx.put_template(replace(TEMPLATE, id=template_id, account_id=owner, created_ms=created))
        tx.put_account(replace(account(2), created_ms=1))
        tx.put_account(account(1))
        return (
            [one.name for one in tx.domains(1)],
            [one.domain for one in tx.rules(1)],
            [one.id for one in tx.templates(1)],
            [one.id for one in tx.accounts()],
        )

    in_order = ["c.com", "b.com", "a.com"]
    assert transact(store, work) == (in_order, in_order, [2, 1], [2, 1])


def test_deleted_things_are_gone_from_lists_and_names(store):
    def work(tx):
        tx.put_domain(DOMAIN)
        tx.put_template(TEMPLATE)
        tx.put_rule(RULE)
        tx.delete_domain(DOMAIN.name)
        tx.put_template(replace(TEMPLATE, deleted=True))
        tx.put_rule(replace(RULE, deleted=True))
        return (
            tx.domain(DOMAIN.name),
            tx.domains(1),
            tx.templates(1),
            tx.rule(RULE.domain, "live"),
            tx.rules(1),
        )

    assert transact(store, work) == (None, [], [], None, [])


def test_a_deleted_domain_and_rule_can_be_made_again(store):
    def work(tx):
        tx.put_domain(DOMAIN)
        tx.delete_domain(DOMAIN.name)
        tx.put_domain(replace(DOMAIN, account_id=2))
        tx.put_rule(replace(RULE, deleted=True))
        tx.put_rule(RULE)
        return tx.domain(DOMAIN.name).account_id, tx.rule(RULE.domain, RULE.app).template_id

    assert transact(store, work) == (2, 5)


def test_template_ids_are_never_used_again(store, backend):
    first = transact(store, lambda tx: [tx.new_template_id(), tx.new_template_id()])
    backend.reopen()
    assert transact(backend.store, lambda tx: tx.new_template_id()) > first[1] > first[0] > 0


def test_deleting_what_is_not_there_is_no_error(store):
    transact(store, lambda tx: tx.delete_domain("nobody.example.com"))
    assert transact(store, lambda tx: tx.domains(1)) == []


BAD_VALUES = [
    pytest.param({"name": "a\0b"}, "name", id="NUL"),
    pytest.param({"description": "half \ud800 pair"}, "description", id="no UTF-8"),
    pytest.param({"urls": {1: "https://a/\udfff"}}, "urls", id="no UTF-8 inside a list"),
    pytest.param({"created_ms": 2**63}, "created_ms", id="more than 64 bits"),
    pytest.param({"key_version": -(2**63) - 1}, "key_version", id="less than 64 bits"),
]


@pytest.mark.parametrize(("bad", "field"), BAD_VALUES)
def test_values_that_cannot_be_stored_are_named(store, bad, field):
    with pytest.raises(InvalidError) as error:
        transact(store, lambda tx: tx.put_template(replace(TEMPLATE, **bad)))
    assert error.value.field == field


class TestLoading:
    """``load_config(since)`` gives what changed; ``Snapshot.apply`` makes the whole of it."""

    def fill(self, store):
        def work(tx):
            tx.put_account(account(1))
            tx.put_domain(DOMAIN)
            tx.put_template(TEMPLATE)
            tx.put_rule(RULE)

        transact(store, work)

    def test_all_of_it_from_version_0(self, store):
        self.fill(store)
        rows = store.load_config(0)
        assert rows.version == store.config_version() == 4
        snapshot = Snapshot().apply(rows)
        assert unversioned(snapshot.template_for("push.example.com", "live")) == TEMPLATE
        assert unversioned(snapshot.domains["push.example.com"]) == DOMAIN
        assert unversioned(snapshot.accounts[1]) == account(1)

    def test_only_what_changed_since(self, store):
        self.fill(store)
        since = store.config_version()
        transact(store, lambda tx: tx.put_template(replace(TEMPLATE, name="new")))
        rows = store.load_config(since)
        assert [one.name for one in rows.templates] == ["new"]
        assert (rows.accounts, rows.domains, rows.rules) == ([], [], [])
        assert store.load_config(rows.version).templates == []

    def test_deletions_are_told(self, store):
        self.fill(store)
        before = Snapshot().apply(store.load_config(0))

        def work(tx):
            tx.delete_domain(DOMAIN.name)
            tx.put_rule(replace(RULE, deleted=True))

        transact(store, work)
        rows = store.load_config(before.version)
        assert rows.dead_domains == ["push.example.com"]
        after = before.apply(rows)
        assert (dict(after.domains), dict(after.rules)) == ({}, {})

    def test_more_rows_than_one_read_takes(self, store):
        def work(tx):
            for n in range(4500):
                tx.put_rule(replace(RULE, app=f"app{n}"))

        transact(store, work)
        assert {rule.app for rule in store.load_config(0).rules} == {f"app{n}" for n in range(4500)}

    def test_another_process_is_heard(self, store, backend):
        other = backend.open()
        seen = store.config_version()
        transact(other, lambda tx: tx.put_domain(DOMAIN))
        assert store.config_version() > seen
        assert [one.name for one in store.load_config(seen).domains] == ["push.example.com"]

    def test_a_deleted_template_is_readable_until_its_last_delivery_has_ended(self, store, backend):
        self.fill(store)
        first, second = accept_one(store), accept_one(store)
        transact(store, lambda tx: tx.put_template(replace(TEMPLATE, deleted=True, updated_ms=NOON_MS)))
        settle(store, delivered(first))
        backend.clock.now += 3_600_000
        assert self.after_tidying(store).templates[0].callback_key == TEMPLATE.callback_key

        settle(store, delivered(second))
        seen = store.config_version()
        deadline = time.monotonic() + 20
        while not store.load_config(seen).dead_templates:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert store.load_config(seen).dead_templates == [5]
        assert store.load_config(0).templates == []
        assert transact(store, lambda tx: tx.template(5)) is None

    def test_a_template_that_was_just_deleted_is_kept_for_those_who_still_plan_with_it(self, store, backend):
        self.fill(store)
        transact(store, lambda tx: tx.put_template(replace(TEMPLATE, deleted=True, updated_ms=NOON_MS)))
        backend.clock.now += 9_000
        assert [one.id for one in self.after_tidying(store).templates] == [5]

    def after_tidying(self, store):
        """The rows once a later template was buried, so that the store has had its chance at this one."""

        def work(tx):
            tx.put_template(replace(TEMPLATE, id=6, deleted=True, updated_ms=NOON_MS - 3_600_000))

        transact(store, work)
        deadline = time.monotonic() + 20
        while not (rows := store.load_config(0)).dead_templates:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert rows.dead_templates == [6]
        return rows
