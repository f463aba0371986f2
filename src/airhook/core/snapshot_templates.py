"""Snapshot templates: how often a picture of a stream is taken, its size, and whether it is judged (contract 3.6)."""

import msgspec

from airhook.core.errors import InvalidError
from airhook.core.file_patterns import PICTURE_PLACES, check_pattern
from airhook.core.templates import Limits, check_naming

USUAL_INTERVAL_S = 10
MIN_INTERVAL_S, MAX_INTERVAL_S = 2, 300  # contract C-30
MAX_WIDTH, MAX_HEIGHT = 3000, 2000
USUAL_PREFIX = "/{Year}-{Month}-{Day}"
USUAL_FILE_NAME = "{StreamID}-screenshot-{Hour}-{Minute}-{Second}-{Width}x{Height}{Ext}"
MAX_BUCKET_BYTES = 255
NEVER_SCORE = 101


class AuditOptions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How pictures of a template are judged, where it differs from the server's settings (``media.audit``).

    Scores are those from which on; 101 is never, None what the settings say. CSS has nothing of this kind.
    """

    block: int | None = None
    review: int | None = None
    review_hot: int | None = None
    send_pass: bool | None = None


class SnapshotTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """The bucket is kept and given back, so that a template can be copied; Airhook's own store is one for all."""

    id: int
    account_id: int
    name: str
    description: str = ""
    interval_s: int = USUAL_INTERVAL_S
    width: int = 0  # pixels; 0: as the stream has it
    height: int = 0
    audit: bool = False  # every picture goes to a detector
    audit_options: AuditOptions = AuditOptions()
    prefix: str = ""  # a pattern of a path; "": the usual one
    file_name: str = ""  # a pattern; "": the usual one
    cos_app_id: int = 0
    cos_bucket: str = ""
    cos_region: str = ""
    deleted: bool = False
    created_ms: int = 0
    updated_ms: int = 0
    version: int = 0


def check_snapshot_template(template: SnapshotTemplate, limits: Limits) -> SnapshotTemplate:
    """Give the template back when every rule holds; otherwise raise ``InvalidError`` naming field and rule."""
    check_naming(template.name, template.description, limits)
    for field, least, most, unit in (
        ("interval_s", MIN_INTERVAL_S, MAX_INTERVAL_S, "seconds"),
        ("width", 0, MAX_WIDTH, "pixels"),
        ("height", 0, MAX_HEIGHT, "pixels"),
    ):
        if not least <= getattr(template, field) <= most:
            raise InvalidError(field, f"must be {least} to {most} {unit}", rule="range")
    _check_audit(template.audit_options)
    check_pattern("prefix", template.prefix, PICTURE_PLACES, is_path=True)
    check_pattern("file_name", template.file_name, PICTURE_PLACES, is_path=False)
    if template.cos_app_id < 0:
        raise InvalidError("cos_app_id", "must not be negative", rule="range")
    for field in ("cos_bucket", "cos_region"):
        if len(getattr(template, field).encode("utf-8", "surrogatepass")) > MAX_BUCKET_BYTES:
            raise InvalidError(field, f"is longer than {MAX_BUCKET_BYTES} bytes", rule="too_long")
    return template


def _check_audit(options: AuditOptions) -> None:
    for field in ("block", "review", "review_hot"):
        score = getattr(options, field)
        if score is not None and not 0 <= score <= NEVER_SCORE:
            raise InvalidError(
                f"audit_options.{field}",
                f"must be a score of 0 to 100, or {NEVER_SCORE} for never",
                rule="range",
            )
    if options.block is not None and options.review is not None and options.review > options.block:
        raise InvalidError(
            "audit_options.review", "must not be above block, from which on nothing is reviewed", rule="range"
        )
