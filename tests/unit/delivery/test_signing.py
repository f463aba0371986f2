import hashlib
import json

import pytest

from airhook.delivery.signing import sign, signature

KEY = "Kx7Pq2Lm9TzR4vBnW8"


@pytest.mark.parametrize(
    ("t", "expected"),
    [
        (1768479000, "9e9b6e5b08f7586540acf4498606387d"),  # the vector of contract 1.3, and of event 1
        (1768482723, "7bea5abff678a11d80bce0ebc18ed534"),  # event 0
        (1768480815, "16128250b072026680254f204c392dc9"),  # event 0, dropped
        (1768482721, "493f6da4304c6b51f7e3cf6f9d96cb92"),  # event 100
    ],
)
def test_signature_is_the_md5_of_key_and_t(t: int, expected: str) -> None:
    assert signature(KEY, t) == expected


def test_sign_adds_t_ten_minutes_ahead_and_its_signature_in_sorted_places() -> None:
    signed = sign(b'{"app":"a","width":0}', KEY, 1768478400_999)

    assert signed.t == 1768479000
    assert signed.body == b'{"app":"a","sign":"9e9b6e5b08f7586540acf4498606387d","t":1768479000,"width":0}'


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1.0,"z":1e3}',  # numbers keep their spelling
        b'{"a":"\xe6\xb5\x81","z":"\\u0041\\n"}',  # so do texts
        b'{"a":{"y":1,"b":[1,{"t":5}]},"z":null}',  # and what is inside
        b'{"u":1}',  # sorted after t
        b"{}",
    ],
)
def test_sign_leaves_every_other_value_as_it_is(body: bytes) -> None:
    signed = sign(body, KEY, 1768478400_000).body

    for field in (b'"sign":"9e9b6e5b08f7586540acf4498606387d"', b'"t":1768479000'):
        assert field in signed
        signed = signed.replace(field + b",", b"").replace(b"," + field, b"").replace(field, b"")
    assert signed == body


def test_signed_keys_are_sorted_and_compact() -> None:
    signed = sign(b'{"app":1,"set_id":2,"stream_id":"s","user_ip":"u"}', KEY, 1768478400_000).body

    assert signed == json.dumps(json.loads(signed), separators=(",", ":"), sort_keys=True).encode()


def test_without_a_key_neither_t_nor_sign_is_sent() -> None:
    signed = sign(b'{"app":"a"}', "", 1768478400_000)

    assert signed.body == b'{"app":"a"}'
    assert signed.t is None


def test_each_attempt_is_signed_for_its_own_time() -> None:
    first, second = (sign(b"{}", KEY, at).body for at in (1768478400_000, 1768478460_000))

    assert json.loads(second)["t"] - json.loads(first)["t"] == 60
    assert json.loads(second)["sign"] == hashlib.md5(f"{KEY}1768479060".encode()).hexdigest()
