"""Thresholds of single snapshot templates."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column(
        "snapshot_templates", sa.Column("audit_options", sa.Text, nullable=False, server_default="{}")
    )
