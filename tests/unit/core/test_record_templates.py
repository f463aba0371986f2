"""The limits of record templates."""

from typing import Any

import pytest
from msgspec.structs import replace

from airhook.core.errors import InvalidError
from airhook.core.record_templates import RecordFormat, RecordParam, RecordTemplate, check_record_template
from airhook.core.templates import API_LIMITS

GOOD = RecordTemplate(id=1, account_id=1, name="录制_1-a")


def of(format_: str, **param: Any) -> dict[str, Any]:
    return {"params": {RecordFormat(format_): RecordParam(**{"enabled": True, **param})}}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"description": "free text, with spaces!"},
        {"hls_continue_s": 1800},
        {"cos_store": 1},
        of("flv", interval_s=60),
        of("mp4", interval_s=43_200),
        of("aac", interval_s=7200),
        of("mp3", interval_s=7200),
        of("hls", interval_s=0),
        of("flv", interval_s=0, enabled=False),
        of("flv", storage_s=1500 * 86_400),
        of("flv", file_name="{StreamID}_{StartYear}-{EndMillisecond}", storage_mode="cold"),
        of("flv", cos_bucket_path="/{StartYear}/{RandomID}"),
    ],
    ids=str,
)
def test_allowed(change: dict[str, Any]) -> None:
    template = replace(GOOD, **change)
    assert check_record_template(template, API_LIMITS) is template


@pytest.mark.parametrize(
    ("change", "field", "rule"),
    [
        ({"name": ""}, "name", "required"),
        ({"name": "a b"}, "name", "characters"),
        ({"name": "a" * 256}, "name", "too_long"),
        ({"description": "é" * 513}, "description", "too_long"),
        ({"hls_continue_s": 1801}, "hls_continue_s", "range"),
        ({"cos_store": 2}, "cos_store", "range"),
        (of("flv", interval_s=59), "params.flv.interval_s", "range"),
        (of("mp4", interval_s=43_201), "params.mp4.interval_s", "range"),
        (of("aac", interval_s=7201), "params.aac.interval_s", "range"),
        (of("hls", interval_s=-1), "params.hls.interval_s", "range"),
        (of("hls", storage_s=1500 * 86_400 + 1), "params.hls.storage_s", "range"),
        (of("hls", file_name="{Nothing}"), "params.hls.file_name", "placeholder"),
        (of("hls", file_name="{StreamID"), "params.hls.file_name", "placeholder"),
        (of("hls", file_name="a/b"), "params.hls.file_name", "characters"),
        (of("hls", file_name="a" * 256), "params.hls.file_name", "too_long"),
        (of("hls", storage_mode="warm"), "params.hls.storage_mode", "unknown"),
        (of("hls", cos_bucket_name="a" * 256), "params.hls.cos_bucket_name", "too_long"),
        (of("hls", cos_bucket_path="a"), "params.hls.cos_bucket_path", "format"),
        (of("hls", cos_bucket_path="/../a"), "params.hls.cos_bucket_path", "characters"),
    ],
    ids=str,
)
def test_refused(change: dict[str, Any], field: str, rule: str) -> None:
    with pytest.raises(InvalidError) as wrong:
        check_record_template(replace(GOOD, **change), API_LIMITS)
    assert (wrong.value.field, wrong.value.rule) == (field, rule)
