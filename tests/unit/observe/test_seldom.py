"""Warnings of what may happen thousands of times a second."""

import logging
import time

import pytest

from airhook.observe.seldom import EVERY_S, Seldom


def test_it_tells_once_a_second_and_then_how_many_were_left_out(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    told = Seldom(logging.getLogger("airhook.web"))
    for n in range(1000):
        told.warning(f"no {n}")
    now += EVERY_S
    told.warning("last")
    now += EVERY_S
    told.warning("alone")
    lines = [record.message for record in caplog.records]
    assert lines == ["no 0", "last (999 more since the last line)", "alone"]
