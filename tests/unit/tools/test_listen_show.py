"""A callback as one line: everything that a reader wants to know, and nothing that steers the terminal."""

import io

import pytest

from airhook.tools.listen.command import as_line, summary
from airhook.tools.listen.server import Callback
from airhook.tools.terminal import Paint

PLAIN = Paint(io.StringIO())
PUSH = {"app": "push.example.com", "appname": "live", "stream_id": "room1", "sequence": "73", "errcode": 0}


def line(body, reason="ok", path="/cb"):
    callback = Callback(at=1768478400.5, path=path, headers={}, body=body, signature="ok", reason=reason)
    return as_line(callback, PLAIN, as_json=False).partition("  ")[2]


LINES = {
    "a start": (
        {**PUSH, "event_type": 1, "errmsg": "ok"},
        "push started    push.example.com/live/room1  sequence 73  ok  signature ok",
    ),
    "a stop": (
        {**PUSH, "event_type": 0, "errcode": 3, "errmsg": "Gone", "push_duration": "3723481"},
        "push ended      push.example.com/live/room1  sequence 73  errcode 3: Gone  lasted 1 h 2 min  signature ok",
    ),
    "an image audit has names of its own": (
        {"event_type": 317, "app": "a.b", "appname": "live", "streamId": "s"},
        "image audit     a.b/live/s  signature ok",
    ),
    "a recording status, too": (
        {"event_type": 332, "domain": "a.b", "appname": "live", "stream_id": "s"},
        "record status   a.b/live/s  signature ok",
    ),
    "an unknown type": ({"event_type": 999}, "event 999       /cb  signature ok"),
    "a type that is no number": ({"event_type": [1]}, "event [1]       /cb  signature ok"),
    "no event at all": ("hello", "no event        /cb  signature ok"),
    "control characters": (
        {**PUSH, "event_type": 0, "errmsg": "a\x1b[2Jb", "errcode": 1},
        "push ended      push.example.com/live/room1  sequence 73  errcode 1: a\\x1b[2Jb  signature ok",
    ),
    "a duration that is none": (
        {"event_type": 0, "push_duration": "soon", "stream_id": "s"},
        "push ended      s  signature ok",
    ),
}


@pytest.mark.parametrize("name", LINES)
def test_the_line(name):
    body, expected = LINES[name]
    assert line(body) == expected


VERDICTS = {
    "bad_signature": "signature bad: another key",
    "expired": "signature bad: its time is over",
    "missing": "signature none: the body has no t and sign",
    "malformed": "signature none: the body is no JSON object",
    "no_key": "signature not checked: start with --key",
}


@pytest.mark.parametrize("reason", VERDICTS)
def test_the_verdict_says_why(reason):
    assert line(PUSH, reason).endswith(VERDICTS[reason])


def test_json_is_one_object_a_line():
    callback = Callback(
        at=1.5, path="/", headers={"a": "b"}, body={"x": "é\n"}, signature="none", reason="missing"
    )
    assert as_line(callback, PLAIN, as_json=True) == (
        '{"at":1.5,"path":"/","headers":{"a":"b"},"body":{"x":"é\\n"},"signature":"none"}'
    )


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        ({}, "0 callbacks"),
        ({"ok": 1}, "1 callback (signature: 1 ok)"),
        ({"ok": 2, "bad": 1, "none": 3}, "6 callbacks (signature: 2 ok, 1 bad, 3 none)"),
    ],
)
def test_the_summary_counts(counts, text):
    assert summary(counts) == text
