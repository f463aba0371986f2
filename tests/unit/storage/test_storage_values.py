"""Values that every backend takes."""

import enum

import pytest

from airhook.core.errors import InvalidError
from airhook.storage.values import check, checked, storable


class Colour(enum.StrEnum):
    RED = "red"


GOOD = [
    pytest.param(2**63 - 1, id="largest"),
    pytest.param(-(2**63), id="smallest"),
    pytest.param("日本語 😀", id="text"),
    pytest.param(b"\0\xff", id="bytes may hold anything"),
    pytest.param(None, id="nothing"),
    pytest.param(1.5, id="a fraction"),
]


@pytest.mark.parametrize("value", GOOD)
def test_good_values_stay_as_they_are(value):
    assert check("field", value) == value
    assert checked(["field"], [value]) == [value]


def test_an_enum_becomes_its_plain_value():
    assert type(check("colour", Colour.RED)) is str
    assert [type(value) for value in checked(["colour"], [Colour.RED])] == [str]


BAD = [
    pytest.param(2**63, "range", id="too large"),
    pytest.param(-(2**63) - 1, "range", id="too small"),
    pytest.param("a\0b", "characters", id="NUL"),
    pytest.param("日\0本", "characters", id="NUL among others"),
    pytest.param("\ud800", "characters", id="half of a pair"),
]


@pytest.mark.parametrize(("value", "rule"), BAD)
def test_bad_values_are_named(value, rule):
    with pytest.raises(InvalidError) as error:
        checked(["good", "bad"], [1, value])
    assert (error.value.field, error.value.rule) == ("bad", rule)


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("plain", "plain"),
        ("a\0b", "a\ufffdb"),
        ("é\0", "é\ufffd"),
        ("x\ud800y", "x\ufffd\ufffd\ufffdy"),
        ("😀", "😀"),
    ],
)
def test_what_strangers_say_is_made_storable(text, stored):
    assert storable(text) == stored
    assert check("text", storable(text)) == stored
