"""The official Python SDK against a real server: every action, right and wrong."""

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import pytest
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.live.v20180801 import models

from airhook.control import domains, rules, templates
from airhook.control.base import AccountLimits
from airhook.control.templates import TemplateForm
from airhook.core.accounts import ApiKey
from support.api_server import ApiServer, client
from support.cloud import GATEWAY_CODES, add_key, schema
from support.desk import TestDesk, open_desk, wait
from support.wrong_calls import BIND, DISABLED, PLAY, PUSH, THEIRS, URL, WRONG

pytestmark = pytest.mark.filterwarnings("ignore:RecordStatusNotifyUrl fileds are useless:UserWarning")
"""The SDK warns of the one field that Airhook answers beyond the documentation (contract C-12)."""


def call(sdk: Any, action: str, **fields: Any) -> Any:
    """Call an action with the SDK's own request class."""
    request = getattr(models, f"{action}Request")()
    for name, value in fields.items():
        assert hasattr(request, name), f"the SDK knows no {name}"
        setattr(request, name, value)
    return getattr(sdk, action)(request)


@contextlib.contextmanager
def refused(code: str) -> Iterator[None]:
    with pytest.raises(TencentCloudSDKException) as caught:
        yield
    assert caught.value.get_code() == code
    assert caught.value.get_request_id()


@pytest.fixture
def key(desk: TestDesk) -> ApiKey:
    return add_key(desk)


@pytest.fixture
def sdk(server: ApiServer, key: ApiKey) -> Any:
    return client(key, server.port)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory, no_proxy: None) -> Iterator[tuple[ApiServer, ApiKey]]:
    """A server for tests that leave it as they found it."""
    with open_desk(tmp_path_factory.mktemp("ground")) as desk:
        desk.clock.ms = int(time.time() * 1000)
        with ApiServer(desk) as server:
            yield server, add_key(desk)


@pytest.mark.parametrize(
    "endpoint",
    [
        pytest.param("127.0.0.1:{port}", id="address-and-port"),
        pytest.param("http://127.0.0.1:{port}", id="with-scheme"),
        pytest.param("localhost:{port}", id="name"),
        pytest.param("127.0.0.1:{port}/api", id="with-path"),
    ],
)
@pytest.mark.parametrize("sign_method", ["TC3-HMAC-SHA256", "HmacSHA1", "HmacSHA256"])
@pytest.mark.parametrize("http_method", ["POST", "GET"])
def test_endpoints_and_signatures(
    ground: tuple[ApiServer, ApiKey], endpoint: str, sign_method: str, http_method: str
) -> None:
    server, key = ground
    before = len(server.exchanges)
    sdk = client(key, server.port, endpoint=endpoint, sign_method=sign_method, http_method=http_method)
    made = call(
        sdk,
        "CreateLiveCallbackTemplate",
        TemplateName="直播_1",
        StreamBeginNotifyUrl=f"{URL}?a=b&c=d+e%20f",
        RecordExceptionLevels=["error", "alarm"],
    )
    found = call(sdk, "DescribeLiveCallbackTemplate", TemplateId=made.TemplateId).Template
    assert (found.TemplateName, found.StreamBeginNotifyUrl) == ("直播_1", f"{URL}?a=b&c=d+e%20f")
    assert found.RecordExceptionLevels == ["error", "warning"]
    with refused("FailedOperation.NotFound"):
        call(sdk, "DeleteLiveCallbackTemplate", TemplateId=made.TemplateId + 1)
    call(sdk, "DeleteLiveCallbackTemplate", TemplateId=made.TemplateId)
    assert [(one.status, one.answer_headers["content-type"]) for one in server.exchanges[before:]] == [
        (200, "application/json")
    ] * 4


def test_an_unsigned_payload(ground: tuple[ApiServer, ApiKey]) -> None:
    server, key = ground
    sdk = client(key, server.port, unsignedPayload=True)
    assert call(sdk, "DescribeLiveDomains", PageSize=20).AllCount == 0


def test_no_signature_at_all(ground: tuple[ApiServer, ApiKey]) -> None:
    sdk = client(ground[1], ground[0].port)
    with refused("AuthFailure.InvalidAuthorization"):
        sdk.call_json("DescribeLiveDomains", {}, options={"SkipSign": True})


