"""Every change is written down with who made it; users can be kept out without being removed."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

Int64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", Int64, primary_key=True),
        sa.Column("account_id", Int64, nullable=False),
        sa.Column("at_ms", Int64, nullable=False),
        sa.Column("face", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("deed", sa.Text, nullable=False),
        sa.Column("thing", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("changes", sa.Text, nullable=False),
    )
    op.create_index("audit_log_account", "audit_log", ["account_id", "id"])
    op.create_index("audit_log_at", "audit_log", ["at_ms"])
    op.add_column("users", sa.Column("enabled", sa.Boolean, nullable=False, server_default=sa.true()))
    op.add_column("users", sa.Column("created_ms", Int64, nullable=False, server_default="0"))
    op.create_index("console_sessions_user", "console_sessions", ["user_id"])
