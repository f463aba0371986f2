"""Every table, described once for all backends (design D12).

This is the small live database: configuration, who may act, sessions, and what is not delivered yet; what is over
lies in ``log_tables``. A column bears the name of the field of ``core`` that it holds; times are milliseconds since
the UNIX epoch. Columns of type ``Sealed`` are encrypted.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TextClause,
    false,
    text,
    true,
)

Int64 = BigInteger().with_variant(Integer, "sqlite")
"""SQLite makes only a column called INTEGER the row's own key."""
Sealed = LargeBinary
"""Bytes of ``secretbox``."""

state = MetaData()


def partial_index(name: str, *columns: Column[Any], where: TextClause, unique: bool = False) -> Index:
    """An index of the rows of ``where`` alone.

    It is said to SQLite alone until there is another backend: SQLAlchemy loads the dialect of each option of an index,
    and PostgreSQL's is longer than all that a start needs of SQLAlchemy beside it.
    """
    return Index(name, *columns, unique=unique, sqlite_where=where)


config_state = Table(
    "config_state",
    state,
    Column("id", Int64, primary_key=True),  # always 1: there is one row
    Column("version", Int64, nullable=False),
    Column("last_template_id", Int64, nullable=False),
    Column("key_check", Sealed),  # tells a wrong master key
)

