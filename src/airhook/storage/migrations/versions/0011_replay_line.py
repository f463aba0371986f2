"""Finding the repeats of a replay that have not ended."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

REPEATS = sa.text("replay_id IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "deliveries_replay",
        "deliveries",
        ["replay_id", "state"],
        sqlite_where=REPEATS,
        postgresql_where=REPEATS,
    )
