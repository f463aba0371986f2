"""The options of a template: what is taken, and which field is named when it is not."""

import base64
from pathlib import Path

import pytest

from airhook.core.delivery_options import (
    DeliveryOptions,
    Profile,
    check_options,
    generate_webhook_secret,
    secret_bytes,
)
from airhook.core.errors import InvalidError
from airhook.core.templates import API_LIMITS, CallbackTemplate, check_template
from support.certificates import Authority

SECRET = "whsec_" + base64.b64encode(bytes(24)).decode()


def headers(*names: str, value: str = "v") -> DeliveryOptions:
    return DeliveryOptions(headers=tuple((name, value) for name in names))


@pytest.mark.parametrize(
    "options",
    [
        DeliveryOptions(),
        DeliveryOptions(profile=Profile.STANDARD),
        DeliveryOptions(profile=Profile.CUSTOM, delays_s=(0, 0.5, 604_800)),
        DeliveryOptions(previous_key="old", overlap_until_ms=1),
        DeliveryOptions(webhook_secret=SECRET, previous_webhook_secret=SECRET, webhook_overlap_until_ms=1),
        DeliveryOptions(webhook_secret=generate_webhook_secret()),
        headers("Authorization", "X-A", value="Bearer a b\tc"),
        headers(*(f"X-{n}" for n in range(20))),
    ],
)
def test_what_is_right_is_given_back(options: DeliveryOptions) -> None:
    assert check_options(options) is options


@pytest.mark.parametrize(
    ("options", "field", "rule"),
    [
        (DeliveryOptions(profile=Profile.CUSTOM), "delays_s", "required"),
        (DeliveryOptions(delays_s=(1,)), "delays_s", "required"),  # it would count for nothing
        (DeliveryOptions(profile=Profile.CUSTOM, delays_s=(1,) * 101), "delays_s", "too_long"),
        (DeliveryOptions(profile=Profile.CUSTOM, delays_s=(-1,)), "delays_s", "range"),
        (DeliveryOptions(profile=Profile.CUSTOM, delays_s=(604_801,)), "delays_s", "range"),
        (DeliveryOptions(profile=Profile.CUSTOM, delays_s=(float("nan"),)), "delays_s", "range"),
        (DeliveryOptions(profile=Profile.CUSTOM, delays_s=(604_800,) * 5), "delays_s", "range"),
        (DeliveryOptions(previous_key="old"), "overlap_until_ms", "required"),
        (DeliveryOptions(webhook_secret="secret"), "webhook_secret", "format"),
        (DeliveryOptions(webhook_secret="whsec_" + "A" * 30), "webhook_secret", "format"),  # 22 bytes
        (DeliveryOptions(webhook_secret="whsec_!" + SECRET), "webhook_secret", "format"),
        (DeliveryOptions(webhook_secret=SECRET, previous_webhook_secret="x"), "previous_webhook_secret", "format"),
        (DeliveryOptions(previous_webhook_secret=SECRET), "previous_webhook_secret", "required"),
        (headers(*(f"X-{n}" for n in range(21))), "headers", "too_long"),
        (headers("X-A", value="v" * 2049), "headers.X-A", "too_long"),
        (headers(*(f"X-{n}" for n in range(5)), value="v" * 2000), "headers", "too_long"),
        (headers("X-A", "x-a"), "headers.x-a", "repeated"),
        (headers("X A"), "headers", "characters"),
        (headers("X-A:"), "headers", "characters"),
        (headers(""), "headers", "characters"),
        (headers("X\r\nY"), "headers", "characters"),
        (headers("X-A\n"), "headers", "characters"),
        (headers("X-A", value="a\r\nX-B: c"), "headers.X-A", "characters"),
        (headers("X-A", value="a\n"), "headers.X-A", "characters"),
        (headers("X-A", value="a\0"), "headers.X-A", "characters"),
        (headers("X-A", value=" a"), "headers.X-A", "characters"),
        (headers("X-A", value=""), "headers.X-A", "characters"),  # libcurl would leave it out
        (headers("X-A", value="é"), "headers.X-A", "characters"),
        (DeliveryOptions(ca_pem="no certificate"), "ca_pem", "format"),
        (DeliveryOptions(ca_pem="x" * 65_537), "ca_pem", "too_long"),
        (DeliveryOptions(client_cert_pem="c"), "client_key_pem", "required"),
        (DeliveryOptions(client_key_pem="k"), "client_cert_pem", "required"),
        (DeliveryOptions(client_cert_pem="c", client_key_pem="k"), "client_cert_pem", "format"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(options: DeliveryOptions, field: str, rule: str) -> None:
    with pytest.raises(InvalidError) as caught:
        check_options(options)
    assert (caught.value.field, caught.value.rule) == (f"options.{field}", rule)


@pytest.mark.parametrize(
    "name",
    ["Host", "content-length", "Content-Type", "Transfer-Encoding", "Connection", "Expect", "webhook-id", "Webhook-X", "Proxy-Authorization"],
)  # fmt: skip
def test_headers_that_airhook_sets_are_refused(name: str) -> None:
    with pytest.raises(InvalidError, match="sets itself"):
        check_options(headers(name))


def test_certificates_and_keys_are_read(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    ca = authority.ca_file.read_text()
    cert, key = authority.client("one")
    _, other = authority.client("two")
    check_options(DeliveryOptions(ca_pem=ca + ca, client_cert_pem=cert + ca, client_key_pem=key))
    with pytest.raises(InvalidError, match="client_key_pem: is not the key of the certificate"):
        check_options(DeliveryOptions(client_cert_pem=cert, client_key_pem=other))
    with pytest.raises(InvalidError, match="ca_pem: holds a private key"):
        check_options(DeliveryOptions(ca_pem=ca + key))
    for wrong in (cert, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"):
        with pytest.raises(InvalidError, match="client_key_pem: is no private key"):
            check_options(DeliveryOptions(client_cert_pem=cert, client_key_pem=wrong))
    with pytest.raises(InvalidError, match="client_key_pem: is encrypted"):
        check_options(
            DeliveryOptions(client_cert_pem=cert, client_key_pem=authority.client("one", password=b"x")[1])
        )


def test_the_secret_s_bytes_are_its_base64() -> None:
    assert secret_bytes("f", SECRET) == bytes(24)
    assert len(secret_bytes("f", generate_webhook_secret())) == 32
    assert generate_webhook_secret() != generate_webhook_secret()


@pytest.mark.parametrize(
    ("now_ms", "key", "secrets"), [(999, "old", ("new", "old")), (1000, "", ("new",)), (2000, "", ("new",))]
)
def test_an_overlap_ends_at_its_time(now_ms: int, key: str, secrets: tuple[str, ...]) -> None:
    options = DeliveryOptions(
        previous_key="old",
        overlap_until_ms=1000,
        webhook_secret="new",
        previous_webhook_secret="old",
        webhook_overlap_until_ms=1000,
    )
    assert options.previous_key_at(now_ms) == key
    assert options.webhook_secrets_at(now_ms) == secrets


@pytest.mark.parametrize(
    ("options", "field"),
    [
        (DeliveryOptions(previous_key="a-b", overlap_until_ms=1), "options.previous_key"),
        (DeliveryOptions(profile=Profile.CUSTOM), "options.delays_s"),
    ],
)
def test_a_template_s_options_are_checked_with_it(options: DeliveryOptions, field: str) -> None:
    template = CallbackTemplate(id=1, account_id=1, name="t", urls={1: "http://a/"}, options=options)
    with pytest.raises(InvalidError) as caught:
        check_template(template, API_LIMITS)
    assert caught.value.field == field
