"""What a user's program does with every documented action, rightly and wrongly, in the order in which it may be done.

The things that are there before are those of ``two_accounts``. ``@name`` stands for an id: of a thing that was there, or
of what a step has saved under that name.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple

from support.two_accounts import DOMAIN, FORBIDDEN, ON_AIR, PAST, PLAY_DOMAIN, URL


class Step(NamedTuple):
    """``finds`` are values of the answer by their paths; ``code`` is the error's, empty for a success."""

    action: str
    fields: Mapping[str, Any]
    finds: Mapping[str, Any]
    code: str = ""
    save: tuple[str, str] = ("", "")  # a path in the answer, and the name that its value has from here on


def good(
    action: str, finds: Mapping[str, Any] | None = None, *, save: tuple[str, str] = ("", ""), **fields: Any
) -> Step:
    return Step(action, fields, finds or {}, save=save)


def bad(action: str, code: str, **fields: Any) -> Step:
    return Step(action, fields, {}, code)


NEW = "new.example.com"
ROOM: dict[str, Any] = {"DomainName": DOMAIN, "AppName": "live"}
COS: dict[str, Any] = {"CosAppId": 1300000000, "CosBucket": "pictures", "CosRegion": "ap-guangzhou"}
NOT_FOUND = "FailedOperation.NotFound"
CONF_NOT_FOUND = "InvalidParameter.ConfNotFound"
IN_USE = "FailedOperation.ConfInUsed"
EXISTS = "FailedOperation.RuleAlreadyExist"
MISSING, UNKNOWN, WRONG, VALUE = (
    "MissingParameter",
    "UnknownParameter",
    "InvalidParameter",
    "InvalidParameterValue",
)


def utc(ahead_s: int) -> str:
    """A time in UTC, so long after the start of the session."""
    return f"@utc {ahead_s}"


def seconds(ahead_s: int) -> str:
    """The same in UNIX seconds."""
    return f"@seconds {ahead_s}"


