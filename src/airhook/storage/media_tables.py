"""The tables of recording and screenshots: templates, rules, tasks; and the delays of streams."""

from sqlalchemy import Boolean, Column, Index, Table, Text

from airhook.storage.tables import Int64, state


def _times() -> list[Column[int]]:
    return [
        Column("created_ms", Int64, nullable=False),
        Column("updated_ms", Int64, nullable=False),
        Column("version", Int64, nullable=False),
    ]


def _template(name: str, *columns: Column[object]) -> Table:
    return Table(
        name,
        state,
        Column("id", Int64, primary_key=True),
        Column("account_id", Int64, nullable=False),
        Column("name", Text, nullable=False),
        Column("description", Text, nullable=False),
        *columns,
        Column("deleted", Boolean, nullable=False),
        *_times(),
        Index(f"{name}_version", "version"),
        Index(f"{name}_account", "account_id"),
    )


def _rule(name: str) -> Table:
    return Table(
        name,
        state,
        Column("domain", Text, primary_key=True),
        Column("app", Text, primary_key=True),
        Column("stream", Text, primary_key=True),
        Column("account_id", Int64, nullable=False),
        Column("template_id", Int64, nullable=False),
        Column("deleted", Boolean, nullable=False),
        *_times(),
        Index(f"{name}_version", "version"),
        Index(f"{name}_account", "account_id"),
    )


def _task(name: str) -> Table:
    return Table(
        name,
        state,
        Column("id", Text, primary_key=True),
        Column("account_id", Int64, nullable=False),
        Column("domain", Text, nullable=False),
        Column("app", Text, nullable=False),
        Column("stream", Text, nullable=False),
        Column("template_id", Int64, nullable=False),
        Column("start_ms", Int64, nullable=False),
        Column("end_ms", Int64, nullable=False),
        Column("extension", Text, nullable=False),
        Column("stopped_ms", Int64, nullable=False),
        Column("deleted_ms", Int64, nullable=False),
        *_times(),
        Index(f"{name}_version", "version"),
        Index(f"{name}_start", "account_id", "start_ms", "id"),
        Index(f"{name}_end", "end_ms"),
    )


record_templates = _template(
    "record_templates",
    Column("params", Text, nullable=False),  # JSON: format -> settings
    Column("hls_continue_s", Int64, nullable=False),
    Column("flv_upload_in_recording", Boolean, nullable=False),
    Column("remove_watermark", Boolean, nullable=False),
    Column("cos_store", Int64, nullable=False),
)
record_rules = _rule("record_rules")
record_tasks = _task("record_tasks")

snapshot_templates = _template(
    "snapshot_templates",
    Column("interval_s", Int64, nullable=False),
    Column("width", Int64, nullable=False),
    Column("height", Int64, nullable=False),
    Column("audit", Boolean, nullable=False),
    Column("audit_options", Text, nullable=False),  # JSON
    Column("prefix", Text, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("cos_app_id", Int64, nullable=False),
    Column("cos_bucket", Text, nullable=False),
    Column("cos_region", Text, nullable=False),
)
snapshot_rules = _rule("snapshot_rules")
screenshot_tasks = _task("screenshot_tasks")

stream_delays = Table(
    "stream_delays",
    state,
    Column("account_id", Int64, primary_key=True),
    Column("domain", Text, primary_key=True),
    Column("app", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("delay_s", Int64, nullable=False),
    Column("created_ms", Int64, nullable=False),
    Column("expires_ms", Int64, nullable=False),
    sqlite_with_rowid=False,
)
