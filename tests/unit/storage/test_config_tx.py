"""Deleted templates are looked for only when there may be one: with many templates that reads them all."""

import pytest

from airhook.core.templates import CallbackTemplate
from airhook.storage.secretbox import SecretBox
from airhook.storage.sqlite.connect import STATE_FILE, Database
from airhook.storage.sqlite.transaction import transaction
from airhook.storage.sqlite.tx import SqliteTx
from support.new_database import new_database
from support.storage import NOON_MS, SECRET_KEY


@pytest.fixture(name="database")
def _database(tmp_path):
    new_database(tmp_path)
    database = Database(tmp_path / STATE_FILE)
    yield database
    database.close()


def put_deleted(database, template_id, updated_ms):
    """As another process would: on a ``Tx`` of its own."""
    template = CallbackTemplate(
        id=template_id, account_id=1, name="old", urls={}, deleted=True, updated_ms=updated_ms
    )
    with transaction(database.raw):
        SqliteTx(database, SecretBox(SECRET_KEY)).put_template(template)


def bury(database, tx):
    """How many were buried, and whether templates were looked at."""
    seen: list[str] = []
    database.raw.set_trace_callback(seen.append)
    with transaction(database.raw):
        count = tx.bury_templates(NOON_MS)
    database.raw.set_trace_callback(None)
    return count, any("callback_templates" in sql for sql in seen)


def test_templates_are_looked_at_again_when_the_configuration_changes(database):
    tx = SqliteTx(database, SecretBox(SECRET_KEY))
    assert bury(database, tx) == (0, True)
    assert bury(database, tx) == (0, False)
    put_deleted(database, 1, NOON_MS - 1)
    assert bury(database, tx) == (1, True)
    assert bury(database, tx) == (0, True)  # burying changed it
    assert bury(database, tx) == (0, False)


def test_one_that_may_still_be_needed_is_looked_at_until_it_is_buried(database):
    tx = SqliteTx(database, SecretBox(SECRET_KEY))
    put_deleted(database, 1, NOON_MS)
    assert [bury(database, tx) for _ in range(3)] == [(0, True)] * 3