def filled(value: Any, ids: Mapping[str, Any], now_s: int) -> Any:
    """What ``@...`` stands for."""
    if not (isinstance(value, str) and value.startswith("@")):
        return value
    kind, _, ahead = value[1:].partition(" ")
    if kind == "utc":
        return dt.datetime.fromtimestamp(now_s + int(ahead), dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return now_s + int(ahead) if kind == "seconds" else ids[kind]


SPAN: dict[str, Any] = {"StartTime": utc(-3600), "EndTime": utc(1)}

CALLBACKS = [
    good(
        "CreateLiveCallbackTemplate",
        save=("TemplateId", "made"),
        TemplateName="直播_1",
        StreamEndNotifyUrl=URL,
    ),
    bad("CreateLiveCallbackTemplate", WRONG, TemplateName="no-url"),
    good("ModifyLiveCallbackTemplate", TemplateId="@made", RecordExceptionLevels=["error", "info"]),
    bad("ModifyLiveCallbackTemplate", NOT_FOUND, TemplateId=999, TemplateName="x"),
    good(
        "DescribeLiveCallbackTemplate",
        {"Template.TemplateName": "直播_1", "Template.RecordExceptionLevels.1": "info"},
        TemplateId="@made",
    ),
    bad("DescribeLiveCallbackTemplate", WRONG, TemplateId="one"),
    good("DescribeLiveCallbackTemplates", {"Templates.1.TemplateId": "@made"}),
    bad("DescribeLiveCallbackTemplates", UNKNOWN, PageSize=10),
    good("CreateLiveCallbackRule", DomainName=DOMAIN, AppName="", TemplateId="@made"),
    bad("CreateLiveCallbackRule", EXISTS, DomainName=DOMAIN, AppName="", TemplateId="@made"),
    good("DescribeLiveCallbackRules", {"Rules.0.TemplateId": "@made", "Rules.0.AppName": ""}),
    bad("DescribeLiveCallbackRules", UNKNOWN, DomainName=DOMAIN),
    bad("DeleteLiveCallbackTemplate", IN_USE, TemplateId="@made"),
    good("DeleteLiveCallbackRule", DomainName=DOMAIN, AppName=""),
    bad("DeleteLiveCallbackRule", NOT_FOUND, DomainName=DOMAIN, AppName=""),
    good("DeleteLiveCallbackTemplate", TemplateId="@made"),
    good(
        "DescribeCallbackRecordsList",
        {"TotalNum": 1, "DataInfoList.0.ResultCode": 0, "DataInfoList.0.StreamId": ON_AIR},
        **SPAN,
        StreamName=ON_AIR,
        PageNum=1,
        PageSize=10,
    ),
    bad("DescribeCallbackRecordsList", VALUE, **SPAN, StreamName=ON_AIR, PageNum=1, PageSize=101),
]

DOMAINS = [
    good("AddLiveDomain", DomainName=NEW, DomainType=0),
    bad("AddLiveDomain", "FailedOperation.DomainAdded", DomainName=NEW, DomainType=0),
    good("AuthenticateDomainOwner", DomainName=NEW, VerifyType="dbCheck"),
    bad(
        "AuthenticateDomainOwner",
        "InvalidParameter.DomainFormatError",
        DomainName="a b",
        VerifyType="dnsCheck",
    ),
    good("ForbidLiveDomain", DomainName=NEW),
    bad("ForbidLiveDomain", "ResourceNotFound", DomainName="none.example.com"),
    good("DescribeLiveDomain", {"DomainInfo.Name": NEW, "DomainInfo.Status": 0}, DomainName=NEW),
    bad("DescribeLiveDomain", "ResourceNotFound.DomainNotExist", DomainName="none.example.com"),
    good("EnableLiveDomain", DomainName=NEW),
    bad("EnableLiveDomain", MISSING),
    good("DescribeLiveDomains", {"AllCount": 2}, DomainType=0, PageSize=20),
    bad("DescribeLiveDomains", VALUE, PageSize=9),
    good("DescribeLivePushAuthKey", {"PushAuthKeyInfo.Enable": 1}, DomainName=NEW),
    bad("DescribeLivePushAuthKey", "ResourceNotFound.PushDomainNoRecord", DomainName=PLAY_DOMAIN),
    good("ModifyLivePushAuthKey", DomainName=NEW, MasterAuthKey="Main1", AuthDelta=60),
    bad("ModifyLivePushAuthKey", VALUE, DomainName=NEW, Enable=2),
    good("ModifyLivePlayAuthKey", DomainName=PLAY_DOMAIN, Enable=1, AuthKey="Play1", AuthDelta=60),
    bad("ModifyLivePlayAuthKey", "ResourceNotFound.PlayDomainNoRecord", DomainName=NEW, Enable=1),
    good(
        "DescribeLivePlayAuthKey",
        {"PlayAuthKeyInfo.AuthKey": "Play1", "PlayAuthKeyInfo.AuthDelta": 60},
        DomainName=PLAY_DOMAIN,
    ),
    bad("DescribeLivePlayAuthKey", "ResourceNotFound.PlayDomainNoRecord", DomainName=DOMAIN),
    bad("DeleteLiveDomain", "FailedOperation", DomainName=DOMAIN, DomainType=0),
    good("DeleteLiveDomain", DomainName=NEW, DomainType=0),
]

STREAMS = [
    good(
        "DescribeLiveStreamOnlineList",
        {"TotalNum": 1, "TotalPage": 1, "OnlineInfo.0.StreamName": ON_AIR, "OnlineInfo.0.PushToDelay": 0},
        DomainName=DOMAIN,
        PageNum=1,
        PageSize=10,
    ),
    good("DescribeLiveStreamOnlineList", {"TotalNum": 0, "TotalPage": 0}, StreamName="other"),
    bad("DescribeLiveStreamOnlineList", VALUE, PageSize=9),
    good("DescribeLiveStreamState", {"StreamState": "active"}, **ROOM, StreamName=ON_AIR),
    good("DescribeLiveStreamState", {"StreamState": "forbid"}, **ROOM, StreamName=FORBIDDEN),
    good("DescribeLiveStreamState", {"StreamState": "inactive"}, **ROOM, StreamName="never"),
    bad("DescribeLiveStreamState", VALUE, DomainName="none.example.com", AppName="live", StreamName=ON_AIR),
    good("DescribeLiveStreamPushInfoList", {"TotalNum": 1, "DataInfoList.0.PushDomain": DOMAIN}, PageNum=1),
    bad("DescribeLiveStreamPushInfoList", VALUE, PageNum=10_001),
    good(
        "DescribeLiveStreamEventList",
        {"TotalNum": 1, "EventList.0.StreamName": PAST},
        **SPAN,
        StreamName="as",
        IsFilter=0,
    ),
    good("DescribeLiveStreamEventList", {"TotalNum": 0}, **SPAN, StreamName="as", IsStrict=1),
    bad("DescribeLiveStreamEventList", VALUE, StartTime=utc(-3600), EndTime=utc(3600)),
    good(
        "DescribeLiveStreamPublishedList",
        {"TotalNum": 1, "PublishInfo.0.StreamName": PAST},
        **SPAN,
        DomainName=DOMAIN,
    ),
    bad("DescribeLiveStreamPublishedList", MISSING, **SPAN),
    good("DropLiveStream", **ROOM, StreamName="never"),
    bad("DropLiveStream", VALUE, **ROOM, StreamName="a/b"),
    good("ForbidLiveStream", **ROOM, StreamName="later", ResumeTime=utc(86_400), Reason="rights"),
    bad("ForbidLiveStream", VALUE, **ROOM, StreamName="later", ResumeTime=utc(91 * 86_400)),
    good("ResumeLiveStream", **ROOM, StreamName=FORBIDDEN),
    good("DescribeLiveStreamState", {"StreamState": "inactive"}, **ROOM, StreamName=FORBIDDEN),
    bad("ResumeLiveStream", MISSING, **ROOM),
    good("AddDelayLiveStream", **ROOM, StreamName=ON_AIR, DelayTime=30, ExpireTime=utc(3600)),
    bad("AddDelayLiveStream", VALUE, **ROOM, StreamName=ON_AIR, DelayTime=601),
    good(
        "DescribeLiveDelayInfoList",
        {"DelayInfoList.0.StreamName": ON_AIR, "DelayInfoList.0.DelayInterval": 30},
    ),
    bad("DescribeLiveDelayInfoList", UNKNOWN, PageNum=1),
    good("ResumeDelayLiveStream", **ROOM, StreamName=ON_AIR),
    bad("ResumeDelayLiveStream", MISSING, **ROOM),
]

SNAPSHOTS = [
    good(
        "CreateLiveSnapshotTemplate",
        save=("TemplateId", "snapshot"),
        TemplateName="pictures",
        **COS,
        PornFlag=1,
    ),
    bad("CreateLiveSnapshotTemplate", VALUE, TemplateName="pictures", **COS, SnapshotInterval=301),
    bad(
        "CreateLiveSnapshotTemplate",
        "InvalidParameter.COSCustomFileNameError",
        TemplateName="pictures",
        **COS,
        CosFileName="{Weekday}",
    ),
    bad("ModifyLiveSnapshotTemplate", NOT_FOUND, TemplateId=999, **COS),
    bad("DeleteLiveSnapshotTemplate", "InternalError.ConfNotFound", TemplateId=999),
    good("ModifyLiveSnapshotTemplate", TemplateId="@snapshot", **COS, SnapshotInterval=20),
    bad("ModifyLiveSnapshotTemplate", MISSING, TemplateId="@snapshot"),
    good(
        "DescribeLiveSnapshotTemplate",
        {"Template.SnapshotInterval": 20, "Template.PornFlag": 1},
        TemplateId="@snapshot",
    ),
    bad("DescribeLiveSnapshotTemplate", NOT_FOUND, TemplateId=999),
    good("DescribeLiveSnapshotTemplates", {"Templates.1.TemplateName": "pictures"}),
    bad("DescribeLiveSnapshotTemplates", UNKNOWN, PageSize=10),
    good("CreateLiveSnapshotRule", **ROOM, StreamName="", TemplateId="@snapshot"),
    bad("CreateLiveSnapshotRule", EXISTS, **ROOM, StreamName="", TemplateId="@snapshot"),
    good("DescribeLiveSnapshotRules", {"Rules.0.TemplateId": "@snapshot", "Rules.0.AppName": "live"}),
    bad("DescribeLiveSnapshotRules", UNKNOWN, DomainName=DOMAIN),
    bad("DeleteLiveSnapshotTemplate", IN_USE, TemplateId="@snapshot"),
    good(
        "CreateScreenshotTask",
        save=("TaskId", "screenshots"),
        **ROOM,
        StreamName=ON_AIR,
        EndTime=seconds(3600),
        TemplateId="@snapshot",
    ),
    bad(
        "CreateScreenshotTask", WRONG, **ROOM, StreamName=ON_AIR, EndTime=seconds(-60), TemplateId="@snapshot"
    ),
    good(
        "DescribeScreenshotTask",
        {"TaskList.1.TaskId": "@screenshots", "TaskList.1.Stopped": 0},
        StartTime=seconds(-60),
        EndTime=seconds(7200),
    ),
    bad("DescribeScreenshotTask", WRONG, StartTime=seconds(0), EndTime=seconds(8 * 86_400)),
    good("StopScreenshotTask", TaskId="@screenshots"),
    bad("StopScreenshotTask", WRONG, TaskId="none"),
    good("DeleteScreenshotTask", TaskId="@screenshots"),
    bad("DeleteScreenshotTask", WRONG, TaskId="none"),
    good("DeleteLiveSnapshotRule", **ROOM, StreamName=""),
    bad("DeleteLiveSnapshotRule", NOT_FOUND, **ROOM, StreamName=""),
    good("DeleteLiveSnapshotTemplate", TemplateId="@snapshot"),
]

RECORDS = [
    good(
        "CreateLiveRecordTemplate",
        save=("TemplateId", "record"),
        TemplateName="films",
        Mp4Param={"Enable": 1, "RecordInterval": 600},
        FlvSpecialParam={"UploadInRecording": True},
    ),
    bad(
        "CreateLiveRecordTemplate", VALUE, TemplateName="films", Mp4Param={"Enable": 1, "RecordInterval": 59}
    ),
    bad(
        "CreateLiveRecordTemplate",
        "InvalidParameter.InvalidVodFileName",
        TemplateName="films",
        Mp4Param={"Enable": 1, "VodFileName": "{Weekday}"},
    ),
    good("ModifyLiveRecordTemplate", TemplateId="@record", FlvParam={"Enable": 1}),
    bad("ModifyLiveRecordTemplate", UNKNOWN, TemplateId="@record", IsDelayLive=0),
    good(
        "DescribeLiveRecordTemplate",
        {"Template.Mp4Param.RecordInterval": 600, "Template.FlvParam.Enable": 1},
        TemplateId="@record",
    ),
    bad("DescribeLiveRecordTemplate", NOT_FOUND, TemplateId=999),
    good("DescribeLiveRecordTemplates", {"Templates.1.TemplateName": "films"}, IsDelayLive=0),
    bad("DescribeLiveRecordTemplates", UNKNOWN, PageSize=10),
    good("CreateLiveRecordRule", **ROOM, StreamName=ON_AIR, TemplateId="@record"),
    bad("CreateLiveRecordRule", CONF_NOT_FOUND, DomainName=DOMAIN, TemplateId=999),
    good("DescribeLiveRecordRules", {"Rules.0.TemplateId": "@record", "Rules.0.StreamName": ON_AIR}),
    bad("DescribeLiveRecordRules", UNKNOWN, DomainName=DOMAIN),
    bad("DeleteLiveRecordTemplate", IN_USE, TemplateId="@record"),
    good(
        "CreateRecordTask",
        save=("TaskId", "recording"),
        **ROOM,
        StreamName=ON_AIR,
        EndTime=seconds(3600),
        TemplateId="@record",
    ),
    bad("CreateRecordTask", WRONG, **ROOM, StreamName=ON_AIR, EndTime=seconds(8 * 86_400)),
    *[good("CreateRecordTask", **ROOM, StreamName="busy", EndTime=seconds(3600)) for _ in range(3)],
    bad(
        "CreateRecordTask",
        "LimitExceeded.MaximumRunningTask",
        **ROOM,
        StreamName="busy",
        EndTime=seconds(3600),
    ),
    good(
        "DescribeRecordTask",
        {"TaskList.1.TaskId": "@recording", "TaskList.1.StreamName": ON_AIR},
        StartTime=seconds(-60),
        EndTime=seconds(7200),
        StreamName=ON_AIR,
    ),
    bad("DescribeRecordTask", WRONG, StartTime=seconds(0), EndTime=seconds(-1)),
    good("StopRecordTask", TaskId="@recording"),
    bad("StopRecordTask", WRONG, TaskId="none"),
    good("DeleteRecordTask", TaskId="@recording"),
    bad("DeleteRecordTask", WRONG, TaskId="none"),
    good("DeleteLiveRecordRule", **ROOM, StreamName=ON_AIR),
    bad("DeleteLiveRecordRule", NOT_FOUND, **ROOM, StreamName="other"),
    good("DeleteLiveRecordTemplate", TemplateId="@record"),
]

STEPS = [*CALLBACKS, *DOMAINS, *STREAMS, *SNAPSHOTS, *RECORDS]
