"""Pull addresses: which are taken, and what becomes of them for one stream."""

import pytest

from airhook.core import pull_urls
from airhook.core.errors import InvalidError
from airhook.core.streams import StreamKey

KEY = StreamKey(1, "push.example.com", "live", "room1001")


@pytest.mark.parametrize(
    ("pattern", "url"),
    [
        ("rtmp://10.0.0.5:1935/{app}/{stream}", "rtmp://10.0.0.5:1935/live/room1001"),
        (" https://m.example.com/{domain}/{stream}.m3u8?k=1 ", "https://m.example.com/push.example.com/room1001.m3u8?k=1"),
        ("rtsp://[fd00::5]:8554/{stream}", "rtsp://[fd00::5]:8554/room1001"),
    ],
)  # fmt: skip
def test_a_pattern_becomes_the_url_of_a_stream(pattern, url):
    assert pull_urls.fill(pull_urls.check(pattern), KEY) == url


def test_names_cannot_leave_their_place():
    sly = KEY._replace(stream="../x?y#z")
    assert (
        pull_urls.fill("http://m.example.com/{stream}.flv", sly) == "http://m.example.com/..%2Fx%3Fy%23z.flv"
    )


def test_nothing_stays_nothing():
    assert pull_urls.check("  ") == ""


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("rtmp://10.0.0.5/live/room", "needs the place {stream}"),
        ("rtmp://10.0.0.5/{app}/{name}/{stream}", "may have these places: {domain}, {app}, {stream}"),
        ("rtmp://10.0.0.5/{app/{stream}", "may have these places"),
        ("file:///etc/{stream}", "is no address such as"),
        ("concat:{stream}", "is no address such as"),
        ("rtmp://{domain}/{stream}", "a fixed host"),
        ("rtmp://10.0.0.5:99999/{stream}", "is no address such as"),
        ("rtmp://10.0.0.5/{app}/{stream} live=1", "is no address such as"),
        ("rtsp://me:secret@10.0.0.5/{stream}", "must not hold a user name or password"),
        ("rtmp://10.0.0.5/{stream}" + "x" * 2048, "longer than 2048"),
    ],
)
def test_what_is_wrong_is_named(pattern, said):
    with pytest.raises(InvalidError) as caught:
        pull_urls.check(pattern)
    assert caught.value.field == "pull_url"
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("url", "web"),
    [
        ("rtmp://10.0.0.5:1935/live/x", "http://10.0.0.5:1935/"),
        ("rtsp://[::1]/live/x", "http://[::1]/"),
    ],
)
def test_the_host_is_judged_as_that_of_a_callback(url, web):
    assert pull_urls.as_web(url) == web
