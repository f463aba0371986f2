"""Destinations: how they are doing outlives a restart, and operators may pause them or limit their rate."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

Int64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "destinations",
        sa.Column("account_id", Int64, nullable=False),
        sa.Column("scheme", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("port", Int64, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("since_ms", Int64, nullable=False),
        sa.Column("last_error", sa.Text),
        sa.Column("last_success_ms", Int64),
        sa.Column("paused", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("rate_limit", sa.Float),
        sa.Column("version", Int64, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("account_id", "scheme", "host", "port"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "destinations_version",
        "destinations",
        ["version"],
        sqlite_where=sa.text("version > 0"),
        postgresql_where=sa.text("version > 0"),
    )
