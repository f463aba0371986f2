"""How many templates an account may have by default, and that the limit can be changed (contract 3.1)."""

from pathlib import Path
from typing import Any

import pytest

from airhook.control.base import AccountLimits
from airhook.core.accounts import ApiKey
from support.cloud import add_key, ask, code_of, tc3_post
from support.desk import TestDesk, open_desk

URL = {"StreamBeginNotifyUrl": "https://hooks.example.com/"}
COS = {"CosAppId": 1, "CosBucket": "b", "CosRegion": "r"}


def made(desk: TestDesk, key: ApiKey, action: str, **fields: Any) -> str:
    return code_of(ask(desk, tc3_post(key, action, fields)))


def test_the_51st_template(desk: TestDesk, key: ApiKey) -> None:
    codes = [made(desk, key, "CreateLiveCallbackTemplate", TemplateName=f"t{n}", **URL) for n in range(51)]
    assert codes == [""] * 50 + ["InternalError.ConfOutLimit"]


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("CreateLiveCallbackTemplate", URL),
        ("CreateLiveRecordTemplate", {"FlvParam": {"Enable": 1}}),
        ("CreateLiveSnapshotTemplate", COS),
    ],
)
def test_limits_can_be_changed(tmp_path: Path, action: str, fields: dict[str, Any]) -> None:
    with open_desk(tmp_path, limits=AccountLimits(templates=1)) as desk:
        key = add_key(desk)
        codes = [made(desk, key, action, TemplateName="t", **fields) for _ in range(2)]
    assert codes == ["", "InternalError.ConfOutLimit"]


def test_a_limit_is_each_accounts_own(tmp_path: Path) -> None:
    with open_desk(tmp_path, limits=AccountLimits(templates=1)) as desk:
        keys = [add_key(desk, account_id) for account_id in (1, 2)]
        codes = [made(desk, key, "CreateLiveCallbackTemplate", TemplateName="t", **URL) for key in keys]
    assert codes == ["", ""]
