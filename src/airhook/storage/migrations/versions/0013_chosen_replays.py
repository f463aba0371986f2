"""Replays of deliveries that were chosen one by one."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("replays", sa.Column("chosen", sa.Text, nullable=False, server_default="[]"))
