"""Deliveries of a database from before they knew their destination are found by it after an upgrade."""

from contextlib import closing

from alembic import command
from alembic.config import Config

from airhook.core.destinations import NOWHERE, id_of
from airhook.core.due import Want
from airhook.storage import schema
from airhook.storage.sqlite import migrate
from airhook.storage.sqlite.connect import STATE_FILE, Database
from airhook.storage.sqlite.reader import Reader
from airhook.storage.sqlite.transaction import transaction

BEFORE = "0013"
NOW_MS = 1_767_268_800_000
URLS = [
    "http://a.example/x",
    "http://a.example:80/y?z",
    "https://a.example/",
    "no url",
    "http://bücher.example/",
]
ROWS = 25_000  # more than two statements fill
STATES = ["pending", "waiting", "held"]

INSERT = """
INSERT INTO deliveries (id, event_id, account_id, event_type, domain, app, stream, template_id, url, body, lane, shard,
  state, attempts, created_ms, due_ms, hold_until_ms, expires_ms)
VALUES (?, ?, ?, 1, 'd', 'a', 's', 1, ?, x'7b7d', NULL, 0, ?, 0, 0, ?, 0, 0)
"""


def old_database(path):
    with closing(Database(path, create=True)) as database, transaction(database.raw):
        schema.revision(database.core)  # the connection is in use: Alembic commits nothing of its own
        config = Config()
        config.set_main_option("script_location", str(schema.MIGRATIONS))
        config.attributes["connection"] = database.core
        command.upgrade(config, BEFORE)
        database.raw.executemany(
            INSERT,
            [
                (n, f"e{n}", n % 2 + 1, URLS[n % len(URLS)], STATES[n % len(STATES)], NOW_MS - n)
                for n in range(ROWS)
            ],
        )


def test_what_was_stored_before_is_found_by_its_destination(tmp_path):
    old_database(tmp_path / STATE_FILE)
    migrate(tmp_path)
    with closing(Reader(tmp_path / STATE_FILE)) as reader:
        rows = reader.rows("SELECT account_id, url, destination FROM deliveries")
        lines = reader.lines(NOW_MS, None, 1000)
        found = reader.due(NOW_MS, [Want(destination=line.destination, limit=2 * ROWS) for line in lines])
    assert len(rows) == ROWS
    assert [row for row in rows if row[2] != id_of(row[0], row[1])] == []
    # A path and the usual port make no other destination; an account does.
    assert len({line.destination for line in lines}) == 2 * 3 + 1
    assert NOWHERE in {line.destination for line in lines}
    assert sum(map(len, found)) == sum(n % 3 != 2 for n in range(ROWS))
