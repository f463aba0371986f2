"""Deliveries that are sent again, one by one or as a job."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

Int64 = sa.BigInteger().with_variant(sa.Integer, "sqlite")
OPEN = sa.text("state IN ('counting', 'running', 'paused')")
COUNTS = ("cursor", "counted", "made", "skipped", "delivered", "exhausted")


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("repeat_of", Int64))
    op.add_column("deliveries", sa.Column("replay_id", Int64))
    op.create_table(
        "replays",
        sa.Column("id", Int64, primary_key=True),
        sa.Column("account_id", Int64, nullable=False),
        sa.Column("wanted", sa.Text, nullable=False),
        sa.Column("rate", Int64, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("starts", sa.Boolean, nullable=False),
        sa.Column("created_ms", Int64, nullable=False),
        *(sa.Column(name, Int64, nullable=False) for name in COUNTS),
        sa.Column("ended_ms", Int64),
    )
    op.create_index("replays_account", "replays", ["account_id", "id"])
    op.create_index("replays_open", "replays", ["state"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_table(
        "replay_items",
        sa.Column("replay_id", Int64, primary_key=True),
        sa.Column("delivery_id", Int64, primary_key=True),
        sqlite_with_rowid=False,
    )
