"""Sources: media servers whose hooks become sessions."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

Int64 = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "sources",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("account_id", Int64, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("token", sa.LargeBinary, nullable=False),
        sa.Column("allowed", sa.Text, nullable=False),
        sa.Column("domain", sa.Text, nullable=False),
        sa.Column("domain_rule", sa.Text, nullable=False),
        sa.Column("api_url", sa.Text, nullable=False),
        sa.Column("api_secret", sa.LargeBinary, nullable=False),
        sa.Column("silence_s", Int64),
        sa.Column("created_ms", Int64, nullable=False),
        sa.Column("updated_ms", Int64, nullable=False),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.Column("version", Int64, nullable=False),
    )
    op.create_index("sources_version", "sources", ["version"])
    op.create_index("sources_account", "sources", ["account_id"])
    op.create_table(
        "source_pushes",
        sa.Column("source_id", sa.Text, primary_key=True),
        sa.Column("client", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("account_id", Int64, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("domain", "app", "stream")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("stream_param", "user_ip")),
        *(sa.Column(name, Int64, nullable=False) for name in ("session_id", "epoch", "hook_id", "began_ms")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "hooks",
        sa.Column("session_id", Int64, primary_key=True),
        sa.Column("id", Int64, primary_key=True),
        sa.Column("account_id", Int64, nullable=False),
        sa.Column("source_id", sa.Text, nullable=False),
        *(sa.Column(name, Int64, nullable=False) for name in ("at_ms", "last_ms", "count")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("hook", "remote")),
        sa.Column("request", sa.LargeBinary, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("outcome", "detail")),
        sa.Column("unfinished", sa.Boolean, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "hooks_finished",
        "hooks",
        ["last_ms"],
        sqlite_where=sa.text("unfinished = 0"),
        postgresql_where=sa.text("NOT unfinished"),
    )
