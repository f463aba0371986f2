"""The table of design D9: what a new publisher on an open stream means."""

import pytest

from airhook.core import reasons
from airhook.core.sessions import NewPush, Replace, Session, SessionState, Takeover, decide

NOW = 1_768_478_400_000
SAME, OTHER = "txSecret=a&txTime=b", "txSecret=c&txTime=d"


def an_open_session(state, last_data_ms, lost_for=None):
    return Session(
        id=1,
        account_id=1,
        domain="push.example.com",
        app="live",
        stream="room1001",
        stream_param=SAME,
        user_ip="203.0.113.25",
        node="198.51.100.17",
        source="rtmp",
        state=state,
        owner="n1",
        epoch=1,
        started_ms=NOW - 60_000,
        last_data_ms=last_data_ms,
        bytes=0,
        width=0,
        height=0,
        errcode=lost_for.errcode if lost_for else None,
        sub=lost_for.sub if lost_for else None,
    )


@pytest.mark.parametrize(
    ("state", "silent_ms", "param", "lost_for", "expected"),
    [
        # sending data: replaced, whatever the URL
        (SessionState.LIVE, 0, SAME, None, Replace(reasons.REPLACED)),
        (SessionState.LIVE, 2_999, OTHER, None, Replace(reasons.REPLACED)),
        (SessionState.OPENING, 0, SAME, None, Replace(reasons.REPLACED)),
        # silent for three seconds
        (SessionState.LIVE, 3_000, SAME, None, Takeover()),
        (SessionState.LIVE, 3_000, OTHER, None, Replace(reasons.REPLACED_SILENT)),
        # lost within the window: taken over, or its own stop at once
        (SessionState.LOST, 10, SAME, reasons.CONNECTION_CLOSED, Takeover()),
        (SessionState.LOST, 10, OTHER, reasons.CONNECTION_CLOSED, Replace(reasons.CONNECTION_CLOSED)),
        (SessionState.LOST, 60_000, OTHER, reasons.SERVICE_ERROR, Replace(reasons.SERVICE_ERROR)),
    ],
)
def test_a_new_publisher_on_an_open_stream(state, silent_ms, param, lost_for, expected):
    push = NewPush(
        domain="push.example.com", app="live", stream="room1001", stream_param=param, user_ip="192.0.2.1"
    )
    assert decide(an_open_session(state, NOW - silent_ms, lost_for), push, NOW) == expected
