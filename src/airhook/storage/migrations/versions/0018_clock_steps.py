"""How far what waits was moved when the wall clock was last set back."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

Int64 = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "clock_steps",
        sa.Column("id", Int64, primary_key=True),
        sa.Column("at_ms", Int64, nullable=False),
        sa.Column("back_ms", Int64, nullable=False),
        sa.Column("known_id", Int64, nullable=False),
        sa.Column("moved_id", Int64, nullable=False),
        sa.Column("until_id", Int64, nullable=False),
    )
