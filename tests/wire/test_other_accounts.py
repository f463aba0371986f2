"""Another account's things are not found: every action of the cloud API and every operation of ``/v1``, as a stranger.

Each has a row. Who adds an action or a path adds its row, or the tests at the end fail.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from airhook.cloudapi import actions
from airhook.web.openapi import document
from support.desk import NOW_MS
from support.two_accounts import (
    DOMAIN,
    FORBIDDEN,
    ON_AIR,
    OWNER,
    PAST,
    PLAY_DOMAIN,
    STRANGER,
    URL,
    TwoAccounts,
    two_accounts,
)

NOT_FOUND = "FailedOperation.NotFound"
VALUE = "InvalidParameterValue"
NO_PUSH = "ResourceNotFound.PushDomainNoRecord"
NO_PLAY = "ResourceNotFound.PlayDomainNoRecord"
NO_CONF = "InternalError.ConfNotFound"
WRONG = "InvalidParameter"
NO_DOMAIN = "ResourceNotFound.DomainNotExist"

SPAN = {"StartTime": "2026-01-15T11:00:00Z", "EndTime": "2026-01-15T11:50:01Z"}
ROOM = {"DomainName": DOMAIN, "AppName": "live"}
TEMPLATE = {"TemplateId": "@template"}
FILMS = {"TemplateId": "@owners_record_template"}
SHOTS = {"TemplateId": "@owners_snapshot_template"}
COS = {"CosAppId": 1, "CosBucket": "b", "CosRegion": "r"}
SOON = NOW_MS // 1000 + 60


def refused(code: str, **fields: Any) -> tuple[dict[str, Any], str]:
    return fields, code


def empty(where: str, **fields: Any) -> tuple[dict[str, Any], str]:
    """A success, whose list ``where`` holds something for the owner and none of it for a stranger."""
    return fields, f"[] {where}"


ACTIONS = {
    "CreateLiveCallbackTemplate": refused("", TemplateName="mine", StreamBeginNotifyUrl=URL),
    "ModifyLiveCallbackTemplate": refused(NOT_FOUND, **TEMPLATE, TemplateName="mine"),
    "DeleteLiveCallbackTemplate": refused(NOT_FOUND, **TEMPLATE),
    "DescribeLiveCallbackTemplate": refused(NOT_FOUND, **TEMPLATE),
    "DescribeLiveCallbackTemplates": empty("Templates"),
    "CreateLiveCallbackRule": refused(VALUE, **ROOM, **TEMPLATE),
    "DeleteLiveCallbackRule": refused(NOT_FOUND, **ROOM),
    "DescribeLiveCallbackRules": empty("Rules"),
    "DescribeCallbackRecordsList": empty("DataInfoList", **SPAN, StreamName=ON_AIR, PageNum=1, PageSize=10),
    "AddLiveDomain": refused("FailedOperation.DomainAdded", DomainName=DOMAIN, DomainType=0),
    "DescribeLiveDomain": refused(NO_DOMAIN, DomainName=DOMAIN),
    "DescribeLiveDomains": empty("DomainList"),
    "EnableLiveDomain": refused("ResourceNotFound", DomainName=DOMAIN),
    "ForbidLiveDomain": refused("ResourceNotFound", DomainName=DOMAIN),
    "DeleteLiveDomain": refused(NO_DOMAIN, DomainName=DOMAIN, DomainType=0),
    "DescribeLivePushAuthKey": refused(NO_PUSH, DomainName=DOMAIN),
    "ModifyLivePushAuthKey": refused(NO_PUSH, DomainName=DOMAIN, MasterAuthKey="Mine1"),
    "DescribeLiveStreamOnlineList": empty("OnlineInfo"),
    "DescribeLiveStreamState": refused(VALUE, **ROOM, StreamName=ON_AIR),
    "DescribeLiveStreamPushInfoList": empty("DataInfoList"),
    "DescribeLiveStreamEventList": empty("EventList", **SPAN),
    "DescribeLiveStreamPublishedList": refused(VALUE, DomainName=DOMAIN, StreamName=PAST, **SPAN),
    "DropLiveStream": refused(VALUE, **ROOM, StreamName=ON_AIR),
    "ForbidLiveStream": refused(VALUE, **ROOM, StreamName=ON_AIR),
    "ResumeLiveStream": refused(VALUE, **ROOM, StreamName=FORBIDDEN),
    "AuthenticateDomainOwner": refused("", DomainName=DOMAIN, VerifyType="dbCheck"),
    "DescribeLivePlayAuthKey": refused(NO_PLAY, DomainName=PLAY_DOMAIN),
    "ModifyLivePlayAuthKey": refused(NO_PLAY, DomainName=PLAY_DOMAIN, AuthKey="Mine1"),
    "AddDelayLiveStream": refused(VALUE, **ROOM, StreamName=ON_AIR, DelayTime=1),
    "ResumeDelayLiveStream": refused(VALUE, **ROOM, StreamName=ON_AIR),
    "DescribeLiveDelayInfoList": empty("DelayInfoList"),
    "CreateLiveRecordTemplate": refused("", TemplateName="mine"),
    "ModifyLiveRecordTemplate": refused(NOT_FOUND, **FILMS, TemplateName="mine"),
    "DeleteLiveRecordTemplate": refused(NO_CONF, **FILMS),
    "DescribeLiveRecordTemplate": refused(NOT_FOUND, **FILMS),
    "DescribeLiveRecordTemplates": empty("Templates"),
    "CreateLiveRecordRule": refused(VALUE, **ROOM, **FILMS),
    "DeleteLiveRecordRule": refused(NOT_FOUND, DomainName=DOMAIN, AppName="vod"),
    "DescribeLiveRecordRules": empty("Rules"),
    "CreateRecordTask": refused(WRONG, **ROOM, StreamName=ON_AIR, EndTime=SOON),
    "StopRecordTask": refused(WRONG, TaskId="@owners_record_task"),
    "DeleteRecordTask": refused(WRONG, TaskId="@owners_record_task"),
    "DescribeRecordTask": empty("TaskList", StartTime=SOON - 100, EndTime=SOON),
    "CreateLiveSnapshotTemplate": refused("", **COS, TemplateName="mine"),
    "ModifyLiveSnapshotTemplate": refused(NOT_FOUND, **COS, **SHOTS, TemplateName="mine"),
    "DeleteLiveSnapshotTemplate": refused(NO_CONF, **SHOTS),
    "DescribeLiveSnapshotTemplate": refused(NOT_FOUND, **SHOTS),
    "DescribeLiveSnapshotTemplates": empty("Templates"),
    "CreateLiveSnapshotRule": refused(VALUE, **ROOM, **SHOTS),
    "DeleteLiveSnapshotRule": refused(NOT_FOUND, DomainName=DOMAIN, AppName="vod"),
    "DescribeLiveSnapshotRules": empty("Rules"),
    "CreateScreenshotTask": refused(WRONG, **ROOM, **SHOTS, StreamName=ON_AIR, EndTime=SOON),
    "StopScreenshotTask": refused(WRONG, TaskId="@owners_screenshot_task"),
    "DeleteScreenshotTask": refused(WRONG, TaskId="@owners_screenshot_task"),
    "DescribeScreenshotTask": empty("TaskList", StartTime=SOON - 100, EndTime=SOON),
}
"""What a stranger sends about the owner's things, and the code or the empty list that comes back."""

