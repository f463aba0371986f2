"""Which value of ``core`` lies in which table, and how its fields become columns.

A field has a column of its name. Fields named in ``json`` are stored as JSON text, those in ``sealed`` encrypted, those
in ``sealed_json`` both; there, None is empty.
"""

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import RowMapping, Table, bindparam, select

from airhook.core.accounts import Account, ApiKey, BearerKey, ConsoleSession, User
from airhook.core.audit import AuditEntry, Change
from airhook.core.delivery_options import DeliveryOptions
from airhook.core.destinations import DestinationRow
from airhook.core.domains import Domain
from airhook.core.errors import InvalidError
from airhook.core.hooks import HookRecord, SourcePush
from airhook.core.media_rules import RecordRule, SnapshotRule
from airhook.core.media_tasks import RecordTask, ScreenshotTask
from airhook.core.record_templates import RecordFormat, RecordParam, RecordTemplate
from airhook.core.replays import Replay
from airhook.core.rules import CallbackRule
from airhook.core.search import Filter
from airhook.core.sessions import Session
from airhook.core.snapshot_templates import AuditOptions, SnapshotTemplate
from airhook.core.sources import Source
from airhook.core.stream_delays import StreamDelay
from airhook.core.stream_orders import StreamOrder
from airhook.core.templates import CallbackTemplate
from airhook.storage import media_tables, replay_tables, source_tables, tables
from airhook.storage.secretbox import SecretBox
from airhook.storage.values import checked

S = TypeVar("S", bound=msgspec.Struct)


class Kind(Generic[S]):
    """One type of value and its table."""

    def __init__(
        self,
        type_: type[S],
        table: Table,
        *,
        json: Mapping[str, Any] | None = None,
        sealed: tuple[str, ...] = (),
        sealed_json: Mapping[str, Any] | None = None,
    ) -> None:
        self.type = type_
        self.name = type_.__name__
        self.table = table
        self.fields = type_.__struct_fields__
        self.columns = [table.c[field] for field in self.fields]
        self.key = tuple(column.name for column in table.primary_key)
        self.select = select(*self.columns)
        self.insert = table.insert()
        # Statements are made once: SQLAlchemy takes longer to build one than SQLite to run it.
        self.update = table.update().where(*(table.c[name] == bindparam(f"of_{name}") for name in self.key))
        self._json = dict(json or {})
        self._sealed_json = dict(sealed_json or {})
        self._sealed = (*sealed, *self._sealed_json)

    def row(self, value: S, box: SecretBox) -> dict[str, object]:
        """Columns of a value. Raises ``InvalidError`` for what cannot be stored."""
        row = dict(zip(self.fields, checked(self.fields, msgspec.structs.astuple(value)), strict=True))
        for field in self._json:
            row[field] = _json(field, row[field])
        for field in self._sealed_json:
            row[field] = "" if row[field] is None else _json(field, row[field])
        for field in self._sealed:
            row[field] = box.seal(str(row[field]), self._place(field, row))
        return row

    def value(self, row: RowMapping, box: SecretBox) -> S:
        fields = {field: row[field] for field in self.fields}
        for field, type_ in self._json.items():
            fields[field] = msgspec.json.decode(fields[field], type=type_)
        for field in self._sealed:
            fields[field] = box.open(fields[field], self._place(field, fields))
        for field, type_ in self._sealed_json.items():
            fields[field] = msgspec.json.decode(fields[field], type=type_) if fields[field] else None
        return msgspec.convert(fields, self.type)

    def _place(self, field: str, row: Mapping[str, object]) -> str:
        key = "/".join(str(row[name]) for name in self.key)
        return f"{self.table.name}.{field} of {key}"


def _json(field: str, value: object) -> str:
    try:
        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        raise InvalidError(field, "is not valid UTF-8", rule="characters") from None


ACCOUNTS = Kind(Account, tables.accounts)
DOMAINS = Kind(Domain, tables.push_domains, sealed=("auth_key", "backup_auth_key"))
TEMPLATES = Kind(
    CallbackTemplate,
    tables.callback_templates,
    json={"urls": dict[int, str], "record_exception_levels": list[str]},
    sealed=("callback_key",),
    sealed_json={"options": DeliveryOptions},
)
RULES = Kind(CallbackRule, tables.callback_rules)
DESTINATIONS = Kind(DestinationRow, tables.destinations)
STREAM_ORDERS = Kind(StreamOrder, tables.stream_orders)
RECORD_TEMPLATES = Kind(
    RecordTemplate, media_tables.record_templates, json={"params": dict[RecordFormat, RecordParam]}
)
RECORD_RULES = Kind(RecordRule, media_tables.record_rules)
RECORD_TASKS = Kind(RecordTask, media_tables.record_tasks)
SNAPSHOT_TEMPLATES = Kind(
    SnapshotTemplate, media_tables.snapshot_templates, json={"audit_options": AuditOptions}
)
SNAPSHOT_RULES = Kind(SnapshotRule, media_tables.snapshot_rules)
SCREENSHOT_TASKS = Kind(ScreenshotTask, media_tables.screenshot_tasks)
STREAM_DELAYS = Kind(StreamDelay, media_tables.stream_delays)
USERS = Kind(User, tables.users)
API_KEYS = Kind(ApiKey, tables.api_keys, sealed=("secret_key",))
BEARER_KEYS = Kind(BearerKey, tables.bearer_keys)
CONSOLE_SESSIONS = Kind(ConsoleSession, tables.console_sessions)
SESSIONS = Kind(Session, tables.sessions)
REPLAYS = Kind(Replay, replay_tables.replays, json={"wanted": Filter, "chosen": list[int]})
AUDIT_LOG = Kind(AuditEntry, tables.audit_log, json={"changes": list[Change]})
SOURCES = Kind(Source, source_tables.sources, json={"allowed": list[str]}, sealed=("token", "api_secret"))
SOURCE_PUSHES = Kind(SourcePush, source_tables.source_pushes)
HOOKS = Kind(HookRecord, source_tables.hooks)
