"""The log: what is over, one file a day on SQLite, one partition a day on PostgreSQL (design D12).

Nothing here has an index beside its key: searching has files of its own, which are made from ``log_changes``.
"""

from sqlalchemy import Column, LargeBinary, MetaData, Table, Text

from airhook.storage.source_tables import hook_columns
from airhook.storage.tables import Int64, delivery_columns, event_columns, planned_column

log = MetaData()

event_log = Table("event_log", log, *event_columns(), planned_column(), sqlite_with_rowid=False)

delivery_log = Table(
    "delivery_log",
    log,
    *delivery_columns(),
    Column("reason", Text),
    Column("settled_ms", Int64, nullable=False),
)

attempt_log = Table(
    "attempt_log",
    log,
    Column("delivery_id", Int64, primary_key=True),
    Column("n", Int64, primary_key=True),
    Column("started_ms", Int64, nullable=False),
    Column("finished_ms", Int64, nullable=False),
    Column("t", Int64),
    Column("key_version", Int64),
    Column("request_sha256", LargeBinary, nullable=False),
    Column("remote_addr", Text, nullable=False),
    Column("status", Int64),
    Column("error", Text),
    Column("error_detail", Text, nullable=False),
    Column("answer_headers", Text, nullable=False),  # JSON list of pairs
    Column("answer_body", LargeBinary, nullable=False),
    Column("timings", Text, nullable=False),  # JSON
    sqlite_with_rowid=False,
)

hook_log = Table("hook_log", log, *hook_columns(), sqlite_with_rowid=False)

log_changes = Table(
    "log_changes",
    log,
    Column("seq", Int64, primary_key=True),  # in the order of commits
    Column("ids", LargeBinary, nullable=False),  # of the deliveries that it tells of: int64, little-endian
)