accounts = Table(
    "accounts",
    state,
    Column("id", Int64, primary_key=True),
    Column("appid", Int64, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_ms", Int64, nullable=False),
    Column("version", Int64, nullable=False),
    Index("accounts_version", "version"),
)

push_domains = Table(
    "push_domains",
    state,
    Column("name", Text, primary_key=True),
    Column("account_id", Int64, nullable=False),
    Column("domain_type", Int64, nullable=False),
    Column("play_type", Int64, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("auth_enabled", Boolean, nullable=False),
    Column("auth_key", Sealed, nullable=False),
    Column("backup_auth_key", Sealed, nullable=False),
    Column("auth_delta_s", Int64, nullable=False),
    Column("reconnect_window_s", Int64, nullable=False),
    Column("created_ms", Int64, nullable=False),
    Column("version", Int64, nullable=False),
    Column("deleted", Boolean, nullable=False, server_default=false()),  # a tombstone
    Index("push_domains_version", "version"),
    Index("push_domains_account", "account_id"),
)

callback_templates = Table(
    "callback_templates",
    state,
    Column("id", Int64, primary_key=True),
    Column("account_id", Int64, nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("urls", Text, nullable=False),  # JSON: event type -> URL
    Column("callback_key", Sealed, nullable=False),
    Column("key_version", Int64, nullable=False),
    Column("record_exception_levels", Text, nullable=False),  # JSON list
    Column("ordered", Boolean, nullable=False),
    Column("options", Sealed, nullable=False, server_default=text("''")),  # JSON; empty: as CSS
    Column("deleted", Boolean, nullable=False),
    Column("created_ms", Int64, nullable=False),
    Column("updated_ms", Int64, nullable=False),
    Column("version", Int64, nullable=False),
    Column(
        "dead", Boolean, nullable=False, server_default=false()
    ),  # deleted, and its last delivery has ended
    Index("callback_templates_version", "version"),
    Index("callback_templates_account", "account_id"),
)

callback_rules = Table(
    "callback_rules",
    state,
    Column("domain", Text, primary_key=True),
    Column("app", Text, primary_key=True),
    Column("account_id", Int64, nullable=False),
    Column("template_id", Int64, nullable=False),
    Column("created_ms", Int64, nullable=False),
    Column("updated_ms", Int64, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("version", Int64, nullable=False),
    Index("callback_rules_version", "version"),
    Index("callback_rules_account", "account_id"),
)

users = Table(
    "users",
    state,
    Column("id", Int64, primary_key=True),
    Column("account_id", Int64, nullable=False),
    Column("name", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("enabled", Boolean, nullable=False, server_default=true()),
    Column("created_ms", Int64, nullable=False, server_default="0"),
)

api_keys = Table(
    "api_keys",
    state,
    Column("secret_id", Text, primary_key=True),
    Column("secret_key", Sealed, nullable=False),
    Column("account_id", Int64, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("created_ms", Int64, nullable=False),
    Column("last_used_ms", Int64),
    Index("api_keys_account", "account_id"),
)

bearer_keys = Table(
    "bearer_keys",
    state,
    Column("id", Int64, primary_key=True),
    Column("account_id", Int64, nullable=False),
    Column("name", Text, nullable=False),
    Column("sha256", LargeBinary, nullable=False, unique=True),
    Column("created_ms", Int64, nullable=False),
    Column("enabled", Boolean, nullable=False),
)

console_sessions = Table(
    "console_sessions",
    state,
    Column("token_sha256", LargeBinary, primary_key=True),
    Column("user_id", Int64, nullable=False),
    Column("created_ms", Int64, nullable=False),
    Column("expires_ms", Int64, nullable=False),
    Column("one_time", Boolean, nullable=False),
    Index("console_sessions_user", "user_id"),
)

audit_log = Table(
    "audit_log",
    state,
    Column("id", Int64, primary_key=True),
    Column("account_id", Int64, nullable=False),
    Column("at_ms", Int64, nullable=False),
    Column("face", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("deed", Text, nullable=False),
    Column("thing", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("changes", Text, nullable=False),  # JSON list
    Index("audit_log_account", "account_id", "id"),
    Index("audit_log_at", "at_ms"),
)

sessions = Table(
    "sessions",
    state,
    Column("id", Int64, primary_key=True),
    Column("account_id", Int64, nullable=False),
    Column("domain", Text, nullable=False),
    Column("app", Text, nullable=False),
    Column("stream", Text, nullable=False),
    Column("stream_param", Text, nullable=False),
    Column("user_ip", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("owner", Text),
    Column("epoch", Int64, nullable=False),
    Column("started_ms", Int64, nullable=False),
    Column("last_data_ms", Int64, nullable=False),
    Column("bytes", Int64, nullable=False),
    Column("width", Int64, nullable=False),
    Column("height", Int64, nullable=False),
    Column("ended_ms", Int64),
    Column("errcode", Int64),
    Column("sub", Int64),
    Column("close_due_ms", Int64),
)
NOT_CLOSED = text("state <> 'closed'")
partial_index(
    "sessions_open",
    sessions.c.account_id,
    sessions.c.domain,
    sessions.c.app,
    sessions.c.stream,
    where=NOT_CLOSED,
    unique=True,
)
_CLOSED = text("state = 'closed'")
partial_index("sessions_ended", sessions.c.account_id, sessions.c.ended_ms, where=_CLOSED)
partial_index("sessions_old", sessions.c.ended_ms, where=_CLOSED)


destinations = Table(
    "destinations",
    state,
    Column("account_id", Int64, primary_key=True),
    Column("scheme", Text, primary_key=True),
    Column("host", Text, primary_key=True),
    Column("port", Int64, primary_key=True),
    Column("state", Text, nullable=False),
    Column("since_ms", Int64, nullable=False),
    Column("last_error", Text),
    Column("last_success_ms", Int64),
    Column("paused", Boolean, nullable=False, server_default=false()),
    Column("rate_limit", Float),  # requests a second
    Column("version", Int64, nullable=False, server_default="0"),  # of the last order; 0: there was none
    sqlite_with_rowid=False,
)
_ORDERED = text("version > 0")
partial_index("destinations_version", destinations.c.version, where=_ORDERED)

stream_orders = Table(
    "stream_orders",
    state,
    Column("account_id", Int64, primary_key=True),
    Column("domain", Text, primary_key=True),
    Column("app", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("forbidden_until_ms", Int64, nullable=False),
    Column("reason", Text, nullable=False),
    Column("dropped_session", Int64),
    Column("dropped_epoch", Int64),
    Column("updated_ms", Int64, nullable=False),
    Column("version", Int64, nullable=False),
    Index("stream_orders_version", "version"),
    sqlite_with_rowid=False,
)


def event_columns() -> list[Column[object]]:
    return [
        Column("account_id", Int64, primary_key=True),
        Column("id", Text, primary_key=True),
        Column("event_type", Int64, nullable=False),
        Column("domain", Text, nullable=False),
        Column("app", Text, nullable=False),
        Column("stream", Text, nullable=False),
        Column("session_id", Int64),
        Column("occurred_ms", Int64, nullable=False),
        Column("accepted_ms", Int64, nullable=False),
        Column("config_version", Int64, nullable=False),
        Column("facts", Text, nullable=False),  # JSON
    ]


def planned_column() -> Column[object]:
    """How many deliveries an event was accepted with; NULL in rows of revision 0001, which did not record it."""
    return Column("planned", Int64)


def delivery_columns() -> list[Column[object]]:
    return [
        Column("id", Int64, primary_key=True),
        Column("event_id", Text, nullable=False),
        Column("account_id", Int64, nullable=False),
        Column("event_type", Int64, nullable=False),
        Column("domain", Text, nullable=False),
        Column("app", Text, nullable=False),
        Column("stream", Text, nullable=False),
        Column("template_id", Int64, nullable=False),
        Column("url", Text, nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("lane", Text),
        Column("shard", Int64, nullable=False),
        Column("state", Text, nullable=False),
        Column("attempts", Int64, nullable=False),
        Column("created_ms", Int64, nullable=False),
        Column("due_ms", Int64, nullable=False),
        Column("hold_until_ms", Int64, nullable=False),
        Column("expires_ms", Int64, nullable=False),
        Column("repeat_of", Int64),
        Column("replay_id", Int64),
    ]


events = Table(
    "events",
    state,
    *event_columns(),
    planned_column(),
    Column("unsettled", Int64, nullable=False),  # deliveries of it that have not ended
    sqlite_with_rowid=False,
)
_FINISHED = text("unsettled = 0")
partial_index("events_finished", events.c.accepted_ms, where=_FINISHED)

accepted_ids = Table(
    "accepted_ids",
    state,
    Column("n", Int64, primary_key=True),  # in the order of acceptance
    Column("account_id", Int64, nullable=False),
    Column("event_id", Text, nullable=False),  # as the caller gave it
    Column("digest", LargeBinary, nullable=False),  # of what the caller sent
    Column("accepted_ms", Int64, nullable=False),
    Column("deliveries", Int64, nullable=False),
    Index("accepted_ids_event", "account_id", "event_id", unique=True),
)

log_days = Table(
    "log_days",
    state,
    Column("start_ms", Int64, primary_key=True),  # a UTC day whose log has a file
    Column("dropped_ms", Int64),  # when its file was deleted, because it was over
)

clock_steps = Table(  # the last time that the wall clock was set back; one row
    "clock_steps",
    state,
    Column("id", Int64, primary_key=True),
    Column("at_ms", Int64, nullable=False),  # what it said then
    Column("back_ms", Int64, nullable=False),
    Column("known_id", Int64, nullable=False),  # deliveries up to this one were stored before
    Column("moved_id", Int64, nullable=False),  # those up to this one were moved back with it
    Column("until_id", Int64, nullable=False),  # and those up to this one are to be looked at
)

known_time = Table(  # how late it was at least when a server last looked; one row
    "known_time",
    state,
    Column("id", Int64, primary_key=True),
    Column("at_ms", Int64, nullable=False),
    Column("wall_ms", Int64, nullable=False),  # what the wall clock said then
)

deliveries = Table(
    "deliveries",
    state,
    *delivery_columns(),
    Column("destination", Int64, nullable=False, server_default="0"),  # id_of in core.destinations
    Index("deliveries_template", "template_id"),  # when a deleted template's last one has ended
)


def _delivery_index(name: str, condition: str, *columns: str) -> Index:
    return partial_index(name, *(deliveries.c[column] for column in columns), where=text(condition))


_delivery_index("deliveries_lane", "lane IS NOT NULL", "lane", "id")
# A row is in one of these three, so that writing it costs one entry. What is due is asked for by destination, so that
# nobody has to read through a million rows behind one that is down.
_delivery_index("deliveries_pending", "state = 'pending'", "destination", "due_ms")
_delivery_index("deliveries_waiting", "state = 'waiting'", "destination", "due_ms")
_delivery_index("deliveries_held", "state = 'held'", "hold_until_ms")
_delivery_index("deliveries_replay", "replay_id IS NOT NULL", "replay_id", "state")  # of repeats alone
