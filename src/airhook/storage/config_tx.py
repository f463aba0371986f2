"""Configuration within a transaction: every change raises the configuration's version and leaves a trace.

Deleted domains, rules and templates stay as tombstones, so that every node hears of the deletion.
"""

import msgspec
from sqlalchemy import and_, false, select, true

from airhook.core.accounts import Account
from airhook.core.domains import Domain
from airhook.core.rules import CallbackRule
from airhook.core.templates import CallbackTemplate
from airhook.storage.records import Records
from airhook.storage.rows import ACCOUNTS, DOMAINS, RULES, TEMPLATES
from airhook.storage.tables import (
    accounts,
    callback_rules,
    callback_templates,
    config_state,
    deliveries,
    push_domains,
)


class ConfigTx(Records):
    _all_buried = -1  # the configuration's version at which no deleted template was left to bury

    def account(self, account_id: int) -> Account | None:
        return self._one(ACCOUNTS, accounts.c.id == account_id)

    def accounts(self) -> list[Account]:
        return self._list(ACCOUNTS, order=(accounts.c.created_ms, accounts.c.id))

    def put_account(self, account: Account) -> None:
        self._put(ACCOUNTS, msgspec.structs.replace(account, version=self._next_version()))

    def domain(self, name: str) -> Domain | None:
        return self._one(DOMAINS, push_domains.c.name == name, push_domains.c.deleted == false())

    def domains(self, account_id: int) -> list[Domain]:
        mine = (push_domains.c.account_id == account_id, push_domains.c.deleted == false())
        return self._list(DOMAINS, *mine, order=(push_domains.c.created_ms, push_domains.c.name))

    def put_domain(self, domain: Domain) -> None:
        self._put(DOMAINS, msgspec.structs.replace(domain, version=self._next_version()), deleted=False)

    def delete_domain(self, name: str) -> None:
        """Nothing happens when there is none. Its keys are wiped."""
        gone = push_domains.update().where(push_domains.c.name == name, push_domains.c.deleted == false())
        wiped = {"deleted": True, "auth_key": b"", "backup_auth_key": b""}
        self._write(gone.values(version=self._next_version(), **wiped))

    def template(self, template_id: int) -> CallbackTemplate | None:
        """A deleted one too, until its last delivery has ended."""
        table = callback_templates.c
        return self._one(TEMPLATES, table.id == template_id, table.dead == false())

    def templates(self, account_id: int) -> list[CallbackTemplate]:
        table = callback_templates.c
        mine = (table.account_id == account_id, table.deleted == false())
        return self._list(TEMPLATES, *mine, order=(table.created_ms, table.id))

    def new_template_id(self) -> int:
        """Counted up and never used again."""
        last = config_state.c.last_template_id
        self._write(config_state.update().values(last_template_id=last + 1))
        return int(self._core.execute(select(last)).scalar_one())

    def put_template(self, template: CallbackTemplate) -> None:
        self._put(TEMPLATES, msgspec.structs.replace(template, version=self._next_version()), dead=False)

    def rule(self, domain: str, app: str) -> CallbackRule | None:
        table = callback_rules.c
        return self._one(RULES, table.domain == domain, table.app == app, table.deleted == false())

    def rules(self, account_id: int) -> list[CallbackRule]:
        table = callback_rules.c
        mine = (table.account_id == account_id, table.deleted == false())
        return self._list(RULES, *mine, order=(table.created_ms, table.domain, table.app))

    def put_rule(self, rule: CallbackRule) -> None:
        self._put(RULES, msgspec.structs.replace(rule, version=self._next_version()))

    def bury_templates(self, deleted_before_ms: int) -> int:
        """Mark deleted templates dead that no unsettled delivery needs any more; how many.

        That reads every template, so it is left out while the configuration is as it was when none was left to bury.
        """
        version = self._version()
        if version == self._all_buried:
            return 0
        table = callback_templates.c
        needed = select(deliveries.c.id).where(deliveries.c.template_id == table.id).exists()
        over = and_(table.updated_ms < deleted_before_ms, ~needed)
        deleted = select(table.id, over).where(table.deleted == true(), table.dead == false())
        rows = self._core.execute(deleted).all()
        if not rows:
            self._all_buried = version
        ids = [template_id for template_id, is_over in rows if is_over]
        for template_id in ids:
            dead = callback_templates.update().where(table.id == template_id)
            self._write(dead.values(dead=True, callback_key=b"", options=b"", version=self._next_version()))
        return len(ids)

    def _next_version(self) -> int:
        self._write(config_state.update().values(version=config_state.c.version + 1))
        return self._version()

    def _version(self) -> int:
        return int(self._core.execute(select(config_state.c.version)).scalar_one())
