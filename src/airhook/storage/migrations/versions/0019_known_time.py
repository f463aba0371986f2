"""How late it was at least when a server last looked, and what its wall clock said: by that the next start knows whether
the clock is ahead, or was.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

Int64 = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "known_time",
        sa.Column("id", Int64, primary_key=True),
        sa.Column("at_ms", Int64, nullable=False),
        sa.Column("wall_ms", Int64, nullable=False),
    )
