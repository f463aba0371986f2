"""``airhook verify`` on a folder with one of everything: clean, incomplete, of a running server."""

import sqlite3
from contextlib import closing

import pytest

from airhook.core.errors import AirhookError, ConfigError
from airhook.tools.verify import records, text
from support.storage import DAY_MS, NOON_MS
from support.verified import DAY, NEXT_DAY, STATE, attempt, change, checked, found


def test_good_records_agree(folder):
    report = checked(folder)
    assert report.ok
    assert found(report) == set()
    assert report.counted == {
        "sessions": 5, "events": 14, "deliveries": 20, "attempts": 22, "unsettled": 6, "days": 2,
    }  # fmt: skip
    assert "The records agree" in text(report)


FINE = [
    pytest.param(DAY, [attempt(9, 1, good=True)], id="an attempt that was logged when the process died"),
    pytest.param(
        NEXT_DAY,
        [
            "ATTACH '{folder}/airhook.db' AS live",
            "INSERT INTO delivery_log SELECT id, event_id, account_id, event_type, domain, app, stream, template_id, url, body, lane, shard, 'delivered', 1, created_ms, due_ms, hold_until_ms, expires_ms, NULL, NULL, NULL, created_ms FROM live.deliveries WHERE id = 9",
        ],
        id="an end that was logged when the process died",
    ),
    pytest.param(
        DAY,
        ["UPDATE delivery_log SET hold_until_ms = 0 WHERE id = 2", "UPDATE attempt_log SET started_ms = 1 WHERE delivery_id = 2"],
        id="a stop that was held long enough",
    ),
    pytest.param(DAY, ["UPDATE event_log SET planned = NULL WHERE id = 'picture'"], id="not recorded by revision 1"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "statements"), FINE)
def test_what_may_be_is_no_finding(folder, file, statements):
    change(folder, file, *(one.replace("{folder}", str(folder)) for one in statements))
    assert found(checked(folder)) == set()


def test_the_newest_log_is_missed(folder):
    (folder / NEXT_DAY).unlink()
    assert found(checked(folder)) == {
        ("session_events", "session 1003"),
        ("log_file", "airhook-2026-01-02.db"),
    }


def test_a_day_that_is_gone_without_being_dropped_is_missed(folder):
    (folder / DAY).unlink()
    assert found(checked(folder)) == {("log_file", "airhook-2026-01-01.db")}


def test_what_was_dropped_with_its_day_is_not_missed(folder):
    (folder / DAY).unlink()
    start_ms = NOON_MS // DAY_MS * DAY_MS
    change(folder, STATE, f"UPDATE log_days SET dropped_ms = 1 WHERE start_ms = {start_ms}")
    assert found(checked(folder)) == set()


@pytest.mark.parametrize("name", ["airhook-2026-01-01.db.damaged-1767268800000", "airhook-2025-12-30.db"])
def test_a_log_that_cannot_be_read_is_told(folder, name):
    (folder / "logs" / name).write_bytes(b"no database" * 1000)
    assert found(checked(folder)) == {("log_file", name)}


@pytest.mark.parametrize(
    ("file", "table", "name"),
    [(STATE, "audit_log", "airhook.db"), (DAY, "hook_log", "airhook-2026-01-01.db")],
)
def test_a_damaged_page_is_found_though_no_record_of_it_is_read(folder, file, table, name):
    with closing(sqlite3.connect(folder / file)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        [(page,)] = raw.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchall()
        [(size,)] = raw.execute("PRAGMA page_size").fetchall()
    with (folder / file).open("r+b") as raw_file:
        raw_file.seek((page - 1) * size)
        raw_file.write(b"\xff" * size)
    assert found(checked(folder)) == {("damaged", name)}


def test_of_a_running_server_the_last_half_minute_is_not_judged(folder):
    """Records that were written after the live database was read fit nothing yet."""
    change(
        folder, DAY,
        "UPDATE event_log SET planned = 7, accepted_ms = 1 << 50 WHERE id = 'picture'",
        attempt(1 << 62, 1),
        attempt(3, 2), attempt(3, 3),
        "UPDATE attempt_log SET started_ms = 1 << 50 WHERE delivery_id = 3 AND n > 1",
    )  # fmt: skip
    assert found(checked(folder, running=True)) == set()
    assert len(found(checked(folder))) == 3


def test_the_folder_is_left_as_it_was(folder):
    before = {path: path.read_bytes() for path in folder.rglob("*.db")}
    checked(folder)
    assert {path: path.read_bytes() for path in folder.rglob("*.db")} == before


def test_many_findings_are_counted_and_the_first_are_shown(folder):
    change(folder, DAY, *(attempt(n, 1) for n in range(100, 150)))
    report = checked(folder)
    assert report.totals == {"attempt_delivery": 50}
    assert len(report.findings) == 20
    assert "... and 30 more" in text(report)


@pytest.mark.parametrize("pages", [0, 8])
def test_a_full_scratch_folder_is_told_with_a_way_out_and_is_no_finding(folder, monkeypatch, pages):
    made = records._scratch

    def small(path):
        raw = made(path)
        [(used,)] = raw.execute("PRAGMA page_count").fetchall()
        raw.execute(f"PRAGMA max_page_count = {used + pages}")
        return raw

    change(folder, DAY, *(attempt(n, 1) for n in range(1000, 4000)))
    monkeypatch.setattr(records, "_scratch", small)
    with pytest.raises(AirhookError, match="TMPDIR"):
        checked(folder)


def test_a_folder_without_a_database_is_named(tmp_path):
    with pytest.raises(ConfigError, match=str(tmp_path)):
        checked(tmp_path)


def test_another_revision_says_how_to_migrate(folder):
    change(folder, STATE, "UPDATE alembic_version SET version_num = '0001'")
    with pytest.raises(ConfigError, match="airhook migrate"):
        checked(folder)
