"""Templates have options of delivery, encrypted; those of earlier revisions have none."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column(
        "callback_templates",
        sa.Column("options", sa.LargeBinary, nullable=False, server_default=sa.text("''")),
    )
