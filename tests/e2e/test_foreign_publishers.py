"""Every publisher that people use: each gives a start with the video's size and a stop."""

import pytest

from support.publishers import debian_ffmpeg, ffmpeg_command, gstreamer_command, newest_ffmpeg, publishing

SOON_S = 45

PUBLISHERS = {
    "Debian's ffmpeg": lambda url: ffmpeg_command(url, program=debian_ffmpeg(), seconds=2),
    "a current ffmpeg": lambda url: ffmpeg_command(url, program=newest_ffmpeg(), seconds=2),
    "a current ffmpeg, HEVC by enhanced RTMP": lambda url: ffmpeg_command(
        url, program=newest_ffmpeg(), seconds=2, codec="libx265"
    ),
    "GStreamer's rtmpsink (librtmp, as in OBS)": lambda url: gstreamer_command(url, frames=30),
}


@pytest.mark.parametrize("name", PUBLISHERS)
def test_a_push_is_reported(server, receiver, name):
    server.set_up(receiver)
    server.start()
    with publishing(PUBLISHERS[name](server.push_url())):
        receiver.wait_for(2, SOON_S)
    begin, end = receiver.json_bodies()
    assert (begin["event_type"], end["event_type"]) == (1, 0)
    assert (begin["width"], begin["height"]) == (320, 240)
    assert end["errcode"] == 1
    assert int(end["push_duration"]) >= 1000
