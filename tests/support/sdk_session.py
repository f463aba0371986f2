"""A session of the official SDK, the same for every kind of signature: what it sends and what comes back.

What differs from run to run (ids, times, signatures, ports, generated keys) is replaced by its name in angle
brackets.
"""

import contextlib
import json
import re
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.live.v20180801 import models

from support.api_server import ApiServer, Exchange, client
from support.cloud import add_key
from support.desk import open_desk

KINDS = {
    "tc3_post": ("TC3-HMAC-SHA256", "POST"),
    "tc3_get": ("TC3-HMAC-SHA256", "GET"),
    "v1_post": ("HmacSHA1", "POST"),
    "v1_get": ("HmacSHA256", "GET"),
}
FOLDER = Path(__file__).parent.parent / "wire" / "cloudapi" / "sessions"

_URL = "https://hooks.example.com/css?a=b&c=d e"
_DOMAIN = "push.example.com"
_ROOM = {"DomainName": _DOMAIN, "AppName": "live", "StreamName": "room1001"}
_SPAN = {"StartTime": "<an hour ago>", "EndTime": "<now>"}
_STEPS: list[tuple[str, dict[str, Any]]] = [
    ("AddLiveDomain", {"DomainName": _DOMAIN, "DomainType": 0}),
    ("AddLiveDomain", {"DomainName": _DOMAIN, "DomainType": 0}),
    (
        "CreateLiveCallbackTemplate",
        {
            "TemplateName": "直播_1",
            "Description": "",
            "StreamBeginNotifyUrl": _URL.replace(" ", "%20"),
            "StreamEndNotifyUrl": "https://hooks.example.com/测试?x=1+2",
            "RecordStatusNotifyUrl": "https://hooks.example.com/status",
            "CallbackKey": "Kx7Pq2Lm9TzR4vBnW8",
            "RecordExceptionLevels": ["error", "warning"],
        },
    ),
    ("CreateLiveCallbackTemplate", {"TemplateName": "no url"}),
    ("DescribeLiveCallbackTemplate", {"TemplateId": 1001}),
    ("ModifyLiveCallbackTemplate", {"TemplateId": 1001, "StreamEndNotifyUrl": "", "Description": "new"}),
    ("DescribeLiveCallbackTemplates", {}),
    ("CreateLiveCallbackRule", {"DomainName": _DOMAIN, "AppName": "live", "TemplateId": 1001}),
    ("CreateLiveCallbackRule", {"DomainName": _DOMAIN, "AppName": "live", "TemplateId": 1001}),
    ("CreateLiveCallbackRule", {"DomainName": _DOMAIN, "AppName": "", "TemplateId": 1001}),
    ("DescribeLiveCallbackRules", {}),
    ("DeleteLiveCallbackTemplate", {"TemplateId": 1001}),
    ("DeleteLiveCallbackRule", {"DomainName": _DOMAIN, "AppName": "live"}),
    ("DeleteLiveCallbackRule", {"DomainName": _DOMAIN, "AppName": ""}),
    ("DeleteLiveCallbackTemplate", {"TemplateId": 1001}),
    ("DescribeLiveCallbackTemplate", {"TemplateId": 1001}),
    ("DescribeLivePushAuthKey", {"DomainName": _DOMAIN}),
    ("ModifyLivePushAuthKey", {"DomainName": _DOMAIN, "BackupAuthKey": "Spare1", "AuthDelta": 60}),
    ("DescribeLiveStreamOnlineList", {"DomainName": _DOMAIN}),
    ("DescribeLiveStreamPushInfoList", {}),
    ("DescribeLiveStreamState", _ROOM),
    ("DropLiveStream", _ROOM),
    ("ForbidLiveStream", {**_ROOM, "Reason": "侵权"}),
    ("DescribeLiveStreamState", _ROOM),
    ("ResumeLiveStream", _ROOM),
    ("DescribeLiveStreamState", {**_ROOM, "DomainName": "none.example.com"}),
    ("DescribeLiveStreamEventList", {**_SPAN, "IsStrict": 1, "StreamName": "room1001"}),
    ("DescribeLiveStreamPublishedList", {**_SPAN, "DomainName": _DOMAIN}),
    (
        "DescribeCallbackRecordsList",
        {**_SPAN, "StreamName": "room1001", "PageNum": 1, "PageSize": 10, "EventType": 1, "ResultCode": 0},
    ),
    (
        "CreateLiveRecordTemplate",
        {
            "TemplateName": "films",
            "Mp4Param": {"Enable": 1, "RecordInterval": 600},
            "RemoveWatermark": True,
            "FlvSpecialParam": {"UploadInRecording": False},
        },
    ),
    ("DescribeLiveRecordTemplates", {}),
    ("CreateLiveRecordRule", {**_ROOM, "TemplateId": 1002}),
    ("DescribeLiveRecordRules", {}),
    ("DeleteLiveRecordTemplate", {"TemplateId": 1002}),
    ("DeleteLiveRecordRule", _ROOM),
    ("DeleteLiveRecordTemplate", {"TemplateId": 1002}),
    ("AddDelayLiveStream", {**_ROOM, "DelayTime": 30}),
    ("DescribeLiveDelayInfoList", {}),
    ("ResumeDelayLiveStream", _ROOM),
    ("ForbidLiveDomain", {"DomainName": _DOMAIN}),
    ("DescribeLiveDomain", {"DomainName": _DOMAIN}),
    ("DescribeLiveDomains", {"DomainStatus": 0, "PageSize": 10}),
    ("EnableLiveDomain", {"DomainName": _DOMAIN}),
    ("DeleteLiveDomain", {"DomainName": _DOMAIN, "DomainType": 0}),
    ("DescribeLiveDomain", {"DomainName": _DOMAIN}),
    ("CreateLiveTranscodeTemplate", {"TemplateName": "x", "VideoBitrate": 500}),
]

