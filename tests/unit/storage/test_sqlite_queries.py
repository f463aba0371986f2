"""The loader of hand-written statements, and that each of them finds its rows by an index."""

import pytest

from airhook.storage.sqlite.connect import STATE_FILE, connect
from airhook.storage.sqlite.logs import DayLogs, LogRows, day_of
from airhook.storage.sqlite.push_tx import PUSHES
from airhook.storage.sqlite.queries import HOT, insert, load
from support.new_database import new_database
from support.storage import NOON_MS


def test_a_file_becomes_statements_by_name(tmp_path):
    path = tmp_path / "some.sql"
    path.write_text(
        "-- first: what it is for;\n-- and more\nSELECT 1\n\n-- second: columns\nSELECT {attempt} FROM t\n"
    )
    statements = load(path)
    assert list(statements) == ["first", "second"]
    assert statements["first"].endswith("SELECT 1")
    assert statements["second"].startswith("SELECT delivery_id, n, started_ms,")


@pytest.mark.parametrize("count", [0, 1, 2, 127, 128, 129, 256, 700])
def test_any_number_of_rows_is_inserted(tmp_path, count):
    logs = DayLogs(tmp_path)
    logs.write(NOON_MS, LogRows())
    logs.close()
    raw = connect(logs.path(day_of(NOON_MS)))
    rows = [(f"e{n}", 1, 1, "d", "a", "s", None, n, n, 1, "{}", 1) for n in range(count)]
    insert(raw, "log_events", rows)
    found = raw.execute("SELECT id FROM event_log ORDER BY occurred_ms").fetchall()
    raw.close()
    assert [name for (name,) in found] == [row[0] for row in rows]


SCANS = {
    "finished_events",
    "forget_accepted_ids",
    "live_chunk",
    "live_chunk_bounds",
}  # the first rows of an index, or of the table itself


STATEMENTS = {**HOT, **PUSHES}
NO_TABLES = ("SCAN line", "SCAN CONSTANT ROW")  # what a statement makes itself


@pytest.mark.parametrize("name", sorted(STATEMENTS))
def test_no_statement_reads_a_whole_table(tmp_path, name):
    """With a million deliveries waiting, one that does would stop every commit."""
    new_database(tmp_path)
    logs = DayLogs(tmp_path)
    logs.prepare(day_of(NOON_MS))
    sql = STATEMENTS[name].replace("{rows}", "(NULL)").replace("{where}", "account_id = ?")
    if "INSERT" in sql:
        return
    raw = connect(logs.path(day_of(NOON_MS)) if "_log" in sql else tmp_path / STATE_FILE)
    numbered = [number for number in (1, 2, 3, 4, 5) if f"?{number}" in sql]
    parameters = len(numbered) or sql.count("?")
    plan = [row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {sql}", ["[]"] * parameters)]
    raw.close()
    scans = [step for step in plan if step.startswith("SCAN") and step not in NO_TABLES]
    assert plan
    assert [step for step in scans if "VIRTUAL TABLE" not in step] == [] or (name in SCANS and "LIMIT" in sql)
    if name == "open_session":
        assert "sessions_open" in plan[0]
    if name == "delete_events":
        assert "SEARCH events USING PRIMARY KEY (account_id=? AND id=?)" in plan
