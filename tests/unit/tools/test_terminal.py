"""Colours, tables and lengths of time."""

import io

import pytest

from airhook.tools.terminal import Paint, clean, duration, pad, table


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_colours_are_for_terminals_alone(monkeypatch):
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    assert Paint(Terminal())("red", "x") == "\x1b[31mx\x1b[0m"
    assert Paint(io.StringIO())("red", "x") == "x"
    monkeypatch.setenv("NO_COLOR", "1")
    assert Paint(Terminal())("red", "x") == "x"
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert Paint(Terminal())("red", "x") == "x"


def test_a_table_is_aligned_without_trailing_spaces():
    assert table(("ID", "NAME", "X"), [(1, "long name", ""), (1001, "b", "y")]) == (
        "ID    NAME       X\n1     long name\n1001  b          y"
    )


def test_padding_does_not_count_colours():
    assert pad("\x1b[31mab\x1b[0m", 4) == "\x1b[31mab\x1b[0m  "


def test_text_from_elsewhere_cannot_steer_the_terminal():
    assert clean("a\x1b]0;x\x07\nü") == "a\\x1b]0;x\\x07\\x0aü"


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "0.0 s"),
        (8249, "8.2 s"),
        (59_999, "59.9 s"),
        (60_000, "1 min 0 s"),
        (3_599_999, "59 min 59 s"),
        (3_722_481, "1 h 2 min"),
        (90_000_000, "25 h 0 min"),
    ],
)
def test_lengths_of_time(ms, text):
    assert duration(ms) == text