_KEPT_HEADERS = ("content-type", "host", "x-tc-action", "x-tc-version", "x-tc-language", "authorization")
_NAMED = (
    (re.compile(r"127\.0\.0\.1(:|%3A)\d+"), r"127.0.0.1\1<port>"),
    (re.compile(r"AKID[A-Za-z0-9]+"), "<secret id>"),
    (re.compile(r"[0-9a-f]{64}"), "<signature>"),
    (re.compile(r"(?<=<secret id>/)\d{4}-\d\d-\d\d"), "<date>"),
    (re.compile(r"(?<=[&?]Signature=)[^&]+"), "<signature>"),
    (re.compile(r"(?<=Nonce=)\d+"), "<nonce>"),
    (re.compile(r"(?<=Timestamp=)\d+"), "<seconds>"),
    (re.compile(r"SDK_PYTHON_[0-9.]+"), "<sdk>"),
    (re.compile(r'(?<="RequestId":")[0-9a-f-]{36}'), "<request id>"),
    (re.compile(r'(?<=Time":")2\d{3}-\d\d-\d\d \d\d:\d\d:\d\d'), "<beijing time>"),
    (re.compile(r"2\d{3}-\d\d-\d\dT\d\d(:|%3A)\d\d(:|%3A)\d\dZ"), "<utc>"),
    (re.compile(r'(?<="MasterAuthKey":")[A-Za-z0-9]{32}'), "<key>"),
)


def play(kind: str) -> list[dict[str, Any]]:
    """Run the session on a fresh server; its exchanges, with names for what differs."""
    sign_method, http_method = KINDS[kind]
    with tempfile.TemporaryDirectory() as folder, open_desk(Path(folder)) as desk, ApiServer(desk) as server:
        desk.clock.ms = int(time.time() * 1000)
        sdk = client(add_key(desk), server.port, sign_method=sign_method, http_method=http_method)
        for action, fields in _STEPS:
            _call(getattr(sdk, action), getattr(models, f"{action}Request")(), fields)
        return [_shown(exchange) for exchange in server.exchanges]


def _call(method: Callable[[Any], Any], request: Any, fields: dict[str, Any]) -> None:
    request.from_json_string(json.dumps({name: _time(value) for name, value in fields.items()}))
    with warnings.catch_warnings(), contextlib.suppress(TencentCloudSDKException):
        warnings.simplefilter("ignore")  # of fields that the SDK does not know
        method(request)


def _time(value: Any) -> Any:
    """What a field stands for; the service looks back no further than some weeks."""
    ago_s = {"<now>": 0, "<an hour ago>": 3600}.get(value) if isinstance(value, str) else None
    return value if ago_s is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - ago_s))


def _shown(exchange: Exchange) -> dict[str, Any]:
    return {
        "request": {
            "line": _named(f"{exchange.method} {exchange.target}"),
            "headers": {
                name: _named(exchange.headers[name]) for name in _KEPT_HEADERS if name in exchange.headers
            },
            "body": _named(exchange.body.decode()),
        },
        "answer": {
            "status": exchange.status,
            "content-type": exchange.answer_headers["content-type"],
            "body": _named(exchange.answer.decode()),
        },
    }


def _named(text: str) -> str:
    for pattern, name in _NAMED:
        text = pattern.sub(name, text)
    return text


def file_of(kind: str) -> Path:
    return FOLDER / f"{kind}.json"


def write(kind: str) -> None:
    """Record the session anew."""
    text = json.dumps(play(kind), ensure_ascii=False, indent=1)
    file_of(kind).write_text(text + "\n")