@pytest.mark.parametrize("sign_method", ["TC3-HMAC-SHA256", "HmacSHA1"])
def test_a_wrong_key_is_told_in_the_sdks_language(ground: tuple[ApiServer, ApiKey], sign_method: str) -> None:
    server, key = ground
    wrong = ApiKey(secret_id=key.secret_id, secret_key="guess", account_id=1, enabled=True, created_ms=0)
    for language, message in (
        ("zh-CN", "请求签名验证失败，请检查您的签名计算是否正确。"),
        ("en-US", "The provided credentials could not be validated. Please check your signature is correct."),
    ):
        sdk = client(wrong, server.port, sign_method=sign_method, language=language)
        with pytest.raises(TencentCloudSDKException) as caught:
            call(sdk, "DescribeLiveDomains")
        assert caught.value.get_code() == "AuthFailure.SignatureFailure"
        assert caught.value.get_message() == message


EVENT_OF = {
    "StreamBeginNotifyUrl": 1,
    "StreamEndNotifyUrl": 0,
    "RecordNotifyUrl": 100,
    "SnapshotNotifyUrl": 200,
    "PornCensorshipNotifyUrl": 317,
    "PushExceptionNotifyUrl": 321,
    "AudioAuditNotifyUrl": 315,
    "RecordExceptionNotifyUrl": 341,
}


def test_a_template_from_its_making_to_its_end(sdk: Any, desk: TestDesk) -> None:
    urls = {name: f"{URL}/{name}" for name in EVENT_OF}
    made = call(
        sdk,
        "CreateLiveCallbackTemplate",
        TemplateName="hooks",
        Description="all",
        CallbackKey="Key1",
        RecordStatusNotifyUrl=f"{URL}/status",
        StreamMixNotifyUrl=f"{URL}/mix",
        **urls,
    )
    assert desk.config.current.templates[made.TemplateId].urls == {
        **{event: urls[name] for name, event in EVENT_OF.items()},
        332: f"{URL}/status",
    }
    found = call(sdk, "DescribeLiveCallbackTemplate", TemplateId=made.TemplateId).Template
    assert {name: getattr(found, name) for name in urls} == urls
    assert (found.TemplateName, found.Description, found.CallbackKey) == ("hooks", "all", "Key1")
    assert (found.StreamMixNotifyUrl, found.RecordExceptionLevels) == ("", ["error"])

    call(
        sdk,
        "ModifyLiveCallbackTemplate",
        TemplateId=made.TemplateId,
        StreamEndNotifyUrl="",
        Description="new",
    )
    (found,) = call(sdk, "DescribeLiveCallbackTemplates").Templates
    assert (found.StreamEndNotifyUrl, found.Description) == ("", "new")
    assert (found.StreamBeginNotifyUrl, found.CallbackKey) == (urls["StreamBeginNotifyUrl"], "Key1")

    call(sdk, "DeleteLiveCallbackTemplate", TemplateId=made.TemplateId)
    assert call(sdk, "DescribeLiveCallbackTemplates").Templates == []
    with refused("FailedOperation.NotFound"):
        call(sdk, "DescribeLiveCallbackTemplate", TemplateId=made.TemplateId)


def test_the_url_that_the_sdk_has_no_field_for_can_be_read(sdk: Any) -> None:
    made = call(
        sdk, "CreateLiveCallbackTemplate", TemplateName="hooks", RecordStatusNotifyUrl=f"{URL}/status"
    )
    answer = sdk.call_json("DescribeLiveCallbackTemplate", {"TemplateId": str(made.TemplateId)})
    assert answer["Response"]["Template"]["RecordStatusNotifyUrl"] == f"{URL}/status"


