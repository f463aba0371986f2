"""The limits, defaults and codes of recording, screenshots, playback keys and delays, by signed calls over HTTP.

Messages name the parameter as the API spells it.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from airhook.cloudapi.actions.media_tasks import PAGE
from airhook.control import media_tasks
from airhook.control.media_tasks import RECORD_TASKS, TaskForm
from airhook.core.sessions import SessionState
from support.cloud import GATEWAY_CODES, code_of, schema
from support.desk import NOW_MS, wait
from support.storage import session
from support.two_accounts import DOMAIN, OWNER, PLAY_DOMAIN, TwoAccounts, two_accounts

VALUE, WRONG = "InvalidParameterValue", "InvalidParameter"
MALFORMED = "InvalidParameter.DomainFormatError"
COS_NAME = "InvalidParameter.COSCustomFileNameError"
VOD_NAME = "InvalidParameter.InvalidVodFileName"
NOT_FOUND, NO_CONF = "FailedOperation.NotFound", "InternalError.ConfNotFound"
NOW_S, DAY_S = NOW_MS // 1000, 86_400
COS = {"CosAppId": 1_250_000_000, "CosBucket": "b", "CosRegion": "r"}
ROOM = {"DomainName": DOMAIN, "AppName": "live", "StreamName": "room"}
LATER = {"EndTime": NOW_S + 60}
RECORDING, PICTURES = "CreateLiveRecordTemplate", "CreateLiveSnapshotTemplate"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoAccounts]:
    with two_accounts(tmp_path_factory.mktemp("media")) as made:
        yield made


def call(site: TwoAccounts, action: str, **fields: Any) -> dict[str, Any]:
    return site.call(OWNER, action, fields)


def film(site: TwoAccounts, **fields: Any) -> dict[str, Any]:
    """Create a record template, and what reading it gives; it is deleted again."""
    made = call(site, RECORDING, TemplateName="film", **fields)
    found: dict[str, Any] = call(site, "DescribeLiveRecordTemplate", TemplateId=made["TemplateId"])[
        "Template"
    ]
    assert "Error" not in call(site, "DeleteLiveRecordTemplate", TemplateId=made["TemplateId"])
    return found


def recorded(format_: str, **settings: Any) -> dict[str, Any]:
    return {"TemplateName": "x", f"{format_}Param": {"Enable": 1, **settings}}


WRONG_CALLS = [
    (RECORDING, {}, "MissingParameter", "TemplateName"),
    (RECORDING, {"TemplateName": ""}, VALUE, "TemplateName"),
    (RECORDING, {"TemplateName": "a b"}, VALUE, "TemplateName"),
    (RECORDING, {"TemplateName": "x" * 256}, VALUE, "TemplateName"),
    (RECORDING, {"TemplateName": "x", "Description": "x" * 1025}, VALUE, "Description"),
    (RECORDING, {"TemplateName": "x", "IsDelayLive": 1}, "UnsupportedOperation", "IsDelayLive"),
    (RECORDING, {"TemplateName": "x", "IsDelayLive": 2}, VALUE, "IsDelayLive"),
    (RECORDING, {"TemplateName": "x", "CosStore": 2}, VALUE, "CosStore"),
    (RECORDING, {"TemplateName": "x", "RemoveWatermark": "maybe"}, WRONG, "RemoveWatermark"),
    (
        RECORDING,
        {"TemplateName": "x", "HlsSpecialParam": {"FlowContinueDuration": 1801}},
        VALUE,
        "HlsSpecialParam.FlowContinueDuration",
    ),
    (RECORDING, {"TemplateName": "x", "FlvParam": {"Enable": 2}}, VALUE, "FlvParam.Enable"),
    (RECORDING, {"TemplateName": "x", "FlvParam": 1}, WRONG, "FlvParam"),
    (RECORDING, {"TemplateName": "x", "FlvParam": {"Nope": 1}}, "UnknownParameter", "FlvParam.Nope"),
    (RECORDING, recorded("Flv", RecordInterval=59), VALUE, "FlvParam.RecordInterval"),
    (RECORDING, recorded("Mp4", RecordInterval=43_201), VALUE, "Mp4Param.RecordInterval"),
    (RECORDING, recorded("Aac", RecordInterval=7201), VALUE, "AacParam.RecordInterval"),
    (RECORDING, recorded("Hls", StorageTime=1500 * DAY_S + 1), VALUE, "HlsParam.StorageTime"),
    (RECORDING, recorded("Mp3", StorageMode="warm"), VALUE, "Mp3Param.StorageMode"),
    (RECORDING, recorded("Hls", CosBucketPath="a"), VALUE, "HlsParam.CosBucketPath"),
    (RECORDING, recorded("Mp4", VodFileName="{Weekday}"), VOD_NAME, "Mp4Param.VodFileName"),
    ("ModifyLiveRecordTemplate", {"TemplateId": 9, "TemplateName": "x"}, NOT_FOUND, "9"),
    ("ModifyLiveRecordTemplate", {"TemplateId": 9, "CosStore": 1}, "UnknownParameter", "CosStore"),
    ("DeleteLiveRecordTemplate", {"TemplateId": 9}, NO_CONF, "9"),
    ("DescribeLiveRecordTemplate", {"TemplateId": 9}, NOT_FOUND, "9"),
    ("DescribeLiveRecordTemplates", {"IsDelayLive": 2}, VALUE, "IsDelayLive"),
    (PICTURES, {"TemplateName": "x"}, "MissingParameter", "CosAppId"),
    (PICTURES, {**COS, "TemplateName": "x", "SnapshotInterval": 1}, VALUE, "SnapshotInterval"),
    (PICTURES, {**COS, "TemplateName": "x", "SnapshotInterval": 301}, VALUE, "SnapshotInterval"),
    (PICTURES, {**COS, "TemplateName": "x", "Width": 3001}, VALUE, "Width"),
    (PICTURES, {**COS, "TemplateName": "x", "Height": 2001}, VALUE, "Height"),
    (PICTURES, {**COS, "TemplateName": "x", "PornFlag": 2}, VALUE, "PornFlag"),
    (PICTURES, {**COS, "TemplateName": "x", "Description": "a b"}, VALUE, "Description"),
    (PICTURES, {**COS, "TemplateName": "x", "CosPrefix": "/../x"}, COS_NAME, "CosPrefix"),
    (PICTURES, {**COS, "TemplateName": "x", "CosFileName": "{Weekday}"}, COS_NAME, "CosFileName"),
    (PICTURES, {**COS, "TemplateName": "x", "CosAppId": -1}, VALUE, "CosAppId"),
    ("ModifyLiveSnapshotTemplate", {**COS, "TemplateId": 9}, NOT_FOUND, "9"),
    ("DeleteLiveSnapshotTemplate", {"TemplateId": 9}, NO_CONF, "9"),
    ("DescribeLiveSnapshotTemplate", {"TemplateId": 9}, NOT_FOUND, "9"),
    *(
        (f"{deed}Live{kind}Rule", {**fields, **more}, code, name)
        for kind in ("Record", "Snapshot")
        for deed, more in (("Create", {"TemplateId": 9}), ("Delete", {}))
        for fields, code, name in (
            ({"DomainName": "a b"}, MALFORMED, "DomainName"),
            ({"DomainName": f"{'a.' * 150}com"}, MALFORMED, "DomainName"),
        )
    ),
    *(
        (f"CreateLive{kind}Rule", {**fields, "TemplateId": 9}, code, name)
        for kind in ("Record", "Snapshot")
        for fields, code, name in (
            ({"DomainName": "none.example.com"}, VALUE, "DomainName"),
            ({"DomainName": DOMAIN, "AppName": "a/b"}, VALUE, "AppName"),
            ({"DomainName": DOMAIN, "StreamName": "a/b"}, VALUE, "StreamName"),
            ({"DomainName": DOMAIN}, "InvalidParameter.ConfNotFound", "9"),
        )
    ),
    *(
        (f"Create{kind}Task", {**ROOM, "TemplateId": 1, **fields}, code, name)
        for kind in ("Record", "Screenshot")
        for fields, code, name in (
            ({}, "MissingParameter", "EndTime"),
            ({"EndTime": NOW_S}, WRONG, "EndTime"),
            ({"EndTime": 2**63 - 1}, WRONG, "EndTime"),
            ({"EndTime": 2**63}, WRONG, "EndTime"),
            ({"EndTime": NOW_S + DAY_S + 1}, WRONG, "StartTime"),
            ({"EndTime": NOW_S + 7 * DAY_S, "StartTime": NOW_S + 6 * DAY_S}, WRONG, "EndTime"),
            ({**LATER, "DomainName": "none.example.com"}, WRONG, "DomainName"),
            ({**LATER, "StreamName": "a/b"}, WRONG, "StreamName"),
            ({**LATER, "StreamType": 1}, "UnsupportedOperation", "StreamType"),
            ({**LATER, "StreamType": 2}, WRONG, "StreamType"),
            ({**LATER, "Extension": "x" * 1025}, WRONG, "Extension"),
        )
    ),
    *(
        (f"{deed}{kind}Task", {"TaskId": "none"}, WRONG, "none")
        for kind in ("Record", "Screenshot")
        for deed in ("Stop", "Delete")
    ),
    *(
        (f"Describe{kind}Task", {"StartTime": start, "EndTime": end, **more}, WRONG, name)
        for kind in ("Record", "Screenshot")
        for start, end, more, name in (
            (NOW_S, NOW_S, {}, "EndTime"),
            (NOW_S, NOW_S + 7 * DAY_S + 1, {}, "EndTime"),
            (NOW_S - 90 * DAY_S - 1, NOW_S - 90 * DAY_S, {}, "StartTime"),
            (NOW_S, NOW_S + 1, {"ScrollToken": "x"}, "ScrollToken"),
        )
    ),
    ("AddDelayLiveStream", {**ROOM, "DelayTime": 601}, VALUE, "DelayTime"),
    ("AddDelayLiveStream", {**ROOM, "DelayTime": -1}, WRONG, "DelayTime"),
    ("AddDelayLiveStream", {**ROOM, "DelayTime": 1, "ExpireTime": "soon"}, VALUE, "ExpireTime"),
    (
        "AddDelayLiveStream",
        {**ROOM, "DelayTime": 1, "ExpireTime": "2026-01-01T00:00:00Z"},
        VALUE,
        "ExpireTime",
    ),
    ("ResumeDelayLiveStream", {**ROOM, "DomainName": "none.example.com"}, VALUE, "DomainName"),
    ("DescribeLivePlayAuthKey", {"DomainName": DOMAIN}, "ResourceNotFound.PlayDomainNoRecord", DOMAIN),
    ("DescribeLivePlayAuthKey", {"DomainName": "a b"}, VALUE, "DomainName"),
    ("ModifyLivePlayAuthKey", {"DomainName": PLAY_DOMAIN, "Enable": 2}, VALUE, "Enable"),
    ("ModifyLivePlayAuthKey", {"DomainName": PLAY_DOMAIN, "Enable": 1}, VALUE, "AuthKey"),
    ("ModifyLivePlayAuthKey", {"DomainName": PLAY_DOMAIN, "AuthBackKey": "a b"}, VALUE, "AuthBackKey"),
    ("AuthenticateDomainOwner", {"DomainName": "a b", "VerifyType": "dbCheck"}, MALFORMED, "DomainName"),
    ("AuthenticateDomainOwner", {"DomainName": DOMAIN, "VerifyType": "x"}, WRONG, "VerifyType"),
]


@pytest.mark.parametrize(("action", "fields", "code", "names"), WRONG_CALLS)
def test_a_wrong_call_is_refused_and_named(
    site: TwoAccounts, action: str, fields: dict[str, Any], code: str, names: str
) -> None:
    before = site.owned()
    answer = call(site, action, **fields)
    assert code_of(answer) == code, answer
    assert names in answer["Error"]["Message"]
    assert code in GATEWAY_CODES | set(schema()["actions"][action]["errors"])
    assert site.owned() == before


def test_the_defaults_of_a_record_template(site: TwoAccounts) -> None:
    off = {
        "RecordInterval": 1800,
        "StorageTime": 0,
        "Enable": 0,
        "VodSubAppId": 0,
        "VodFileName": "",
        "Procedure": "",
        "StorageMode": "",
        "ClassId": 0,
        "CosBucketName": "",
        "CosBucketRegion": "",
        "CosBucketPath": "",
    }
    found = film(site)
    assert {name: found[f"{name}Param"] for name in ("Flv", "Hls", "Mp4", "Aac", "Mp3")} == dict.fromkeys(
        ("Flv", "Hls", "Mp4", "Aac", "Mp3"), off
    )
    assert (found["IsDelayLive"], found["RemoveWatermark"], found["CosStore"]) == (0, False, 0)
    assert found["HlsSpecialParam"] == {"FlowContinueDuration": 0}
    assert found["FlvSpecialParam"] == {"UploadInRecording": False}


def test_every_setting_of_a_record_template_is_given_back(site: TwoAccounts) -> None:
    param = {
        "RecordInterval": 600,
        "StorageTime": 3600,
        "Enable": 1,
        "VodSubAppId": 1_500_000_000,
        "VodFileName": "{StreamID}_{StartYear}",
        "Procedure": "p",
        "StorageMode": "cold",
        "ClassId": -1,
        "CosBucketName": "b",
        "CosBucketRegion": "r",
        "CosBucketPath": "/{RandomID}",
    }
    given = {
        "Description": "Free text, 录制.",
        "FlvParam": param,
        "AacParam": {**param, "Enable": 0},
        "HlsSpecialParam": {"FlowContinueDuration": 1800},
        "FlvSpecialParam": {"UploadInRecording": True},
        "RemoveWatermark": True,
        "CosStore": 1,
    }
    found = film(site, **given)
    assert {name: found[name] for name in given} == given


def test_the_defaults_of_a_snapshot_template(site: TwoAccounts) -> None:
    made = call(site, PICTURES, TemplateName="x", **COS)["TemplateId"]
    found = call(site, "DescribeLiveSnapshotTemplate", TemplateId=made)["Template"]
    assert found == {
        "TemplateId": made,
        "TemplateName": "x",
        "Description": "",
        "SnapshotInterval": 10,
        "Width": 0,
        "Height": 0,
        "PornFlag": 0,
        **COS,
        "CosPrefix": "/{Year}-{Month}-{Day}",
        "CosFileName": "{StreamID}-screenshot-{Hour}-{Minute}-{Second}-{Width}x{Height}{Ext}",
        "CosSecretId": "",
        "CosSecretKey": "",
    }
    call(site, "DeleteLiveSnapshotTemplate", TemplateId=made)


@pytest.mark.parametrize(("action", "fields"), [(RECORDING, {}), (PICTURES, COS)], ids=["record", "snapshot"])
def test_the_51st_template_of_a_kind(site: TwoAccounts, action: str, fields: dict[str, Any]) -> None:
    listing = action.replace("Create", "Describe") + "s"
    for n in range(50 - len(call(site, listing)["Templates"])):
        assert "Error" not in call(site, action, TemplateName=f"t{n}", **fields)
    assert code_of(call(site, action, TemplateName="one-more", **fields)) == "InternalError.ConfOutLimit"
    for one in call(site, listing)["Templates"]:
        call(site, action.replace("Create", "Delete"), TemplateId=one["TemplateId"])  # but what is bound
    assert len(call(site, listing)["Templates"]) == 1


def test_tasks_are_read_page_by_page(site: TwoAccounts) -> None:
    start_s = NOW_S + DAY_S
    for n in range(PAGE + 1):
        form = TaskForm(
            domain=DOMAIN,
            app="pages",
            stream=f"s{n}",
            start_ms=(start_s + n // 3) * 1000,
            end_ms=(start_s + 600) * 1000,
        )
        wait(media_tasks.create(site.desk, RECORD_TASKS, OWNER, form))
    span = {"StartTime": start_s, "EndTime": start_s + 600, "AppName": "pages"}
    first = call(site, "DescribeRecordTask", **span)
    second = call(site, "DescribeRecordTask", **span, ScrollToken=first["ScrollToken"])
    streams = [one["StreamName"] for one in first["TaskList"] + second["TaskList"]]
    assert streams == [f"s{n}" for n in range(PAGE + 1)]
    assert second["ScrollToken"] == ""
    [one] = call(site, "DescribeRecordTask", **span, StreamName="s7")["TaskList"]
    assert (one["DomainName"], one["StartTime"], one["EndTime"]) == (DOMAIN, start_s + 2, start_s + 600)


def test_keys_of_playback(site: TwoAccounts) -> None:
    def keys() -> dict[str, Any]:
        found: dict[str, Any] = call(site, "DescribeLivePlayAuthKey", DomainName=PLAY_DOMAIN)[
            "PlayAuthKeyInfo"
        ]
        return found

    fresh = {"DomainName": PLAY_DOMAIN, "Enable": 0, "AuthKey": "", "AuthDelta": 0, "AuthBackKey": ""}
    assert keys() == fresh
    given = {"Enable": 1, "AuthKey": "Main1", "AuthBackKey": "Back1", "AuthDelta": 60}
    call(site, "ModifyLivePlayAuthKey", DomainName=PLAY_DOMAIN, **given)
    assert keys() == {**fresh, **given}
    call(site, "ModifyLivePlayAuthKey", DomainName=PLAY_DOMAIN, AuthDelta=0)
    assert keys() == {**fresh, **given, "AuthDelta": 0}


@pytest.mark.parametrize(
    ("name", "main"),
    [("a.b.example.com", "example.com"), ("x.example.co.jp", "example.co.jp"), ("co.jp", "co.jp")],
)
def test_a_domain_counts_as_verified(site: TwoAccounts, name: str, main: str) -> None:
    answer = call(site, "AuthenticateDomainOwner", DomainName=name, VerifyType="dnsCheck")
    assert (answer["Status"], answer["MainDomain"]) == (0, main)
    again = call(site, "AuthenticateDomainOwner", DomainName=main, VerifyType="fileCheck")
    assert again["Content"] == answer["Content"]


def test_a_domain_is_locked_while_a_push_is_on(site: TwoAccounts) -> None:
    name = {"DomainName": "busy.example.com", "DomainType": 0}
    call(site, "AddLiveDomain", **name)
    on = session(site.desk.ids(), domain="busy.example.com", account_id=OWNER, state=SessionState.LIVE)
    wait(site.desk.store.transact(lambda tx: tx.insert_session(on)))
    assert code_of(call(site, "DeleteLiveDomain", **name)) == "FailedOperation.DeleteDomainInLockedTime"
