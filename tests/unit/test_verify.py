import doctest
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from airhook import verify as module
from airhook.verify import verify

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


def test_the_current_time_counts_when_none_is_given() -> None:
    assert verify({"t": T, "sign": SIGN}, KEY).reason == "expired"
    late = 99_999_999_999
    assert verify({"t": late, "sign": hashlib.md5(f"{KEY}{late}".encode()).hexdigest()}, KEY).ok


@pytest.mark.parametrize("name", ["000_push_end", "000_push_end_dropped", "001_push_begin"])
def test_recorded_bodies_are_genuine(name: str) -> None:
    body = (EXAMPLES / f"{name}.json").read_bytes()

    assert verify(body, KEY, json.loads(body)["t"]).ok


def test_the_example_in_the_docstring_is_true() -> None:
    assert doctest.testmod(module) == (0, 5)
