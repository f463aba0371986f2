"""Recording and screenshots: templates, rules and tasks; delays of streams."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

Int64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _template(
        "record_templates",
        sa.Column("params", sa.Text, nullable=False),
        sa.Column("hls_continue_s", Int64, nullable=False),
        sa.Column("flv_upload_in_recording", sa.Boolean, nullable=False),
        sa.Column("remove_watermark", sa.Boolean, nullable=False),
        sa.Column("cos_store", Int64, nullable=False),
    )
    _template(
        "snapshot_templates",
        sa.Column("interval_s", Int64, nullable=False),
        sa.Column("width", Int64, nullable=False),
        sa.Column("height", Int64, nullable=False),
        sa.Column("audit", sa.Boolean, nullable=False),
        sa.Column("prefix", sa.Text, nullable=False),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("cos_app_id", Int64, nullable=False),
        sa.Column("cos_bucket", sa.Text, nullable=False),
        sa.Column("cos_region", sa.Text, nullable=False),
    )
    for name in ("record_rules", "snapshot_rules"):
        _rule(name)
    for name in ("record_tasks", "screenshot_tasks"):
        _task(name)
    op.create_table(
        "stream_delays",
        sa.Column("account_id", Int64, nullable=False),
        sa.Column("domain", sa.Text, nullable=False),
        sa.Column("app", sa.Text, nullable=False),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("delay_s", Int64, nullable=False),
        sa.Column("created_ms", Int64, nullable=False),
        sa.Column("expires_ms", Int64, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "domain", "app", "stream"),
        sqlite_with_rowid=False,
    )


def _template(name: str, *columns: sa.Column[object]) -> None:
    op.create_table(
        name,
        sa.Column("id", Int64, primary_key=True),
        sa.Column("account_id", Int64, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        *columns,
        sa.Column("deleted", sa.Boolean, nullable=False),
        *_times(),
    )
    op.create_index(f"{name}_version", name, ["version"])
    op.create_index(f"{name}_account", name, ["account_id"])


def _rule(name: str) -> None:
    op.create_table(
        name,
        sa.Column("domain", sa.Text, primary_key=True),
        sa.Column("app", sa.Text, primary_key=True),
        sa.Column("stream", sa.Text, primary_key=True),
        sa.Column("account_id", Int64, nullable=False),
        sa.Column("template_id", Int64, nullable=False),
        sa.Column("deleted", sa.Boolean, nullable=False),
        *_times(),
    )
    op.create_index(f"{name}_version", name, ["version"])
    op.create_index(f"{name}_account", name, ["account_id"])


def _task(name: str) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("account_id", Int64, nullable=False),
        sa.Column("domain", sa.Text, nullable=False),
        sa.Column("app", sa.Text, nullable=False),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("template_id", Int64, nullable=False),
        sa.Column("start_ms", Int64, nullable=False),
        sa.Column("end_ms", Int64, nullable=False),
        sa.Column("extension", sa.Text, nullable=False),
        sa.Column("stopped_ms", Int64, nullable=False),
        sa.Column("deleted_ms", Int64, nullable=False),
        *_times(),
    )
    op.create_index(f"{name}_version", name, ["version"])
    op.create_index(f"{name}_start", name, ["account_id", "start_ms", "id"])
    op.create_index(f"{name}_end", name, ["end_ms"])


def _times() -> list[sa.Column[int]]:
    return [
        sa.Column("created_ms", Int64, nullable=False),
        sa.Column("updated_ms", Int64, nullable=False),
        sa.Column("version", Int64, nullable=False),
    ]
