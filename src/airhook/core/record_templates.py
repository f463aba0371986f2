"""Record templates: which files are made of a stream, how long each is, and how long it is kept (contract 3.7)."""

import enum

import msgspec

from airhook.core.errors import InvalidError
from airhook.core.file_patterns import RECORDING_PLACES, check_pattern
from airhook.core.templates import Limits, check_length, check_naming

USUAL_INTERVAL_S = 1800
MIN_INTERVAL_S = 60
MAX_STORAGE_S = 1500 * 86_400
MAX_CONTINUE_S = 1800
STORAGE_MODES = ("", "normal", "cold")
MAX_BUCKET_BYTES = 255


class RecordFormat(enum.StrEnum):
    """In the order in which the API names them."""

    FLV = "flv"
    HLS = "hls"
    MP4 = "mp4"
    AAC = "aac"
    MP3 = "mp3"


MAX_INTERVAL_S = {
    RecordFormat.FLV: 43_200,
    RecordFormat.MP4: 43_200,
    RecordFormat.AAC: 7200,
    RecordFormat.MP3: 7200,
}
"""HLS is not cut: one playlist is made of a push."""


class RecordParam(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The settings of one format.

    The places in Tencent's stores are kept and given back, so that a template can be copied; Airhook's own store is one
    for all (``media`` in the settings).
    """

    enabled: bool = False
    interval_s: int = USUAL_INTERVAL_S  # a new file at the first key frame after it; not for HLS
    storage_s: int = 0  # how long a file is kept; 0: as the server's settings say
    file_name: str = ""  # a pattern; "": the usual one
    vod_sub_app_id: int = 0
    procedure: str = ""
    storage_mode: str = ""
    class_id: int = 0
    cos_bucket_name: str = ""
    cos_bucket_region: str = ""
    cos_bucket_path: str = ""


class RecordTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """``params`` has a format that was ever set; only those with ``enabled`` are recorded."""

    id: int
    account_id: int
    name: str
    description: str = ""
    params: dict[RecordFormat, RecordParam] = msgspec.field(default_factory=dict)
    hls_continue_s: int = 0  # how long a broken push may come back into the same playlist
    flv_upload_in_recording: bool = False  # kept for the API
    remove_watermark: bool = False  # kept for the API: Airhook records what is pushed, which has none of ours
    cos_store: int = 0  # kept for the API
    deleted: bool = False
    created_ms: int = 0
    updated_ms: int = 0
    version: int = 0

    @property
    def enabled(self) -> dict[RecordFormat, RecordParam]:
        """What is recorded."""
        return {format_: param for format_, param in self.params.items() if param.enabled}


def usual_template(account_id: int) -> RecordTemplate:
    """What a task records that names no template, or one that is gone: HLS, kept for ever (contract 3.7)."""
    return RecordTemplate(
        id=0, account_id=account_id, name="", params={RecordFormat.HLS: RecordParam(enabled=True)}
    )


def check_record_template(template: RecordTemplate, limits: Limits) -> RecordTemplate:
    """Give the template back when every rule holds; otherwise raise ``InvalidError`` naming field and rule.

    Fields: ``name``, ``description``, ``hls_continue_s``, ``cos_store``, ``params.<format>.<setting>``.
    """
    check_naming(template.name, "", limits)
    check_length("description", template.description, limits.description, limits)
    for format_, param in template.params.items():
        _check_param(format_, param)
    if not 0 <= template.hls_continue_s <= MAX_CONTINUE_S:
        raise InvalidError("hls_continue_s", f"must be 0 to {MAX_CONTINUE_S} seconds", rule="range")
    if template.cos_store not in (0, 1):
        raise InvalidError("cos_store", "must be 0 or 1", rule="range")
    return template


def _check_param(format_: RecordFormat, param: RecordParam) -> None:
    place = f"params.{format_}"
    _check_interval(f"{place}.interval_s", format_, param)
    if not 0 <= param.storage_s <= MAX_STORAGE_S:
        raise InvalidError(
            f"{place}.storage_s", f"must be 0 to {MAX_STORAGE_S} seconds (1500 days)", rule="range"
        )
    check_pattern(f"{place}.file_name", param.file_name, RECORDING_PLACES, is_path=False)
    if param.storage_mode not in STORAGE_MODES:
        raise InvalidError(f"{place}.storage_mode", "must be normal or cold", rule="unknown")
    for field in ("procedure", "cos_bucket_name", "cos_bucket_region"):
        if len(getattr(param, field).encode("utf-8", "surrogatepass")) > MAX_BUCKET_BYTES:
            raise InvalidError(
                f"{place}.{field}", f"is longer than {MAX_BUCKET_BYTES} bytes", rule="too_long"
            )
    if param.cos_bucket_path and not param.cos_bucket_path.startswith("/"):
        raise InvalidError(f"{place}.cos_bucket_path", "must start with '/'", rule="format")
    check_pattern(f"{place}.cos_bucket_path", param.cos_bucket_path, RECORDING_PLACES, is_path=True)


def _check_interval(field: str, format_: RecordFormat, param: RecordParam) -> None:
    """A format that is off, and HLS always, may carry any interval: it means nothing."""
    most = MAX_INTERVAL_S.get(format_)
    if param.interval_s < 0 or (
        param.enabled and most is not None and not MIN_INTERVAL_S <= param.interval_s <= most
    ):
        bounds = f"{MIN_INTERVAL_S} to {most}" if most is not None else "0 or more"
        raise InvalidError(field, f"must be {bounds} seconds", rule="range")
