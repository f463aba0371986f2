"""Pushes that are over are found by when they ended."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

CLOSED = sa.text("state = 'closed'")


def upgrade() -> None:
    for name, columns in (
        ("sessions_ended", ["account_id", "ended_ms"]),
        ("sessions_old", ["ended_ms"]),
    ):
        op.create_index(name, "sessions", columns, sqlite_where=CLOSED, postgresql_where=CLOSED)
