"""The tables of a migrated database are the tables in the code, and every other state has its remedy."""

import sqlite3

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from airhook.core.clock import SystemClock
from airhook.core.errors import ConfigError
from airhook.storage import schema, tables
from airhook.storage.rows import (
    ACCOUNTS,
    API_KEYS,
    BEARER_KEYS,
    CONSOLE_SESSIONS,
    DESTINATIONS,
    DOMAINS,
    RECORD_RULES,
    RECORD_TASKS,
    RECORD_TEMPLATES,
    RULES,
    SCREENSHOT_TASKS,
    SESSIONS,
    SNAPSHOT_RULES,
    SNAPSHOT_TEMPLATES,
    STREAM_DELAYS,
    TEMPLATES,
    USERS,
)
from airhook.storage.sqlite import migrate, open_store
from airhook.storage.sqlite.connect import STATE_FILE, Database
from support.small_disk import fill, small_disk
from support.storage import SECRET_KEY, SqliteBackend, accept_one, delivered, query, settle


def open_here(folder):
    return open_store(folder, SystemClock(), secret_key=SECRET_KEY)


def change(folder, sql):
    raw = sqlite3.connect(folder / STATE_FILE)
    raw.executescript(sql)
    raw.close()


def test_migrations_make_the_tables_that_the_code_describes(tmp_path):
    migrate(tmp_path)
    database = Database(tmp_path / STATE_FILE)
    context = MigrationContext.configure(database.core, opts={"compare_type": True})
    differences = compare_metadata(context, tables.state)
    made = {
        row[0] for row in database.raw.execute("SELECT sql FROM sqlite_master WHERE name LIKE 'deliveries_%'")
    }
    database.close()
    assert differences == []
    # Alembic does not compare conditions of indexes.
    assert sorted(sql.partition(" WHERE ")[2] for sql in made) == [
        "",
        "lane IS NOT NULL",
        "replay_id IS NOT NULL",
        "state = 'held'",
        "state = 'pending'",
        "state = 'waiting'",
    ]


def test_the_newest_migration_is_known_without_alembic():
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == schema.HEAD


KINDS = [
    ACCOUNTS,
    API_KEYS,
    BEARER_KEYS,
    CONSOLE_SESSIONS,
    DESTINATIONS,
    DOMAINS,
    RECORD_RULES,
    RECORD_TASKS,
    RECORD_TEMPLATES,
    RULES,
    SCREENSHOT_TASKS,
    SESSIONS,
    SNAPSHOT_RULES,
    SNAPSHOT_TEMPLATES,
    STREAM_DELAYS,
    TEMPLATES,
    USERS,
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_field_has_its_column(kind):
    bookkeeping = {"deleted", "dead"}
    assert set(kind.fields) | bookkeeping >= {column.name for column in kind.table.columns}


def test_migrating_again_changes_nothing(tmp_path):
    migrate(tmp_path)
    store = open_here(tmp_path)
    version = store.config_version()
    migrate(tmp_path)  # also while it is open
    assert store.config_version() == version
    store.close()


def test_a_migration_that_fails_leaves_the_database_as_it_was(tmp_path):
    change(tmp_path, "CREATE TABLE users (id INTEGER)")  # in the way of the last table of the first migration
    with pytest.raises(ConfigError, match="users"):
        migrate(tmp_path)
    raw = sqlite3.connect(tmp_path / STATE_FILE)
    assert [row[0] for row in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")] == ["users"]
    raw.close()


def test_a_newer_database_is_not_touched(tmp_path):
    migrate(tmp_path)
    change(tmp_path, "UPDATE alembic_version SET version_num = '9999'")
    for use in (open_here, migrate):
        with pytest.raises(ConfigError, match="newer"):
            use(tmp_path)


def test_an_older_database_says_how_to_migrate(tmp_path):
    migrate(tmp_path)
    change(tmp_path, "UPDATE alembic_version SET version_num = '0000'")
    with pytest.raises(ConfigError, match="airhook migrate"):
        open_here(tmp_path)


def test_an_empty_folder_says_how_to_begin(tmp_path):
    with pytest.raises(ConfigError, match="airhook init"):
        open_here(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_database_without_tables_says_how_to_begin(tmp_path):
    change(tmp_path, "CREATE TABLE other (id INTEGER)")
    with pytest.raises(ConfigError, match="airhook init"):
        open_here(tmp_path)


def test_a_file_that_is_no_database_is_named(tmp_path):
    (tmp_path / STATE_FILE).write_bytes(b"this is no database" * 100)
    for use in (open_here, migrate):
        with pytest.raises(
            ConfigError, match=rf"{STATE_FILE} cannot be used: it is damaged; put back a copy"
        ):
            use(tmp_path)


def test_a_full_disk_is_named(tmp_path):
    with small_disk(tmp_path / "disk", 8) as disk:
        migrate(disk)
        fill(disk)
        with pytest.raises(ConfigError, match="the disk is full; make room there"):
            open_here(disk)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="file"):
        migrate(tmp_path / "file" / "data")


def test_a_new_folder_is_its_owner_s_alone(tmp_path):
    migrate(tmp_path / "data")
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0


def test_events_of_the_first_revision_are_kept(tmp_path):
    """What they were planned for was not recorded then; afterwards it is."""
    backend = SqliteBackend(tmp_path)
    before = accept_one(backend.store)
    backend.close()
    change(
        tmp_path,
        "DROP INDEX deliveries_pending; DROP INDEX deliveries_waiting; ALTER TABLE deliveries DROP COLUMN destination;"
        "CREATE INDEX deliveries_pending ON deliveries (due_ms) WHERE state = 'pending';"
        "CREATE INDEX deliveries_waiting ON deliveries (due_ms) WHERE state = 'waiting';"
        "DROP TABLE sources; DROP TABLE source_pushes; DROP TABLE hooks; DROP TABLE log_days; DROP TABLE clock_steps; DROP TABLE known_time; DROP TABLE replays; DROP TABLE replay_items; DROP INDEX deliveries_replay;"
        "ALTER TABLE deliveries DROP COLUMN repeat_of;"
        "ALTER TABLE deliveries DROP COLUMN replay_id;"
        "DROP TABLE record_templates; DROP TABLE record_rules; DROP TABLE record_tasks; DROP TABLE stream_delays;"
        "DROP TABLE snapshot_templates; DROP TABLE snapshot_rules; DROP TABLE screenshot_tasks;"
        "DROP INDEX sessions_ended; DROP INDEX sessions_old; DROP TABLE stream_orders; DROP TABLE audit_log; DROP INDEX console_sessions_user; ALTER TABLE users DROP COLUMN enabled;"
        "ALTER TABLE users DROP COLUMN created_ms; DROP TABLE destinations; ALTER TABLE callback_templates DROP COLUMN options;"
        "DROP TABLE accepted_ids; ALTER TABLE events DROP COLUMN planned;"
        "UPDATE alembic_version SET version_num = '0001'",
    )
    migrate(tmp_path)
    backend.store = backend.open()
    after = accept_one(backend.store)
    assert len(settle(backend.store, delivered(before), delivered(after)).applied) == 2
    planned = query(tmp_path / "logs" / "airhook-2026-01-01.db", "SELECT id, planned FROM event_log")
    assert dict(planned) == {before.event_id: None, after.event_id: 1}
    backend.close()
