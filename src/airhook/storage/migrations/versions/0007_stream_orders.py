"""Orders about streams: which are forbidden until when, and which push was to be dropped."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

Int64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "stream_orders",
        sa.Column("account_id", Int64, nullable=False),
        sa.Column("domain", sa.Text, nullable=False),
        sa.Column("app", sa.Text, nullable=False),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("forbidden_until_ms", Int64, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("dropped_session", Int64),
        sa.Column("dropped_epoch", Int64),
        sa.Column("updated_ms", Int64, nullable=False),
        sa.Column("version", Int64, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "domain", "app", "stream"),
        sqlite_with_rowid=False,
    )
    op.create_index("stream_orders_version", "stream_orders", ["version"])
