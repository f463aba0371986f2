"""Events record how many deliveries they were accepted with, so that ``airhook verify`` can count them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("events", sa.Column("planned", sa.BigInteger().with_variant(sa.Integer(), "sqlite")))
