"""The names in a push URL, however an encoder splits it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airhook.ingest.errors import ContentError
from airhook.ingest.names import PushAddress, push_address

HOST = "rtmp://push.example.com/live"
KEY = "txSecret=0a1b&txTime=6A00"


@pytest.mark.parametrize(
    ("tc_url", "app", "stream", "address"),
    [
        pytest.param(HOST, "live", f"room1?{KEY}", ("push.example.com", "live", "room1", KEY), id="ffmpeg"),
        pytest.param(
            f"rtmp://10.0.0.9/live?{KEY}&vhost=a.example", f"live?{KEY}&vhost=a.example", "room1",
            ("a.example", "live", "room1", f"{KEY}&vhost=a.example"), id="OBS with everything in the server field",
        ),
        pytest.param(
            "rtmp://10.0.0.9:1935/live", "live", f"room1?vhost=a.example&{KEY}",
            ("a.example", "live", "room1", f"vhost=a.example&{KEY}"), id="vhost in the stream key wins over the host",
        ),
        pytest.param(HOST, "live?a=1", "room1?b=2", ("push.example.com", "live", "room1", "b=2"), id="stream's query"),
        pytest.param(HOST, "live?a=1", "room1", ("push.example.com", "live", "room1", "a=1"), id="app's query"),
        pytest.param(f"{HOST}?c=3", "live", "room1", ("push.example.com", "live", "room1", "c=3"), id="tcUrl's query"),
        pytest.param(
            HOST, "live?vhost=b.example", "room1?x=1", ("b.example", "live", "room1", "x=1"), id="vhost in the app"
        ),
        pytest.param(
            HOST, "live?vhost=b.example", "r?vhost=a.example", ("a.example", "live", "r", "vhost=a.example"),
            id="the stream's vhost before the app's",
        ),
        pytest.param(HOST, "live", "r?vhost=", ("push.example.com", "live", "r", "vhost="), id="an empty vhost"),
        pytest.param(
            HOST, "live", "r?vhost=A.Example.:1935", ("a.example", "live", "r", "vhost=A.Example.:1935"),
            id="a vhost with capitals, final dot and port; the query stays as it came",
        ),
        pytest.param(HOST, "live", "r?a=%20&&b", ("push.example.com", "live", "r", "a=%20&&b"), id="verbatim query"),
        pytest.param(HOST, "live", "r?a=b?c", ("push.example.com", "live", "r", "a=b?c"), id="a second question mark"),
        pytest.param("rtmp://PUSH.Example.COM./live", "live", "r", ("push.example.com", "live", "r", ""), id="capitals"),
        pytest.param("rtmp://push.example.com:19350/live", "live", "r", ("push.example.com", "live", "r", ""), id="port"),
        pytest.param("rtmp://u:p@push.example.com/live", "live", "r", ("push.example.com", "live", "r", ""), id="user"),
        pytest.param("rtmps://push.example.com/live", "live", "r", ("push.example.com", "live", "r", ""), id="rtmps"),
        pytest.param("rtmp://[2001:DB8::1]:1935/live", "live", "r", ("2001:db8::1", "live", "r", ""), id="IPv6"),
        pytest.param("rtmp://push.example.com", "live", "r", ("push.example.com", "live", "r", ""), id="bare host"),
        pytest.param("rtmp://push.example.com?vhost=c.example", "live", "r",
                     ("c.example", "live", "r", "vhost=c.example"), id="host and query"),
        pytest.param("", "live", "r", ("", "live", "r", ""), id="no tcUrl"),
        pytest.param("push.example.com/live", "live", "r", ("", "live", "r", ""), id="no scheme"),
        pytest.param(HOST, "live/", "r", ("push.example.com", "live", "r", ""), id="app with a slash"),
        pytest.param(HOST, "live/_definst_", "r", ("push.example.com", "live", "r", ""), id="default instance"),
        pytest.param(HOST, "live/_definst_/", "/r/", ("push.example.com", "live", "r", ""), id="slashes everywhere"),
        pytest.param(HOST, "live/?a=1", "r", ("push.example.com", "live", "r", "a=1"), id="slash before the query"),
        pytest.param(HOST, "live?a=1/", "r", ("push.example.com", "live", "r", "a=1"), id="slash after the query"),
        pytest.param(HOST, "live/sub", "r", ("push.example.com", "live/sub", "r", ""), id="for the sessions to refuse"),
        pytest.param(HOST, "live", "r\0?k=\0", ("push.example.com", "live", "r\ufffd", "k=\ufffd"), id="NUL"),
        pytest.param(HOST, "", "", ("push.example.com", "", "", ""), id="nothing"),
    ],
)  # fmt: skip
def test_a_push_url(tc_url: str, app: str, stream: str, address: tuple[str, str, str, str]) -> None:
    assert push_address(tc_url, app, stream) == PushAddress(*address)


@pytest.mark.parametrize(
    ("tc_url", "app", "stream"),
    [
        pytest.param(HOST, "live", "r?" + "q" * 4097, id="query"),
        pytest.param(HOST, "live", "r" * 513, id="stream"),
        pytest.param(HOST, "a" * 513, "r", id="app"),
        pytest.param("rtmp://" + "h" * 513, "live", "r", id="domain"),
    ],
)
def test_giant_names_are_refused(tc_url: str, app: str, stream: str) -> None:
    with pytest.raises(ContentError, match="longer than"):
        push_address(tc_url, app, stream)


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_any_text_gives_an_address_that_a_database_can_keep(tc_url: str, app: str, stream: str) -> None:
    address = push_address(f"rtmp://{tc_url}", app, stream)
    assert address.stream == address.stream.strip("/")
    assert "\0" not in "".join(address)
