"""The limits of snapshot templates."""

from typing import Any

import pytest
from msgspec.structs import replace

from airhook.core.errors import InvalidError
from airhook.core.snapshot_templates import (
    USUAL_FILE_NAME,
    USUAL_PREFIX,
    SnapshotTemplate,
    check_snapshot_template,
)
from airhook.core.templates import API_LIMITS

GOOD = SnapshotTemplate(id=1, account_id=1, name="shots")


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"interval_s": 2},
        {"interval_s": 300},
        {"width": 3000, "height": 2000},
        {"prefix": USUAL_PREFIX, "file_name": USUAL_FILE_NAME},
        {"cos_app_id": 1250000000, "cos_bucket": "shots", "cos_region": "ap-guangzhou"},
    ],
    ids=str,
)
def test_allowed(change: dict[str, Any]) -> None:
    template = replace(GOOD, **change)
    assert check_snapshot_template(template, API_LIMITS) is template


@pytest.mark.parametrize(
    ("change", "field", "rule"),
    [
        ({"name": ""}, "name", "required"),
        ({"description": "a b"}, "description", "characters"),
        ({"interval_s": 1}, "interval_s", "range"),
        ({"interval_s": 301}, "interval_s", "range"),
        ({"width": 3001}, "width", "range"),
        ({"height": -1}, "height", "range"),
        ({"height": 2001}, "height", "range"),
        ({"prefix": "/{Nothing}"}, "prefix", "placeholder"),
        ({"prefix": "/a/../b"}, "prefix", "characters"),
        ({"file_name": "{StreamID}/{Ext}"}, "file_name", "characters"),
        ({"file_name": "a\nb"}, "file_name", "characters"),
        ({"cos_app_id": -1}, "cos_app_id", "range"),
        ({"cos_region": "a" * 256}, "cos_region", "too_long"),
    ],
    ids=str,
)
def test_refused(change: dict[str, Any], field: str, rule: str) -> None:
    with pytest.raises(InvalidError) as wrong:
        check_snapshot_template(replace(GOOD, **change), API_LIMITS)
    assert (wrong.value.field, wrong.value.rule) == (field, rule)
