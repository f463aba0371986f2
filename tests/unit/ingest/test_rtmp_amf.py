"""AMF0, right and wrong."""

import struct
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airhook.ingest import amf
from airhook.ingest.errors import AmfError

quick = settings(max_examples=200, deadline=None, derandomize=True)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        pytest.param("00 3ff8000000000000", 1.5, id="number"),
        pytest.param("01 01", True, id="true"),
        pytest.param("01 00", False, id="false"),
        pytest.param("02 0003 616263", "abc", id="string"),
        pytest.param("02 0002 c328", "\ufffd(", id="a string that is no UTF-8"),
        pytest.param("03 0001 61 05 0000 09", {"a": None}, id="object"),
        pytest.param(
            "03 0000 05 0000 09", {"": None}, id="an empty key is a key unless the end mark follows"
        ),
        pytest.param("03 0001 61 05", {"a": None}, id="an object whose end mark is missing at the end"),
        pytest.param("05", None, id="null"),
        pytest.param("06", None, id="undefined"),
        pytest.param("07 0001", None, id="reference"),
        pytest.param("08 00000000 0001 61 01 01 0000 09", {"a": True}, id="an array with a wrong count"),
        pytest.param("0a 00000002 05 0200 00", [None, ""], id="strict array"),
        pytest.param("0b 4000000000000000 0000", 2.0, id="date"),
        pytest.param("0c 00000003 616263", "abc", id="long string"),
        pytest.param("0d", None, id="unsupported"),
        pytest.param("0f 00000001 61", "a", id="xml"),
        pytest.param("10 0001 43 0001 61 05 0000 09", {"a": None}, id="typed object"),
    ],
)
def test_each_marker(data: str, value: amf.Value) -> None:
    assert amf.decode(bytes.fromhex(data)) == [value]


@pytest.mark.parametrize(
    ("data", "match"),
    [
        pytest.param(b"\2\0\5abc", "ends inside", id="a string cut short"),
        pytest.param(b"\0\0", "ends inside", id="a number cut short"),
        pytest.param(b"\3\0\1", "ends inside", id="a key cut short"),
        pytest.param(b"\x11\1", "no marker 17", id="AMF3"),
        pytest.param(b"\x09", "no marker 9", id="an end mark alone"),
        pytest.param(b"\x0a\0\0\0\1" * 17 + b"\5", "deeper than 16", id="17 arrays in each other"),
        pytest.param(b"\3\0\1a" * 5000, "deeper than 16", id="5000 objects in each other"),
        pytest.param(b"\5" * 4097, "more than 4096", id="too many values"),
        pytest.param(
            b"\x0a\xff\xff\xff\xff" + b"\5" * 9000, "more than 4096", id="an array that claims billions"
        ),
        pytest.param(b"\x0c" + struct.pack(">I", 2**32 - 1), "ends inside", id="a string that claims 4 GiB"),
        pytest.param(bytes(262_145), "at most 262144", id="too many bytes"),
    ],
)
def test_wrong_data_is_named(data: bytes, match: str) -> None:
    with pytest.raises(AmfError, match=match) as caught:
        amf.decode(data)
    assert caught.value.reason.errcode == 33


def test_sixteen_levels_are_deep_enough() -> None:
    assert amf.decode(b"\x0a\0\0\0\1" * 16 + b"\5") != []


texts = st.text(st.characters(codec="utf-8"), max_size=40)
values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=15,
)


@given(st.lists(values, max_size=4))
@quick
def test_what_is_encoded_decodes_to_the_same(some: list[amf.Value]) -> None:
    assert amf.decode(amf.encode(*some)) == some


@given(st.binary(max_size=400))
@quick
def test_arbitrary_bytes_raise_nothing_but_amf_errors(data: bytes) -> None:
    with suppress(AmfError):
        amf.decode(data)


@given(st.lists(values, max_size=3), st.data())
@quick
def test_damaged_values_raise_nothing_but_amf_errors(some: list[amf.Value], data: st.DataObject) -> None:
    encoded = bytearray(amf.encode(*some))
    for _ in range(data.draw(st.integers(0, 4)) if encoded else 0):
        encoded[data.draw(st.integers(0, len(encoded) - 1))] = data.draw(st.integers(0, 255))
    with suppress(AmfError):
        amf.decode(encoded[: data.draw(st.integers(0, len(encoded)))])
