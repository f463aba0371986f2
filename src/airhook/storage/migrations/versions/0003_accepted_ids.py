"""Ids of callers' events are remembered beyond their deliveries, so that a repeat is recognized."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

Int64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "accepted_ids",
        sa.Column("n", Int64, nullable=False),
        sa.Column("account_id", Int64, nullable=False),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("accepted_ms", Int64, nullable=False),
        sa.Column("deliveries", Int64, nullable=False),
        sa.PrimaryKeyConstraint("n"),
    )
    op.create_index("accepted_ids_event", "accepted_ids", ["account_id", "event_id"], unique=True)
