"""Fail points have names, and only these can be armed."""

import re
from pathlib import Path

import pytest

from airhook.core import failpoints
from airhook.core.errors import ConfigError

SOURCE = Path(failpoints.__file__).parents[1]


@pytest.fixture(autouse=True)
def disarmed():
    yield
    failpoints.disarm()


def test_the_names_are_those_of_the_source():
    hits = {
        name for path in SOURCE.rglob("*.py") for name in re.findall(r'hit\("([^"]+)"\)', path.read_text())
    }
    assert hits == failpoints.NAMES


@pytest.mark.parametrize("spec", ["nonexistent", "writer.before_commit:2,writer.before_comit"])
def test_a_misspelled_name_is_refused(spec):
    with pytest.raises(ConfigError, match=r"is no fail point; there are .*writer\.before_commit"):
        failpoints.arm(spec)


def test_it_dies_at_the_passing_that_was_named():
    died = []
    failpoints.arm("writer.before_commit:2", lambda: died.append(1))
    failpoints.hit("writer.before_commit")
    assert not died
    failpoints.hit("writer.before_commit")
    assert died
