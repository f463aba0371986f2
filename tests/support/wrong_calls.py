"""Wrong calls of the actions about callbacks and domains: what is wrong, and the code that says so.

They are asked of an account at its limits (``test_sdk``). ``@name`` stands for the id of a template.
"""

from typing import Any

URL = "https://hooks.example.com/css"
PUSH, PLAY, DISABLED, THEIRS = "push.example.com", "play.example.com", "off.example.com", "theirs.example.com"

GOOD = {"TemplateName": "t", "StreamBeginNotifyUrl": URL}
CREATE, MODIFY = "CreateLiveCallbackTemplate", "ModifyLiveCallbackTemplate"
BIND, UNBIND = "CreateLiveCallbackRule", "DeleteLiveCallbackRule"
ADD, LIST, REMOVE = "AddLiveDomain", "DescribeLiveDomains", "DeleteLiveDomain"
KEYS, SET_KEYS = "DescribeLivePushAuthKey", "ModifyLivePushAuthKey"
MATCH, VALUE = "InvalidParameter.ArgsNotMatch", "InvalidParameterValue"
FORMAT = "InvalidParameter.DomainFormatError"
NO_PUSH = "ResourceNotFound.PushDomainNoRecord"

WRONG: list[tuple[str, dict[str, Any], str, str]] = [
    (CREATE, {"StreamBeginNotifyUrl": URL}, "MissingParameter", "no-name"),
    (CREATE, {**GOOD, "TemplateName": ""}, MATCH, "empty-name"),
    (CREATE, {**GOOD, "TemplateName": "a" * 256}, MATCH, "name-of-256-bytes"),
    (CREATE, {**GOOD, "TemplateName": "a b"}, MATCH, "space-in-name"),
    (CREATE, {**GOOD, "TemplateName": 5}, "InvalidParameter", "number-for-name"),
    (CREATE, {**GOOD, "Description": "a" * 1025}, VALUE, "description-of-1025-bytes"),
    (CREATE, {**GOOD, "CallbackKey": "a-b"}, VALUE, "hyphen-in-key"),
    (CREATE, {**GOOD, "CallbackKey": "a" * 33}, VALUE, "key-of-33-characters"),
    (CREATE, {**GOOD, "RecordExceptionLevels": ["fatal"]}, VALUE, "unknown-level"),
    (CREATE, {**GOOD, "RecordExceptionLevels": "error"}, "InvalidParameter", "text-for-levels"),
    (CREATE, {"TemplateName": "t"}, "InvalidParameter", "no-url"),
    (CREATE, {"TemplateName": "t", "StreamMixNotifyUrl": URL}, "InvalidParameter", "only-the-dead-url"),
    (CREATE, {**GOOD, "RecordNotifyUrl": "ftp://a.example.com/"}, VALUE, "ftp"),
    (CREATE, {**GOOD, "RecordNotifyUrl": "http://a.example.com/" + "x" * 1010}, VALUE, "url-of-1031-bytes"),
    (CREATE, {**GOOD, "RecordNotifyUrl": "http://169.254.169.254/"}, "InvalidParameter.UrlNotSafe", "unsafe"),
    (CREATE, GOOD, "InternalError.ConfOutLimit", "one-more-than-the-limit"),
    (CREATE, {**GOOD, "QualityControlNotifyUrl": URL}, "UnknownParameter", "url-of-the-console-only"),
    (MODIFY, {"TemplateName": "t"}, "MissingParameter", "no-id"),
    (MODIFY, {"TemplateId": "@bound", "TemplateName": ""}, MATCH, "empty-name"),
    (MODIFY, {"TemplateId": "@bound", "StreamBeginNotifyUrl": ""}, "InvalidParameter", "last-url-cleared"),
    (MODIFY, {"TemplateId": "@bound", "StreamBeginNotifyUrl": "http://[::1"}, VALUE, "half-an-address"),
    (
        MODIFY,
        {"TemplateId": "@bound", "SnapshotNotifyUrl": "http://169.254.169.254/"},
        "InvalidParameter.UrlNotSafe",
        "unsafe",
    ),
    (MODIFY, {"TemplateId": "@bound", "StreamMixNotifyUrl": URL}, "UnknownParameter", "dead-url"),
    (MODIFY, {"TemplateId": 999, "TemplateName": "t"}, "FailedOperation.NotFound", "unknown"),
    (MODIFY, {"TemplateId": "@theirs", "TemplateName": "t"}, "FailedOperation.NotFound", "another-accounts"),
    ("DescribeLiveCallbackTemplate", {}, "MissingParameter", "no-id"),
    ("DescribeLiveCallbackTemplate", {"TemplateId": "one"}, "InvalidParameter", "no-number"),
    ("DescribeLiveCallbackTemplate", {"TemplateId": 2**63}, "InvalidParameter", "beyond-int64"),
    ("DescribeLiveCallbackTemplate", {"TemplateId": -1}, "FailedOperation.NotFound", "negative"),
    (
        "DescribeLiveCallbackTemplate",
        {"TemplateId": "@theirs"},
        "FailedOperation.NotFound",
        "another-accounts",
    ),
    ("DescribeLiveCallbackTemplates", {"PageSize": 1}, "UnknownParameter", "it-has-no-pages"),
    ("DeleteLiveCallbackTemplate", {}, "MissingParameter", "no-id"),
    ("DeleteLiveCallbackTemplate", {"TemplateId": "@bound"}, "FailedOperation.ConfInUsed", "bound"),
    ("DeleteLiveCallbackTemplate", {"TemplateId": 999}, "FailedOperation.NotFound", "unknown"),
    ("DeleteLiveCallbackTemplate", {"TemplateId": "@theirs"}, "FailedOperation.NotFound", "another-accounts"),
    (BIND, {"DomainName": PUSH, "TemplateId": "@free"}, "MissingParameter", "no-app"),
    (
        BIND,
        {"DomainName": PUSH, "AppName": "live", "StreamName": "a", "TemplateId": "@free"},
        "UnknownParameter",
        "stream",
    ),
    (
        BIND,
        {"DomainName": PUSH, "AppName": "live", "TemplateId": "@free"},
        "FailedOperation.RuleAlreadyExist",
        "there-already",
    ),
    (
        BIND,
        {"DomainName": PUSH, "AppName": "vod", "TemplateId": 999},
        "InvalidParameter.ConfNotFound",
        "template",
    ),
    (
        BIND,
        {"DomainName": PUSH, "AppName": "vod", "TemplateId": "@theirs"},
        "InvalidParameter.ConfNotFound",
        "another-accounts-template",
    ),
    (
        BIND,
        {"DomainName": "x.example.com", "AppName": "live", "TemplateId": "@free"},
        VALUE,
        "unknown-domain",
    ),
    (
        BIND,
        {"DomainName": THEIRS, "AppName": "live", "TemplateId": "@free"},
        VALUE,
        "another-accounts-domain",
    ),
    (BIND, {"DomainName": PLAY, "AppName": "live", "TemplateId": "@free"}, VALUE, "playback-domain"),
    (BIND, {"DomainName": PUSH, "AppName": "a/b", "TemplateId": "@free"}, VALUE, "bad-app"),
    (UNBIND, {"DomainName": PUSH}, "MissingParameter", "no-app"),
    (UNBIND, {"DomainName": PUSH, "AppName": ""}, "FailedOperation.NotFound", "another-app"),
    (UNBIND, {"DomainName": THEIRS, "AppName": "live"}, "FailedOperation.NotFound", "another-accounts"),
    ("DescribeLiveCallbackRules", {"DomainName": PUSH}, "UnknownParameter", "it-has-no-filter"),
    (ADD, {"DomainName": "a.example.com"}, "MissingParameter", "no-type"),
    (ADD, {"DomainName": "a_b.example.com", "DomainType": 0}, FORMAT, "malformed"),
    (ADD, {"DomainName": "例え.example.com", "DomainType": 0}, FORMAT, "not-ascii"),
    (ADD, {"DomainName": "a." * 126 + "ab", "DomainType": 0}, "InvalidParameter.DomainTooLong", "too-long"),
    (ADD, {"DomainName": "a.example.com", "DomainType": 2}, "InvalidParameter", "unknown-type"),
    (
        ADD,
        {"DomainName": "a.example.com", "DomainType": 0, "PlayType": 4},
        "InvalidParameter",
        "unknown-area",
    ),
    (
        ADD,
        {"DomainName": "a.example.com", "DomainType": 0, "VerifyOwnerType": "none"},
        "InvalidParameter",
        "unknown-owner-check",
    ),
    (
        ADD,
        {"DomainName": "a.example.com", "DomainType": 0, "IsDelayLive": 1},
        "UnsupportedOperation",
        "slow-live",
    ),
    (ADD, {"DomainName": PUSH.upper(), "DomainType": 0}, "FailedOperation.DomainAdded", "there-already"),
    (ADD, {"DomainName": THEIRS, "DomainType": 0}, "FailedOperation.DomainAdded", "at-another-account"),
    (ADD, {"DomainName": "a.example.com", "DomainType": 0}, "FailedOperation.HostOutLimit", "over-the-limit"),
    ("DescribeLiveDomain", {}, "MissingParameter", "no-name"),
    ("DescribeLiveDomain", {"DomainName": "a b"}, VALUE, "malformed"),
    ("DescribeLiveDomain", {"DomainName": THEIRS}, "ResourceNotFound.DomainNotExist", "another-accounts"),
    (LIST, {"PageSize": 9}, VALUE, "page-too-small"),
    (LIST, {"PageSize": 101}, VALUE, "page-too-large"),
    (LIST, {"PageNum": 0}, VALUE, "page-0"),
    (LIST, {"PageNum": 100_001}, VALUE, "page-100001"),
    (LIST, {"PageSize": -1}, "InvalidParameter", "negative"),
    ("EnableLiveDomain", {"DomainName": "x.example.com"}, "ResourceNotFound", "unknown"),
    ("EnableLiveDomain", {"DomainName": THEIRS}, "ResourceNotFound", "another-accounts"),
    ("EnableLiveDomain", {"DomainName": "a b"}, FORMAT, "malformed"),
    ("ForbidLiveDomain", {"DomainName": THEIRS}, "ResourceNotFound", "another-accounts"),
    ("ForbidLiveDomain", {"DomainName": "a b"}, VALUE, "malformed"),
    (REMOVE, {"DomainName": PUSH}, "MissingParameter", "no-type"),
    (REMOVE, {"DomainName": PUSH, "DomainType": 0}, "FailedOperation", "bound"),
    (REMOVE, {"DomainName": DISABLED, "DomainType": 1}, "ResourceNotFound.DomainNotExist", "of-another-type"),
    (REMOVE, {"DomainName": THEIRS, "DomainType": 0}, "ResourceNotFound.DomainNotExist", "another-accounts"),
    (REMOVE, {"DomainName": "a b", "DomainType": 0}, FORMAT, "malformed"),
    (KEYS, {"DomainName": "x.example.com"}, NO_PUSH, "unknown"),
    (KEYS, {"DomainName": PLAY}, NO_PUSH, "playback-domain"),
    (KEYS, {"DomainName": THEIRS}, NO_PUSH, "another-accounts"),
    (KEYS, {"DomainName": "a b"}, VALUE, "malformed"),
    (SET_KEYS, {"DomainName": PUSH, "Enable": 2}, VALUE, "neither-on-nor-off"),
    (SET_KEYS, {"DomainName": PUSH, "MasterAuthKey": "a-b"}, VALUE, "hyphen-in-key"),
    (SET_KEYS, {"DomainName": PUSH, "MasterAuthKey": ""}, VALUE, "on-without-a-key"),
    (SET_KEYS, {"DomainName": PUSH, "BackupAuthKey": "a b"}, VALUE, "space-in-backup"),
    (SET_KEYS, {"DomainName": PUSH, "AuthDelta": 10**9}, VALUE, "delta-too-long"),
    (SET_KEYS, {"DomainName": PLAY, "Enable": 0}, NO_PUSH, "playback-domain"),
    (SET_KEYS, {"DomainName": THEIRS, "Enable": 0}, NO_PUSH, "another-accounts"),
]
