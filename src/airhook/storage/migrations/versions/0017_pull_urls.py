"""Where the media of a source's streams can be pulled from."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column("sources", sa.Column("pull_url", sa.Text, nullable=False, server_default=""))
