"""What goes back into a form, and times as readers type them."""

import pytest

from airhook.console.forms import Form, problem_of
from airhook.console.times import read_local
from airhook.core.errors import ConflictError, InvalidError, LimitError, UnavailableError

PROBLEMS = [
    pytest.param(
        InvalidError("name", "is 31 characters long; at most 30", rule="too_long"),
        ("At most %(n)s characters.", {"n": 30}, ""),
        id="a rule of the field",
    ),
    pytest.param(
        InvalidError("urls.0", "'ftp://x' must start with http:// or https://", rule="scheme"),
        ("It has to start with http:// or https://.", {}, ""),
        id="a rule of any field",
    ),
    pytest.param(
        InvalidError("urls.1", "10.0.0.1 is private; targets.allow allows it", rule="unsafe"),
        ("Its address may not be called.", {}, "10.0.0.1 is private; targets.allow allows it"),
        id="the reason says more",
    ),
    pytest.param(
        InvalidError("thing", "is odd", rule="never heard of"),
        ("This cannot be saved.", {}, "is odd"),
        id="a rule without a sentence",
    ),
    pytest.param(
        LimitError("callback template", 50, setting="limits.templates"),
        (
            "There are %(limit)s already, and no more are allowed. The setting %(setting)s allows more.",
            {"limit": 50, "setting": "limits.templates"},
            "",
        ),
        id="a limit",
    ),
]


@pytest.mark.parametrize(("error", "told"), PROBLEMS)
def test_a_refusal_is_told_in_a_sentence_that_can_be_translated(error, told) -> None:
    problem = problem_of(error)
    assert (problem.text, problem.values, problem.detail) == told


def test_a_refusal_stands_at_its_field_and_what_was_typed_stays() -> None:
    form = Form([("name", " x "), ("levels", "error"), ("levels", "info"), ("urls.1", "ftp://x")])
    form.refuse(InvalidError("urls.1", "must start with http", rule="scheme"))
    assert form.problem("urls.1") is not None
    assert form.problem("name") is None
    assert (form.value("name"), form.all("levels"), form.value("urls.1")) == (
        "x",
        ["error", "info"],
        "ftp://x",
    )
    form.refuse(ConflictError("callback template", 1))
    assert form.problem("") is not None


def test_a_database_that_does_not_answer_is_no_fault_of_the_form() -> None:
    with pytest.raises(UnavailableError):
        Form().refuse(UnavailableError())


@pytest.mark.parametrize(
    ("text", "zone", "ms"),
    [
        pytest.param("", "Asia/Tokyo", None, id="nothing"),
        pytest.param("2026-01-15T20:49", "Asia/Tokyo", 1_768_477_740_000, id="the reader's zone"),
        pytest.param("2026-01-15T11:49", "", 1_768_477_740_000, id="no zone known: UTC"),
        pytest.param("2026-01-15T11:49", "Mars/Olympus", 1_768_477_740_000, id="nonsense: UTC"),
        pytest.param(
            "2026-01-15T20:49:00+09:00", "America/New_York", 1_768_477_740_000, id="it says its zone"
        ),
    ],
)
def test_times_are_read_in_the_zone_of_who_types_them(text, zone, ms) -> None:
    assert read_local(text, "since", zone) == ms


def test_what_is_no_time_is_refused_by_name() -> None:
    with pytest.raises(InvalidError) as refused:
        read_local("yesterday", "since", "Asia/Tokyo")
    assert refused.value.field == "since"
