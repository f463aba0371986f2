"""Names of domains, and who may push to them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airhook.core import domains, reasons
from airhook.core.domains import Domain
from airhook.core.errors import InvalidError
from airhook.core.reasons import Reason

KEY = "e12c46f2612d5106e2034781ab261ca3"
EXPIRES_S = 0x5C271099


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param("push.example.com", "push.example.com", id="plain"),
        pytest.param(" Push.Example.COM. ", "push.example.com", id="case-dot-and-space"),
        pytest.param("a", "a", id="one-label"),
        pytest.param("xn--fsqu00a.example", "xn--fsqu00a.example", id="punycode"),
        pytest.param("1-2.example", "1-2.example", id="digits-and-hyphen"),
        pytest.param("a" * 63 + ".example", "a" * 63 + ".example", id="longest-label"),
    ],
)
def test_check_domain_name(text: str, name: str) -> None:
    assert domains.check_domain_name(text) == name


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        pytest.param("", "format", id="empty"),
        pytest.param("rtmp://push.example.com", "format", id="scheme"),
        pytest.param("push.example.com:1935", "format", id="port"),
        pytest.param("push_1.example.com", "format", id="underscore"),
        pytest.param("-push.example.com", "format", id="hyphen-first"),
        pytest.param("push-.example.com", "format", id="hyphen-last"),
        pytest.param("push..example.com", "format", id="empty-label"),
        pytest.param("a" * 64 + ".example", "format", id="long-label"),
        pytest.param("例え.example", "format", id="not-ascii"),
        pytest.param("push.example.com\n.x", "format", id="line-feed"),
        pytest.param("127.0.0.1", "format", id="address"),
        pytest.param("push.example.123", "format", id="digits-last"),
        pytest.param("a." * 126 + "ab", "too_long", id="254-characters"),
    ],
)
def test_check_domain_name_refuses(text: str, rule: str) -> None:
    with pytest.raises(InvalidError) as caught:
        domains.check_domain_name(text)
    assert (caught.value.field, caught.value.rule) == ("domain", rule)


def test_an_internationalized_name_is_told_its_ascii_form() -> None:
    with pytest.raises(InvalidError, match=r"xn--r8jz45g\.example"):
        domains.check_domain_name("例え.example")


@settings(deadline=None)
@given(st.text(alphabet="aB1-._ \n\0é", max_size=30))
def test_a_checked_name_checks_again_to_itself(text: str) -> None:
    try:
        name = domains.check_domain_name(text)
    except InvalidError:
        return
    assert domains.check_domain_name(name) == name


def test_tx_secret_of_the_documentation() -> None:
    assert domains.tx_secret(KEY, "test", "5C271099") == "f85a2ab363fe4deaffef9754d79da6fe"


SECRET = "f85a2ab363fe4deaffef9754d79da6fe"
NOT_AUTHENTICATED = Domain(name="push.example.com", account_id=1, auth_enabled=False, auth_key=KEY)
DOMAIN = Domain(name="push.example.com", account_id=1, auth_key=KEY)
WITH_BACKUP = Domain(name="push.example.com", account_id=1, auth_key="old1", backup_auth_key=KEY)
WITHOUT_KEY = Domain(name="push.example.com", account_id=1)
WITH_DELTA = Domain(name="push.example.com", account_id=1, auth_key=KEY, auth_delta_s=60)
GOOD = f"txSecret={SECRET}&txTime=5C271099"
DECIMAL = domains.tx_secret(KEY, "test", "1546064025")


@pytest.mark.parametrize(
    ("domain", "params", "late_s", "refusal"),
    [
        pytest.param(DOMAIN, GOOD, 0, None, id="right-until-its-second"),
        pytest.param(DOMAIN, GOOD, 1, reasons.TX_TIME_EXPIRED, id="expired"),
        pytest.param(WITH_DELTA, GOOD, 60, None, id="delta-extends"),
        pytest.param(WITH_DELTA, GOOD, 61, reasons.TX_TIME_EXPIRED, id="delta-ends"),
        pytest.param(DOMAIN, f"txSecret={SECRET.upper()}&txTime=5C271099", 0, None, id="upper-case-secret"),
        pytest.param(DOMAIN, f"txTime=5C271099&a=b&txSecret={SECRET}", 0, None, id="order-and-extras"),
        pytest.param(DOMAIN, f"txSecret={DECIMAL}&txTime=1546064025", 0, None, id="decimal-time"),
        pytest.param(
            DOMAIN, f"txSecret={DECIMAL}&txTime=1546064025", 1, reasons.TX_TIME_EXPIRED, id="decimal-late"
        ),
        pytest.param(WITH_BACKUP, GOOD, 0, None, id="backup-key"),
        pytest.param(DOMAIN, "", 0, reasons.TX_TIME_MISSING, id="nothing"),
        pytest.param(DOMAIN, f"txSecret={SECRET}", 0, reasons.TX_TIME_MISSING, id="no-time"),
        pytest.param(DOMAIN, "txTime=5C271099", 0, reasons.TX_SECRET_MISSING, id="no-secret"),
        pytest.param(
            DOMAIN, f"txSecret={'0' * 32}&txTime=5C271099", 0, reasons.TX_SECRET_WRONG, id="wrong-secret"
        ),
        pytest.param(
            DOMAIN, f"txSecret={SECRET}&txTime=5C271098", 0, reasons.TX_SECRET_WRONG, id="changed-time"
        ),
        pytest.param(DOMAIN, f"{GOOD}&txSecret=x", 0, None, id="the-first-of-a-repeated-one-counts"),
        pytest.param(NOT_AUTHENTICATED, "", 0, None, id="authentication-off"),
        pytest.param(WITHOUT_KEY, "", 0, None, id="no-key-to-check-with"),
    ],
)
def test_check_push_auth(domain: Domain, params: str, late_s: int, refusal: Reason | None) -> None:
    now_ms = (EXPIRES_S + late_s) * 1000
    assert domains.check_push_auth(domain, "test", params, now_ms) == refusal


@pytest.mark.parametrize("text", ["zz", "5C271099x", "1" * 13, "-1", "٣" * 8])
def test_a_time_that_is_none_never_lets_in(text: str) -> None:
    params = f"txSecret={domains.tx_secret(KEY, 'test', text)}&txTime={text}"
    assert domains.check_push_auth(DOMAIN, "test", params, 0) == reasons.TX_TIME_EXPIRED


def test_push_params_let_in_until_they_expire() -> None:
    params = domains.push_params(KEY, "room1", EXPIRES_S)
    assert domains.check_push_auth(DOMAIN, "room1", params, EXPIRES_S * 1000) is None
    assert domains.check_push_auth(DOMAIN, "room2", params, 0) == reasons.TX_SECRET_WRONG


@pytest.mark.parametrize("key", ["", "a-b", "a" * 257, "a\n", "é"])
def test_check_auth_key_refuses(key: str) -> None:
    with pytest.raises(InvalidError, match="letters and digits"):
        domains.check_auth_key("auth_key", key)


def test_check_auth_key() -> None:
    assert domains.check_auth_key("auth_key", "aB3") == "aB3"
