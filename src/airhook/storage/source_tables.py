"""Tables of sources: media servers, their pushes, and fresh hooks (older ones are in the log of their day)."""

from sqlalchemy import Boolean, Column, Index, LargeBinary, Table, Text, text

from airhook.storage.tables import Int64, Sealed, partial_index, state

sources = Table(
    "sources",
    state,
    Column("id", Text, primary_key=True),
    Column("account_id", Int64, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("token", Sealed, nullable=False),
    Column("allowed", Text, nullable=False),  # JSON list
    Column("domain", Text, nullable=False),
    Column("domain_rule", Text, nullable=False),
    Column("api_url", Text, nullable=False),
    Column("api_secret", Sealed, nullable=False),
    Column("silence_s", Int64),
    Column("pull_url", Text, nullable=False, server_default=""),
    Column("created_ms", Int64, nullable=False),
    Column("updated_ms", Int64, nullable=False),
    Column("deleted", Boolean, nullable=False),  # a tombstone
    Column("version", Int64, nullable=False),
    Index("sources_version", "version"),
    Index("sources_account", "account_id"),
)

source_pushes = Table(
    "source_pushes",
    state,
    Column("source_id", Text, primary_key=True),
    Column("client", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("account_id", Int64, nullable=False),
    Column("domain", Text, nullable=False),
    Column("app", Text, nullable=False),
    Column("stream", Text, nullable=False),
    Column("stream_param", Text, nullable=False),
    Column("user_ip", Text, nullable=False),
    Column("session_id", Int64, nullable=False),
    Column("epoch", Int64, nullable=False),
    Column("hook_id", Int64, nullable=False),
    Column("began_ms", Int64, nullable=False),
    sqlite_with_rowid=False,
)


def hook_columns() -> list[Column[object]]:
    return [
        Column("session_id", Int64, primary_key=True),
        Column("id", Int64, primary_key=True),
        Column("account_id", Int64, nullable=False),
        Column("source_id", Text, nullable=False),
        Column("at_ms", Int64, nullable=False),
        Column("last_ms", Int64, nullable=False),
        Column("count", Int64, nullable=False),
        Column("hook", Text, nullable=False),
        Column("remote", Text, nullable=False),
        Column("request", LargeBinary, nullable=False),
        Column("outcome", Text, nullable=False),
        Column("detail", Text, nullable=False),
    ]


hooks = Table(
    "hooks",
    state,
    *hook_columns(),
    Column("unfinished", Boolean, nullable=False),  # it may still change
    sqlite_with_rowid=False,
)
_FINISHED = text("unfinished = 0")
partial_index("hooks_finished", hooks.c.last_ms, where=_FINISHED)