def test_a_rule_from_its_making_to_its_end(sdk: Any, desk: TestDesk) -> None:
    call(sdk, "AddLiveDomain", DomainName=PUSH, DomainType=0)
    made = call(sdk, "CreateLiveCallbackTemplate", TemplateName="hooks", StreamBeginNotifyUrl=URL)
    for app in ("live", ""):
        call(sdk, "CreateLiveCallbackRule", DomainName=PUSH, AppName=app, TemplateId=made.TemplateId)
    found = call(sdk, "DescribeLiveCallbackRules").Rules
    assert [(rule.DomainName, rule.AppName, rule.TemplateId) for rule in found] == [
        (PUSH, "", made.TemplateId),
        (PUSH, "live", made.TemplateId),
    ]
    beijing = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(desk.clock.ms // 1000 + 8 * 3600))
    assert {(rule.CreateTime, rule.UpdateTime) for rule in found} == {(beijing, beijing)}

    with refused("FailedOperation.ConfInUsed"):
        call(sdk, "DeleteLiveCallbackTemplate", TemplateId=made.TemplateId)
    with refused("FailedOperation.NotFound"):
        call(sdk, "DeleteLiveCallbackRule", DomainName=PUSH, AppName="liv")
    call(sdk, "DeleteLiveCallbackRule", DomainName=PUSH, AppName="")
    assert [rule.AppName for rule in call(sdk, "DescribeLiveCallbackRules").Rules] == ["live"]
    call(sdk, "DeleteLiveCallbackRule", DomainName=PUSH, AppName="live")
    call(sdk, "DeleteLiveCallbackTemplate", TemplateId=made.TemplateId)
    call(sdk, "DeleteLiveDomain", DomainName=PUSH, DomainType=0)


def test_a_domain_from_its_adding_to_its_end(sdk: Any) -> None:
    call(sdk, "AddLiveDomain", DomainName="Push.Example.com", DomainType=0)
    found = call(sdk, "DescribeLiveDomain", DomainName=PUSH).DomainInfo
    assert (found.Name, found.Type, found.Status, found.RentExpireTime) == (PUSH, 0, 1, "0000-00-00 00:00:00")
    call(sdk, "ForbidLiveDomain", DomainName=PUSH)
    assert call(sdk, "DescribeLiveDomain", DomainName=PUSH).DomainInfo.Status == 0
    call(sdk, "EnableLiveDomain", DomainName=PUSH)
    assert call(sdk, "DescribeLiveDomain", DomainName=PUSH).DomainInfo.Status == 1
    call(sdk, "DeleteLiveDomain", DomainName=PUSH, DomainType=0)
    with refused("ResourceNotFound.DomainNotExist"):
        call(sdk, "DescribeLiveDomain", DomainName=PUSH)


def test_domains_are_listed_by_page_and_filter(sdk: Any) -> None:
    for number in range(12):
        call(sdk, "AddLiveDomain", DomainName=f"push{number:02}.example.com", DomainType=0)
    for area in (1, 2, 2):
        name = f"play{area}-{time.monotonic_ns()}.example.com"
        call(sdk, "AddLiveDomain", DomainName=name, DomainType=1, PlayType=area)
    call(sdk, "ForbidLiveDomain", DomainName="push03.example.com")

    def count(**fields: Any) -> tuple[int, int]:
        answer = call(sdk, "DescribeLiveDomains", **fields)
        return answer.AllCount, len(answer.DomainList)

    assert count() == (15, 10)
    assert count(PageNum=2) == (15, 5)
    assert count(PageNum=3) == (15, 0)
    assert count(PageSize=100) == (15, 15)
    assert count(DomainType=0) == (12, 10)
    assert count(DomainType=1, PlayType=2) == (2, 2)
    assert count(PlayType=2) == (15, 10)  # it counts with DomainType 1 only
    assert count(DomainStatus=0) == (1, 1)
    assert count(DomainPrefix="PUSH1") == (2, 2)
    assert count(IsDelayLive=1) == (0, 0)
    answer = call(sdk, "DescribeLiveDomains")
    assert (answer.CreateLimitCount, answer.PlayTypeCount) == (85, [1, 2, 0])


def test_push_keys(sdk: Any) -> None:
    call(sdk, "AddLiveDomain", DomainName=PUSH, DomainType=0)
    first = call(sdk, "DescribeLivePushAuthKey", DomainName=PUSH).PushAuthKeyInfo
    assert (first.DomainName, first.Enable, first.BackupAuthKey, first.AuthDelta) == (PUSH, 1, "", 0)
    assert len(first.MasterAuthKey) == 32
    call(sdk, "ModifyLivePushAuthKey", DomainName=PUSH, BackupAuthKey="Spare1", AuthDelta=60)
    second = call(sdk, "DescribeLivePushAuthKey", DomainName=PUSH).PushAuthKeyInfo
    assert (second.MasterAuthKey, second.BackupAuthKey) == (first.MasterAuthKey, "Spare1")
    assert (second.Enable, second.AuthDelta) == (1, 60)
    call(sdk, "ModifyLivePushAuthKey", DomainName=PUSH, Enable=0, MasterAuthKey="", BackupAuthKey="")
    third = call(sdk, "DescribeLivePushAuthKey", DomainName=PUSH).PushAuthKeyInfo
    assert (third.Enable, third.MasterAuthKey, third.BackupAuthKey) == (0, "", "")


# --- wrong calls -------------------------------------------------------------------------------------------------

Place = tuple[Any, dict[str, int], ApiServer]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, no_proxy: None) -> Iterator[Place]:
    """An account at its limits with one of each thing, and another account. No wrong call changes any of it."""
    limits = AccountLimits(templates=2, domains=3)
    with open_desk(tmp_path_factory.mktemp("place"), limits=limits) as desk:
        desk.clock.ms = int(time.time() * 1000)
        desk.judge.refused["http://169.254.169.254/"] = "169.254.169.254 may not be called"
        mine, theirs = add_key(desk, 1), add_key(desk, 2)
        for name, kind in ((PUSH, 0), (PLAY, 1), (DISABLED, 0)):
            wait(domains.add(desk, mine.account_id, name, domain_type=kind))
        wait(domains.add(desk, theirs.account_id, THEIRS))
        form = TemplateForm(name="hooks", urls={1: URL})
        ids = {
            "bound": wait(templates.create(desk, mine.account_id, form)).id,
            "free": wait(templates.create(desk, mine.account_id, form)).id,
            "theirs": wait(templates.create(desk, theirs.account_id, form)).id,
        }
        wait(rules.bind(desk, mine.account_id, PUSH, "live", ids["bound"]))
        wait(rules.bind(desk, theirs.account_id, THEIRS, "live", ids["theirs"]))
        with ApiServer(desk) as server:
            yield client(mine, server.port), ids, server


