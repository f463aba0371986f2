"""The real ``tccli`` against a running server: right and wrong calls, as a person types them (contract 4.5).

Each start of it takes about a second, so that there are few; the codes are the SDK's business.
"""

import json
import time
from collections.abc import Iterator

import pytest

from support.tccli import Tccli
from support.two_accounts import DOMAIN, OWNER, TwoAccounts, two_accounts

API_ERROR, USAGE_ERROR = 255, 252


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, no_proxy: None) -> Iterator[TwoAccounts]:
    with two_accounts(tmp_path_factory.mktemp("tccli"), now_ms=int(time.time() * 1000)) as site:
        yield site


@pytest.fixture(scope="module")
def tccli(site: TwoAccounts, tmp_path_factory: pytest.TempPathFactory) -> Tccli:
    key = site.keys[OWNER]
    home = tmp_path_factory.mktemp("home")
    return Tccli(home, f"http://{site.address}", key.secret_id, key.secret_key)


def test_a_template_with_a_list(tccli: Tccli, site: TwoAccounts) -> None:
    made = tccli.live(
        "CreateLiveCallbackTemplate",
        *("--TemplateName", "直播"),
        *("--StreamBeginNotifyUrl", "https://hooks.example.com/?a=1&b=2"),
        *("--RecordExceptionLevels", '["error", "info"]'),
    )
    assert (made.status, made.error) == (0, "")
    template = site.desk.config.current.templates[json.loads(made.output)["TemplateId"]]
    assert (template.name, template.record_exception_levels) == ("直播", ["error", "info"])
    assert template.urls == {1: "https://hooks.example.com/?a=1&b=2"}


def test_a_template_with_an_object(tccli: Tccli) -> None:
    made = tccli.live(
        "CreateLiveRecordTemplate",
        "--TemplateName",
        "films",
        "--Mp4Param",
        '{"Enable": 1, "RecordInterval": 600}',
    )
    assert (made.status, made.error) == (0, "")
    asked = tccli.live(
        "DescribeLiveRecordTemplate", "--TemplateId", str(json.loads(made.output)["TemplateId"])
    )
    assert json.loads(asked.output)["Template"]["Mp4Param"]["RecordInterval"] == 600


def test_an_answer_without_fields(tccli: Tccli) -> None:
    names = ("--DomainName", DOMAIN, "--AppName", "live", "--StreamName", "room1001")
    done = tccli.live("ForbidLiveStream", *names, "--Reason", "rights")
    assert done.status == 0
    assert list(json.loads(done.output)) == ["RequestId"]


def test_an_error_of_the_action(tccli: Tccli) -> None:
    done = tccli.live("DescribeLiveCallbackTemplate", "--TemplateId", "999")
    assert (done.status, done.output) == (API_ERROR, "")
    assert done.error.startswith("[TencentCloudSDKException] code:FailedOperation.NotFound message:")


def test_an_action_that_airhook_does_not_have(tccli: Tccli) -> None:
    done = tccli.live("DescribeLiveTranscodeTemplates")
    assert done.status == API_ERROR
    assert "code:UnsupportedOperation" in done.error


def test_a_wrong_key(tccli: Tccli) -> None:
    done = tccli.live("DescribeLiveDomains", "--secretKey", "guess")
    assert done.status == API_ERROR
    assert "code:AuthFailure.SignatureFailure" in done.error


def test_a_missing_option_does_not_reach_the_server(tccli: Tccli) -> None:
    assert tccli.live("DescribeLiveCallbackTemplate").status == USAGE_ERROR


def test_the_endpoint_for_good(tccli: Tccli, site: TwoAccounts) -> None:
    assert tccli.run("configure", "set", "live.endpoint", f"http://{site.address}").status == 0
    done = tccli.run("live", "DescribeLiveDomains")
    assert (done.status, json.loads(done.output)["AllCount"]) == (0, 2)
