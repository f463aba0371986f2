"""Secrets are encrypted at rest: their texts are nowhere on the disk, and another master key opens nothing."""

import pytest

from airhook.core.accounts import ApiKey
from airhook.core.delivery_options import DeliveryOptions
from airhook.core.domains import Domain
from airhook.core.errors import ConfigError
from airhook.core.templates import CallbackTemplate
from support.storage import NOON_MS, accept_one, delivered, settle, transact

SECRETS = {
    "callback key": "CALLBACKkey0123456789",
    "push key": "PUSHkey0123456789",
    "backup push key": "BACKUPkey0123456789",
    "API secret": "APISECRET0123456789",
    "webhook secret": "whsec_WEBHOOKSECRET0123456789",
    "client's key": "CLIENTKEYPEM0123456789",
    "header": "Bearer HEADER0123456789",
}
OPTIONS = DeliveryOptions(
    webhook_secret=SECRETS["webhook secret"],
    client_key_pem=SECRETS["client's key"],
    headers=(("Authorization", SECRETS["header"]),),
)


def fill(tx):
    tx.put_template(
        CallbackTemplate(
            id=1, account_id=1, name="plain-name", callback_key=SECRETS["callback key"], options=OPTIONS
        )
    )
    tx.put_domain(
        Domain(
            name="push.example.com",
            account_id=1,
            auth_key=SECRETS["push key"],
            backup_auth_key=SECRETS["backup push key"],
        )
    )
    tx.put_api_key(
        ApiKey(
            secret_id="AKID1",
            secret_key=SECRETS["API secret"],
            account_id=1,
            enabled=True,
            created_ms=NOON_MS,
        )
    )


def test_no_secret_is_readable_on_the_disk(store, backend):
    transact(store, fill)
    settle(store, delivered(accept_one(store)))
    while_open = backend.stored_bytes()
    backend.close()
    for stored in (while_open, backend.stored_bytes()):
        assert b"plain-name" in stored
        assert [name for name, text in SECRETS.items() if text.encode() in stored] == []


def test_the_right_key_opens_them(store, backend):
    transact(store, fill)
    backend.reopen()
    template, domain, key = transact(
        backend.store, lambda tx: (tx.template(1), tx.domain("push.example.com"), tx.api_key("AKID1"))
    )
    found = [template.callback_key, domain.auth_key, domain.backup_auth_key, key.secret_key]
    assert found == list(SECRETS.values())[: len(found)]
    assert template.options == OPTIONS


def test_another_master_key_is_refused_when_opening(store, backend):
    backend.close()
    with pytest.raises(ConfigError, match="secret key"):
        backend.open(secret_key=b"x" * 32)
    backend.reopen()
