"""What a callback template may hold."""

from typing import Any

import pytest

from airhook.core import templates
from airhook.core.errors import InvalidError
from airhook.core.events import EventType
from airhook.core.templates import API_LIMITS, CONSOLE_LIMITS, CallbackTemplate, Limits

URL = "https://hooks.example.com/css"


def template(**change: Any) -> CallbackTemplate:
    return CallbackTemplate(**{"id": 1, "account_id": 1, "name": "hooks", "urls": {1: URL}, **change})


@pytest.mark.parametrize(
    ("change", "limits"),
    [
        pytest.param({}, API_LIMITS, id="plain"),
        pytest.param({"name": "a" * 255}, API_LIMITS, id="255-bytes"),
        pytest.param({"name": "直" * 85}, API_LIMITS, id="255-bytes-of-chinese"),
        pytest.param({"name": "直播_回调-1"}, API_LIMITS, id="chinese"),
        pytest.param({"name": "直" * 30}, CONSOLE_LIMITS, id="30-characters-of-chinese"),
        pytest.param({"description": ""}, API_LIMITS, id="no-description"),
        pytest.param({"description": "a" * 1024}, API_LIMITS, id="1024-bytes"),
        pytest.param({"callback_key": "aB3" * 10 + "xy"}, API_LIMITS, id="longest-key"),
        pytest.param({"urls": dict.fromkeys(templates.CONFIGURABLE_TYPES, URL)}, API_LIMITS, id="all-urls"),
        pytest.param({"record_exception_levels": []}, API_LIMITS, id="no-level"),
        pytest.param({"record_exception_levels": ["info", "warning", "error"]}, API_LIMITS, id="all-levels"),
    ],
)
def test_check_template(change: dict[str, Any], limits: Limits) -> None:
    made = template(**change)
    assert templates.check_template(made, limits) is made


@pytest.mark.parametrize(
    ("change", "limits", "field", "rule"),
    [
        pytest.param({"name": ""}, API_LIMITS, "name", "required", id="no-name"),
        pytest.param({"name": "a" * 256}, API_LIMITS, "name", "too_long", id="256-bytes"),
        pytest.param({"name": "直" * 86}, API_LIMITS, "name", "too_long", id="258-bytes-of-chinese"),
        pytest.param({"name": "a" * 31}, CONSOLE_LIMITS, "name", "too_long", id="31-characters"),
        pytest.param({"name": "a b"}, API_LIMITS, "name", "characters", id="space"),
        pytest.param({"name": "a\n"}, API_LIMITS, "name", "characters", id="line-feed-at-the-end"),
        pytest.param({"name": "配信テスト"}, API_LIMITS, "name", "characters", id="kana"),
        pytest.param({"name": "é"}, API_LIMITS, "name", "characters", id="accent"),
        pytest.param({"description": "a" * 101}, CONSOLE_LIMITS, "description", "too_long", id="description"),
        pytest.param({"description": "a,b"}, API_LIMITS, "description", "characters", id="comma"),
        pytest.param({"callback_key": "a" * 33}, API_LIMITS, "callback_key", "too_long", id="long-key"),
        pytest.param({"callback_key": "a-b"}, API_LIMITS, "callback_key", "characters", id="key-hyphen"),
        pytest.param({"callback_key": "直"}, API_LIMITS, "callback_key", "characters", id="key-chinese"),
        pytest.param({"urls": {}}, API_LIMITS, "urls", "required", id="no-url"),
        pytest.param(
            {"urls": {314: URL}}, API_LIMITS, "urls.314", "unknown", id="relay-has-a-url-of-its-own"
        ),
        pytest.param({"urls": {9999: URL}}, API_LIMITS, "urls.9999", "unknown", id="no-such-event"),
        pytest.param({"urls": {0: "ftp://a/"}}, API_LIMITS, "urls.0", "scheme", id="bad-url"),
        pytest.param(
            {"record_exception_levels": ["alarm"]},
            API_LIMITS,
            "record_exception_levels",
            "unknown",
            id="level",
        ),
    ],
)
def test_check_template_refuses(change: dict[str, Any], limits: Limits, field: str, rule: str) -> None:
    with pytest.raises(InvalidError) as caught:
        templates.check_template(template(**change), limits)
    assert (caught.value.field, caught.value.rule) == (field, rule)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://hooks.example.com", id="no-path"),
        pytest.param("HTTPS://Hooks.Example.com/a", id="upper-case"),
        pytest.param("http://10.0.0.1:8080/a?b=c", id="address-and-port"),
        pytest.param("http://[2001:db8::1]:8080/", id="ipv6"),
        pytest.param("http://a/" + "x" * 1015, id="1024-bytes"),
    ],
)
def test_check_url(url: str) -> None:
    assert templates.check_url("urls.1", url) == url


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        pytest.param("http://a/" + "x" * 1016, "too_long", id="1025-bytes"),
        pytest.param("http://a/" + "直" * 339, "too_long", id="1026-bytes-of-chinese"),
        pytest.param("hooks.example.com/a", "scheme", id="no-scheme"),
        pytest.param("ftp://a/", "scheme", id="ftp"),
        pytest.param("file:///etc/passwd", "scheme", id="file"),
        pytest.param("http:///a", "format", id="no-host"),
        pytest.param("http://", "format", id="nothing"),
        pytest.param("http://[::1", "format", id="half-an-address"),
        pytest.param("http://a:99999/", "format", id="port-too-high"),
        pytest.param("http://a:0/", "format", id="port-0"),
        pytest.param("http://user:pass@a/", "userinfo", id="password"),
        pytest.param("http://@a/", "userinfo", id="empty-user"),
        pytest.param("http://a/ b", "characters", id="space"),
        pytest.param("http://a/\r\nX-Evil: 1", "characters", id="header-injection"),
        pytest.param("\thttp://a/", "characters", id="leading-tab"),
        pytest.param("http://a/\x7f", "characters", id="delete"),
    ],
)
def test_check_url_refuses(url: str, rule: str) -> None:
    with pytest.raises(InvalidError) as caught:
        templates.check_url("urls.1", url)
    assert (caught.value.field, caught.value.rule) == ("urls.1", rule)


def test_only_relay_and_monitor_have_urls_elsewhere() -> None:
    assert {EventType.RELAY, EventType.MONITOR} == set(EventType) - templates.CONFIGURABLE_TYPES


def test_generate_key_is_a_valid_key_and_always_another() -> None:
    keys = {templates.generate_key() for _ in range(50)}
    assert len(keys) == 50
    for key in keys:
        templates.check_template(template(callback_key=key), API_LIMITS)