EVENT = {
    "id": "mine",
    "domain": DOMAIN,
    "app": "live",
    "stream": ON_AIR,
    "event_type": 1,
    "occurred_at": 1_768_477_800,
    "data": {"sequence": "1"},
}
OPERATIONS: dict[tuple[str, str], tuple[str, Any, str]] = {
    ("POST", "/v1/events"): ("/v1/events", EVENT, "404"),
    ("GET", "/v1/deliveries"): ("/v1/deliveries?id=@delivery", None, "[] deliveries"),
    ("GET", "/v1/deliveries/{delivery}"): ("/v1/deliveries/@delivery", None, "404"),
    ("GET", "/v1/deliveries/{delivery}/attempts/{attempt}"): (
        "/v1/deliveries/@delivery/attempts/1",
        None,
        "404",
    ),
    ("GET", "/v1/events/{event}"): ("/v1/events/@event", None, "404"),
    ("GET", "/v1/sessions/{session}"): ("/v1/sessions/@session", None, "404"),
    ("GET", "/v1/deliveries/export"): ("/v1/deliveries/export?id=@delivery&format=jsonl", None, "no text"),
    ("POST", "/v1/deliveries/{delivery}/resend"): ("/v1/deliveries/@delivery/resend", None, "404"),
    ("GET", "/v1/replays"): ("/v1/replays", None, "[] replays"),
    ("POST", "/v1/replays"): ("/v1/replays", {"wanted": {"stream": ON_AIR}}, "200"),
    ("GET", "/v1/replays/{replay}"): ("/v1/replays/@replay", None, "404"),
    ("POST", "/v1/replays/{replay}/pause"): ("/v1/replays/@replay/pause", None, "404"),
    ("POST", "/v1/replays/{replay}/resume"): ("/v1/replays/@replay/resume", None, "404"),
    ("POST", "/v1/replays/{replay}/cancel"): ("/v1/replays/@replay/cancel", None, "404"),
    ("GET", "/v1/templates"): ("/v1/templates", None, "[] templates"),
    ("GET", "/v1/templates/{template}"): ("/v1/templates/@template", None, "404"),
    ("PATCH", "/v1/templates/{template}"): ("/v1/templates/@template", {"http2": True}, "404"),
    ("POST", "/v1/templates/{template}/webhook-secret"): (
        "/v1/templates/@template/webhook-secret",
        None,
        "404",
    ),
    ("GET", "/v1/record-templates"): ("/v1/record-templates", None, "[] record_templates"),
    ("GET", "/v1/snapshot-templates"): ("/v1/snapshot-templates", None, "[] snapshot_templates"),
    ("PATCH", "/v1/snapshot-templates/{template}"): (
        "/v1/snapshot-templates/@owners_snapshot_template",
        {"block": 70},
        "404",
    ),
    ("GET", "/v1/rules"): ("/v1/rules", None, "[] rules"),
    ("GET", "/v1/domains"): ("/v1/domains", None, "[] domains"),
    ("GET", "/v1/destinations"): ("/v1/destinations", None, "[] destinations"),
    ("PATCH", "/v1/destinations"): ("/v1/destinations", {"url": URL, "paused": False}, "200"),
}
"""Path as it is asked, body, and the status, the empty list or the empty text that comes back."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoAccounts]:
    with two_accounts(tmp_path_factory.mktemp("accounts")) as site:
        yield site


def filled(site: TwoAccounts, value: Any) -> Any:
    """``@name`` is the id of the owner's thing of that name."""
    if isinstance(value, dict):
        return {name: filled(site, one) for name, one in value.items()}
    if isinstance(value, str) and value.startswith("@"):
        return site.ids[value[1:]]
    return value


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_actions(site: TwoAccounts, action: str) -> None:
    before = site.owned()
    fields, wanted = ACTIONS[action]
    answer = site.call(STRANGER, action, filled(site, fields))
    if wanted.startswith("[]"):
        where = wanted.removeprefix("[] ")
        owners = site.call(OWNER, action, filled(site, fields))[where]
        assert owners, "the owner would see something"
        assert [one for one in answer[where] if one in owners] == []
    else:
        assert answer.get("Error", {}).get("Code", "") == wanted
    assert site.owned() == before, "nothing of the owner's has changed"


@pytest.mark.parametrize(("method", "path"), sorted(OPERATIONS))
def test_operations(site: TwoAccounts, method: str, path: str) -> None:
    before = site.owned()
    place, body, wanted = OPERATIONS[method, path]
    for name, value in site.ids.items():
        place = place.replace(f"@{name}", str(value))
    answer = site.ask(STRANGER, method, place, filled(site, body))
    if wanted.startswith("[]"):
        where = wanted.removeprefix("[] ")
        owners = site.ask(OWNER, method, place).json()[where]
        assert owners, "the owner would see something"
        assert [one for one in answer.json()[where] if one in owners] == []
    elif wanted == "no text":
        assert (answer.status, answer.text) == (200, "")
        assert site.ask(OWNER, method, place).text != ""
    else:
        assert answer.status == int(wanted)
        if method == "GET":
            assert site.ask(OWNER, method, place).status == 200
    assert site.owned() == before


def test_every_action_has_a_row() -> None:
    assert set(ACTIONS) == set(actions.ACTIONS)


def test_every_operation_has_a_row() -> None:
    paths = document()["paths"].items()
    assert set(OPERATIONS) == {(method.upper(), path) for path, methods in paths for method in methods}
