"""The checks: each is one statement of ``checks.sql`` that gives what does not fit together."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from airhook.core import operations
from airhook.core.delivery_options import Profile
from airhook.delivery.attempt import SUCCESS
from airhook.delivery.retry import Schedules, profile_schedule
from airhook.storage.sqlite.queries import load as load_sql
from airhook.tools.verify import received
from airhook.tools.verify.records import SQL, Records, gathered
from airhook.tools.verify.report import MEANINGS, Finding, Report

SHOWN = 20  # findings of a kind

CHECKS = load_sql(Path(__file__).with_name("checks.sql"))
REPEATED = "received_repeated"


def verify(
    folder: Path,
    secret_key: bytes,
    schedules: Schedules,
    *,
    running: bool = False,
    received_files: Sequence[Path] = (),
    repeats: int = 0,
) -> Report:
    """Check the records in ``folder``; with ``received_files`` also what receivers wrote down.

    ``repeats`` so many repeated callbacks are put down to crashes. Raises ``ConfigError`` when there is no database
    of this program's revision or the key is not its key, ``AirhookError`` when a file of a receiver cannot be used.
    """
    with gathered(folder, secret_key, running=running) as records:
        _note_schedules(records, schedules)
        counted = _counted(records)
        if received_files:
            counted["received"] = received.load(records.raw, received_files)
        totals: dict[str, int] = {}
        findings: list[Finding] = []
        for kind in MEANINGS:
            if kind.startswith("received_") and not received_files:
                continue
            rows = _rows(records, kind, schedules)
            total, first = _repeated(rows, repeats) if kind == REPEATED else _gathered(rows)
            if total:
                totals[kind] = total
                findings += [Finding(kind, subject, detail) for subject, detail in first]
    return Report(folder=str(folder), running=running, counted=counted, totals=totals, findings=findings)


def _note_schedules(records: Records, schedules: Schedules) -> None:
    rows = [(int(event_type), one.attempts) for event_type, one in schedules.by_type.items()]
    records.raw.executemany("INSERT INTO schedules VALUES (?, ?)", rows)
    own = [
        (template.id, one.attempts, one.standard)
        for template in (*records.templates, operations.template(""))
        if template.options and template.options.profile is not Profile.CSS
        for one in [profile_schedule(template.options, schedules.usual.timeout_s)]
    ]
    records.raw.executemany("INSERT INTO own_schedules VALUES (?, ?, ?)", own)


def _counted(records: Records) -> dict[str, int]:
    names = ("sessions", "events", "deliveries", "unsettled", "attempts")
    counts = records.raw.execute(SQL["counts"]).fetchone()
    return {**dict(zip(names, counts, strict=True)), "days": records.days}


def _rows(records: Records, kind: str, schedules: Schedules) -> Iterator[Any]:
    if kind == "log_file":
        return iter(records.unreadable)
    if kind == "damaged":
        return iter(records.damaged)
    values = {
        "kept_since_ms": records.kept_since_ms,
        "until_ms": records.judged_until_ms,
        "attempts": schedules.usual.attempts,
        "success": SUCCESS,
    }
    return records.raw.execute(CHECKS[kind], values)


def _gathered(rows: Iterator[Any]) -> tuple[int, list[tuple[str, str]]]:
    """How many there are, and the first."""
    total = 0
    first: list[tuple[str, str]] = []
    for subject, detail, *_ in rows:
        total += 1
        if total <= SHOWN:
            first.append((subject, detail))
    return total, first


def _repeated(rows: Iterator[Any], allowed: int) -> tuple[int, list[tuple[str, str]]]:
    """Repeats beyond the allowed number; each row tells how many are its own."""
    total = 0
    first: list[tuple[str, str]] = []
    for subject, detail, extra in rows:
        total += extra
        if len(first) < SHOWN:
            first.append((subject, detail))
    return (total, first) if total > allowed else (0, [])
