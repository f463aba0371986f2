"""Which days have a log, and which were dropped."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

Int64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "log_days",
        sa.Column("start_ms", Int64, primary_key=True),
        sa.Column("dropped_ms", Int64),
    )
