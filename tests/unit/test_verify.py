import base64
import doctest
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from airhook import verify as module
from airhook.verify import verify, verify_webhook

KEY = "Kx7Pq2Lm9TzR4vBnW8"
T = 1768479000
SIGN = "9e9b6e5b08f7586540acf4498606387d"
EXAMPLES = Path(__file__).parents[1] / "wire" / "examples"


@pytest.mark.parametrize(
    ("body", "now", "reason"),
    [
        ({"t": T, "sign": SIGN}, T, "ok"),
        ({"t": T, "sign": SIGN, "other": 1}, T - 600, "ok"),
        ({"t": str(T), "sign": SIGN}, T, "ok"),  # documents before 2021 show text
        ({"t": T, "sign": SIGN}, T + 0.5, "expired"),
        ({"t": T, "sign": SIGN.upper()}, T, "bad_signature"),
        ({"t": T + 1, "sign": SIGN}, T, "bad_signature"),  # t is what is signed
        ({"t": T, "sign": ""}, T, "bad_signature"),
        ({"t": T, "sign": "é\ud800"}, T, "bad_signature"),
        ({"t": T, "sign": "x"}, T + 9999, "bad_signature"),  # forged before late
        ({"sign": SIGN}, T, "missing"),
        ({"t": T}, T, "missing"),
        ({}, T, "missing"),
        ({"t": True, "sign": SIGN}, T, "missing"),
        ({"t": float(T), "sign": SIGN}, T, "missing"),
        ({"t": "", "sign": SIGN}, T, "missing"),
        ({"t": 10**5000, "sign": SIGN}, T, "missing"),
        ({"t": T, "sign": 5}, T, "missing"),
    ],
)
def test_verdicts(body: Any, now: float, reason: str) -> None:
    verdict = verify(body, KEY, now)

    assert verdict.reason == reason
    assert verdict.ok is (reason == "ok")
    assert bool(verdict) is verdict.ok


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff\xfe", "nonsense", b"[" * 100_000, b"1"])
def test_what_is_no_json_object_is_malformed(body: Any) -> None:
    assert verify(body, KEY, T).reason == "malformed"


def test_another_key_does_not_fit() -> None:
    assert verify({"t": T, "sign": SIGN}, KEY + "x", T).reason == "bad_signature"


def test_an_empty_key_makes_nothing_genuine() -> None:
    forged = {"t": T, "sign": hashlib.md5(str(T).encode()).hexdigest()}
    assert verify(forged, "", T).reason == "bad_signature"


def test_the_current_time_counts_when_none_is_given() -> None:
    assert verify({"t": T, "sign": SIGN}, KEY).reason == "expired"
    late = 99_999_999_999
    assert verify({"t": late, "sign": hashlib.md5(f"{KEY}{late}".encode()).hexdigest()}, KEY).ok


@pytest.mark.parametrize("name", ["000_push_end", "000_push_end_dropped", "001_push_begin"])
def test_recorded_bodies_are_genuine(name: str) -> None:
    body = (EXAMPLES / f"{name}.json").read_bytes()

    assert verify(body, KEY, json.loads(body)["t"]).ok


def test_the_example_in_the_docstring_is_true() -> None:
    assert doctest.testmod(module) == (0, 12)


# --- Standard Webhooks ---

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + base64.b64encode(b"o" * 32).decode()
AT = 1614265330
PAYLOAD = b'{"test": 2432232314}'
# The vector of the specification's reference libraries.
HEADERS = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": str(AT),
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}


def with_signature(*signatures: str) -> dict[str, str]:
    return {**HEADERS, "webhook-signature": " ".join(signatures)}


RIGHT = HEADERS["webhook-signature"]


@pytest.mark.parametrize(
    ("headers", "body", "secrets", "now", "reason"),
    [
        (HEADERS, PAYLOAD, SECRET, AT, "ok"),
        (HEADERS, PAYLOAD.decode(), SECRET, AT, "ok"),
        ({name.title(): value for name, value in HEADERS.items()}, PAYLOAD, SECRET, AT, "ok"),
        (HEADERS, PAYLOAD, SECRET.removeprefix("whsec_"), AT, "ok"),
        (HEADERS, PAYLOAD, [OTHER, SECRET], AT, "ok"),  # the receiver changes its secret
        (with_signature("v1,AAAA", RIGHT), PAYLOAD, SECRET, AT, "ok"),  # the sender does
        (with_signature("v1a,AAAA", "v1,!", "", RIGHT), PAYLOAD, SECRET, AT, "ok"),
        (HEADERS, PAYLOAD, SECRET, AT + 300, "ok"),
        (HEADERS, PAYLOAD, SECRET, AT - 300, "ok"),
        (HEADERS, PAYLOAD, SECRET, AT + 301, "expired"),
        (HEADERS, PAYLOAD, SECRET, AT - 301, "early"),
        (HEADERS, PAYLOAD, OTHER, AT, "bad_signature"),
        (HEADERS, PAYLOAD, [], AT, "bad_signature"),
        (HEADERS, PAYLOAD + b" ", SECRET, AT, "bad_signature"),
        ({**HEADERS, "webhook-id": "msg_else"}, PAYLOAD, SECRET, AT, "bad_signature"),
        ({**HEADERS, "webhook-timestamp": str(AT + 1)}, PAYLOAD, SECRET, AT, "bad_signature"),
        (with_signature(RIGHT.replace("v1,", "v2,")), PAYLOAD, SECRET, AT, "bad_signature"),
        (with_signature(RIGHT.removeprefix("v1,")), PAYLOAD, SECRET, AT, "bad_signature"),
        (with_signature(""), PAYLOAD, SECRET, AT, "bad_signature"),
        (with_signature("v1,\ud800"), PAYLOAD, SECRET, AT, "bad_signature"),
        (HEADERS, PAYLOAD, OTHER, AT + 9999, "bad_signature"),  # forged before late
        ({**HEADERS, "webhook-timestamp": "now"}, PAYLOAD, SECRET, AT, "malformed"),
        ({**HEADERS, "webhook-timestamp": "-1"}, PAYLOAD, SECRET, AT, "malformed"),
        *(({k: v for k, v in HEADERS.items() if k != name}, PAYLOAD, SECRET, AT, "missing") for name in HEADERS),
        ({}, PAYLOAD, SECRET, AT, "missing"),
    ],
)  # fmt: skip
def test_standard_webhooks_headers_are_judged(
    headers: dict[str, str], body: Any, secrets: Any, now: float, reason: str
) -> None:
    verdict = verify_webhook(headers, body, secrets, now)
    assert (verdict.ok, verdict.reason) == (reason == "ok", reason)


def test_the_tolerance_can_be_chosen() -> None:
    assert verify_webhook(HEADERS, PAYLOAD, SECRET, AT + 900, tolerance_s=900)
    assert not verify_webhook(HEADERS, PAYLOAD, SECRET, AT + 1, tolerance_s=0)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!", "mykey!"])
def test_what_is_no_secret_is_the_receiver_s_mistake(secret: str) -> None:
    with pytest.raises(ValueError, match="whsec_"):
        verify_webhook(HEADERS, PAYLOAD, secret, AT)
