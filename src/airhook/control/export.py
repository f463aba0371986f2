"""Search results as a file: CSV or JSON lines, made a piece at a time."""

import csv
import enum
import io
from collections.abc import AsyncIterator, Sequence

import msgspec

from airhook.control import search, shapes
from airhook.control.base import Desk
from airhook.core.search import DeliveryRecord, Filter
from airhook.observe.times import iso_ms

COLUMNS = (
    "id",
    "event_id",
    "event_type",
    "domain",
    "app",
    "stream",
    "template_id",
    "url",
    "state",
    "reason",
    "attempts",
    "created_at",
    "settled_at",
    "repeat_of",
    "last_status",
    "last_error",
    "last_error_detail",
    "last_started_at",
    "last_took_ms",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet computes what begins so


class Format(enum.StrEnum):
    CSV = "csv"
    JSONL = "jsonl"

    @property
    def media_type(self) -> str:
        return {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}[self.value]


async def pieces(desk: Desk, account_id: int | None, wanted: Filter, form: Format) -> AsyncIterator[bytes]:
    """The file of all that is found, once its first piece is there: what that raises is raised before an answer begins.

    CSV: UTF-8, comma, CRLF (RFC 4180), a line of names, times as RFC 3339. JSON lines: one object a line, as
    ``/v1/deliveries`` has it. Raises ``UnavailableError`` as ``search.everything``, and when too many exports go on.
    """
    made = _pieces(desk, account_id, wanted, form)
    first = [await anext(made, b"")]

    async def all_of_them() -> AsyncIterator[bytes]:
        yield first.pop()  # and keep it no longer than its reader does
        async for piece in made:
            yield piece

    return all_of_them()


async def _pieces(desk: Desk, account_id: int | None, wanted: Filter, form: Format) -> AsyncIterator[bytes]:
    head = _lines([COLUMNS]) if form is Format.CSV else b""
    # Who leaves before the end lets go of this generator, and the loop closes what nobody holds.
    with desk.exports.taken(account_id):
        async for records in search.everything(desk.store, account_id, wanted):
            piece, head = head + _encoded(records, form), b""
            yield piece
        yield head


def _encoded(records: Sequence[DeliveryRecord], form: Format) -> bytes:
    if form is Format.CSV:
        return _lines([_row(record) for record in records])
    return b"".join(msgspec.json.encode(shapes.delivery(record)) + b"\n" for record in records)


def _row(record: DeliveryRecord) -> Sequence[object]:
    shown, last = shapes.delivery(record), record.last_attempt
    values = {name: getattr(shown, name) for name in COLUMNS if hasattr(shown, name)}
    values["created_at"] = iso_ms(shown.created_at)
    values["settled_at"] = None if shown.settled_at is None else iso_ms(shown.settled_at)
    if last is not None:
        values |= {
            "last_status": last.status,
            "last_error": last.error,
            "last_error_detail": last.error_detail,
            "last_started_at": iso_ms(last.started_ms),
            "last_took_ms": last.finished_ms - last.started_ms,
        }
    return [_cell(values.get(name)) for name in COLUMNS]


def _cell(value: object) -> object:
    """Text that a spreadsheet would take for a formula stays text."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return value


def _lines(rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