BEYOND_THE_LIST = {(BIND, "FailedOperation.RuleAlreadyExist")}
"""What Airhook answers though the documentation lists it for the sibling actions only (contract C-06)."""


@pytest.mark.parametrize(
    ("action", "parameters", "code"), [pytest.param(*row[:3], id=f"{row[0]}-{row[3]}") for row in WRONG]
)
def test_wrong_calls(place: Place, action: str, parameters: dict[str, Any], code: str) -> None:
    sdk, ids, _ = place
    given = {
        name: ids[value[1:]] if isinstance(value, str) and value.startswith("@") else value
        for name, value in parameters.items()
    }
    with refused(code):
        sdk.call_json(action, given)
    assert (
        code in GATEWAY_CODES | set(schema()["actions"][action]["errors"])
        or (action, code) in BEYOND_THE_LIST
    )


def test_wrong_calls_change_nothing(place: Place) -> None:
    sdk, ids, _ = place
    for action, parameters, code, _ in WRONG:
        given = {
            name: ids[value[1:]] if isinstance(value, str) and value.startswith("@") else value
            for name, value in parameters.items()
        }
        with refused(code):
            sdk.call_json(action, given)
    assert [t.TemplateName for t in call(sdk, "DescribeLiveCallbackTemplates").Templates] == [
        "hooks",
        "hooks",
    ]
    assert [r.AppName for r in call(sdk, "DescribeLiveCallbackRules").Rules] == ["live"]
    listed = call(sdk, "DescribeLiveDomains").DomainList
    assert {(domain.Name, domain.Status) for domain in listed} == {(PUSH, 1), (PLAY, 1), (DISABLED, 1)}


def test_actions_of_others_products(place: Place) -> None:
    sdk, _, _ = place
    with refused("InvalidAction"):
        sdk.call_json("DescribeInstances", {})
    with refused("UnsupportedOperation"):
        sdk.call_json("CreateLiveTranscodeTemplate", {})
