"""What the SDK sends and what it gets, byte for byte as recorded (``record.py``)."""

import json
from typing import Any

import pytest

from support.sdk_session import KINDS, file_of, play


def recorded(kind: str) -> list[dict[str, Any]]:
    loaded = json.loads(file_of(kind).read_text())
    assert isinstance(loaded, list)
    return loaded


@pytest.mark.parametrize("kind", KINDS)
def test_a_session_is_as_recorded(kind: str) -> None:
    assert play(kind) == recorded(kind)


def test_answers_do_not_depend_on_the_signature() -> None:
    answers = [[exchange["answer"] for exchange in recorded(kind)] for kind in KINDS]
    assert all(one == answers[0] for one in answers)
