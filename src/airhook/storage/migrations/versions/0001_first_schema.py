"""The whole schema of the first release."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

Int64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", Int64, nullable=False),
        sa.Column("appid", Int64, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_ms", Int64, nullable=False),
        sa.Column("version", Int64, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("accounts_version", "accounts", ["version"])
    op.create_table(
        "api_keys",
        sa.Column("secret_id", sa.Text, nullable=False),
        sa.Column("secret_key", sa.LargeBinary, nullable=False),
        sa.Column("account_id", Int64, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("created_ms", Int64, nullable=False),
        sa.Column("last_used_ms", Int64, nullable=True),
        sa.PrimaryKeyConstraint("secret_id"),
    )
    op.create_index("api_keys_account", "api_keys", ["account_id"])
    op.create_table(
        "bearer_keys",
        sa.Column("id", Int64, nullable=False),
        sa.Column("account_id", Int64, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("sha256", sa.LargeBinary, nullable=False),
        sa.Column("created_ms", Int64, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("sha256"),
    )
    op.create_table(
        "callback_rules",
        sa.Column("domain", sa.Text, nullable=False),
        sa.Column("app", sa.Text, nullable=False),
        sa.Column("account_id", Int64, nullable=False),
        sa.Column("template_id", Int64, nullable=False),
        sa.Column("created_ms", Int64, nullable=False),
        sa.Column("updated_ms", Int64, nullable=False),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.Column("version", Int64, nullable=False),
        sa.PrimaryKeyConstraint("domain", "app"),
    )
    op.create_index("callback_rules_account", "callback_rules", ["account_id"])
    op.create_index("callback_rules_version", "callback_rules", ["version"])
    op.create_table(
        "callback_templates",
        sa.Column("id", Int64, nullable=False),
        sa.Column("account_id", Int64, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("urls", sa.Text, nullable=False),
        sa.Column("callback_key", sa.LargeBinary, nullable=False),
        sa.Column("key_version", Int64, nullable=False),
        sa.Column("record_exception_levels", sa.Text, nullable=False),
        sa.Column("ordered", sa.Boolean, nullable=False),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.Column("created_ms", Int64, nullable=False),
        sa.Column("updated_ms", Int64, nullable=False),
        sa.Column("version", Int64, nullable=False),
        sa.Column("dead", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("callback_templates_account", "callback_templates", ["account_id"])
    op.create_index("callback_templates_version", "callback_templates", ["version"])
    op.create_table(
        "config_state",
        sa.Column("id", Int64, nullable=False),
        sa.Column("version", Int64, nullable=False),
        sa.Column("last_template_id", Int64, nullable=False),
        sa.Column("key_check", sa.LargeBinary, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "console_sessions",
        sa.Column("token_sha256", sa.LargeBinary, nullable=False),
        sa.Column("user_id", Int64, nullable=False),
        sa.Column("created_ms", Int64, nullable=False),
        sa.Column("expires_ms", Int64, nullable=False),
        sa.Column("one_time", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("token_sha256"),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", Int64, nullable=False),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("account_id", Int64, nullable=False),
        sa.Column("event_type", Int64, nullable=False),
        sa.Column("domain", sa.Text, nullable=False),
        sa.Column("app", sa.Text, nullable=False),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("template_id", Int64, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("lane", sa.Text, nullable=True),
        sa.Column("shard", Int64, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", Int64, nullable=False),
        sa.Column("created_ms", Int64, nullable=False),
        sa.Column("due_ms", Int64, nullable=False),
        sa.Column("hold_until_ms", Int64, nullable=False),
        sa.Column("expires_ms", Int64, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "deliveries_held",
        "deliveries",
        ["hold_until_ms"],
        sqlite_where=sa.text("state = 'held'"),
        postgresql_where=sa.text("state = 'held'"),
    )
    op.create_index(
        "deliveries_lane",
        "deliveries",
        ["lane", "id"],
        sqlite_where=sa.text("lane IS NOT NULL"),
        postgresql_where=sa.text("lane IS NOT NULL"),
    )
    op.create_index(
        "deliveries_pending",
        "deliveries",
        ["due_ms"],
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index("deliveries_template", "deliveries", ["template_id"])
    op.create_index(
        "deliveries_waiting",
        "deliveries",
        ["due_ms"],
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "events",
        sa.Column("account_id", Int64, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("event_type", Int64, nullable=False),
        sa.Column("domain", sa.Text, nullable=False),
        sa.Column("app", sa.Text, nullable=False),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("session_id", Int64, nullable=True),
        sa.Column("occurred_ms", Int64, nullable=False),
        sa.Column("accepted_ms", Int64, nullable=False),
        sa.Column("config_version", Int64, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("unsettled", Int64, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "id"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "events_finished",
        "events",
        ["accepted_ms"],
        sqlite_where=sa.text("unsettled = 0"),
        postgresql_where=sa.text("unsettled = 0"),
    )
    op.create_table(
        "push_domains",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("account_id", Int64, nullable=False),
        sa.Column("domain_type", Int64, nullable=False),
        sa.Column("play_type", Int64, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("auth_enabled", sa.Boolean, nullable=False),
        sa.Column("auth_key", sa.LargeBinary, nullable=False),
        sa.Column("backup_auth_key", sa.LargeBinary, nullable=False),
        sa.Column("auth_delta_s", Int64, nullable=False),
        sa.Column("reconnect_window_s", Int64, nullable=False),
        sa.Column("created_ms", Int64, nullable=False),
        sa.Column("version", Int64, nullable=False),
        sa.Column("deleted", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_index("push_domains_account", "push_domains", ["account_id"])
    op.create_index("push_domains_version", "push_domains", ["version"])
    op.create_table(
        "sessions",
        sa.Column("id", Int64, nullable=False),
        sa.Column("account_id", Int64, nullable=False),
        sa.Column("domain", sa.Text, nullable=False),
        sa.Column("app", sa.Text, nullable=False),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("stream_param", sa.Text, nullable=False),
        sa.Column("user_ip", sa.Text, nullable=False),
        sa.Column("node", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=True),
        sa.Column("epoch", Int64, nullable=False),
        sa.Column("started_ms", Int64, nullable=False),
        sa.Column("last_data_ms", Int64, nullable=False),
        sa.Column("bytes", Int64, nullable=False),
        sa.Column("width", Int64, nullable=False),
        sa.Column("height", Int64, nullable=False),
        sa.Column("ended_ms", Int64, nullable=True),
        sa.Column("errcode", Int64, nullable=True),
        sa.Column("sub", Int64, nullable=True),
        sa.Column("close_due_ms", Int64, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "sessions_open",
        "sessions",
        ["account_id", "domain", "app", "stream"],
        unique=True,
        sqlite_where=sa.text("state <> 'closed'"),
        postgresql_where=sa.text("state <> 'closed'"),
    )
    op.create_table(
        "users",
        sa.Column("id", Int64, nullable=False),
        sa.Column("account_id", Int64, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.execute("INSERT INTO config_state (id, version, last_template_id) VALUES (1, 0, 1000)")
