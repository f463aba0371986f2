"""Replays and what is left of each to do (``core.replays``)."""

from sqlalchemy import Boolean, Column, Index, Table, Text, text

from airhook.storage.tables import Int64, partial_index, state

replays = Table(
    "replays",
    state,
    Column("id", Int64, primary_key=True),
    Column("account_id", Int64, nullable=False),
    Column("wanted", Text, nullable=False),  # JSON
    Column("rate", Int64, nullable=False),
    Column("state", Text, nullable=False),
    Column("starts", Boolean, nullable=False),
    Column("created_ms", Int64, nullable=False),
    Column("cursor", Int64, nullable=False),
    Column("counted", Int64, nullable=False),
    Column("made", Int64, nullable=False),
    Column("skipped", Int64, nullable=False),
    Column("delivered", Int64, nullable=False),
    Column("exhausted", Int64, nullable=False),
    Column("ended_ms", Int64),
    Column("chosen", Text, nullable=False, server_default="[]"),  # JSON
    Index("replays_account", "account_id", "id"),
)
_OPEN = text("state IN ('counting', 'running', 'paused')")
partial_index("replays_open", replays.c.state, where=_OPEN)

replay_items = Table(
    "replay_items",
    state,
    Column("replay_id", Int64, primary_key=True),
    Column("delivery_id", Int64, primary_key=True),
    sqlite_with_rowid=False,
)
