"""Push exceptions (321) from a real push that stops and goes on."""

import signal
import time

from support.publishers import ffmpeg_command, publishing
from support.server import DOMAIN


def test_a_publisher_that_pauses_is_told_of_with_the_length_of_the_gap(server, receiver):
    server.set_up(receiver)
    (template,) = server.json("template", "list", "--json")
    server.cli("template", "set", str(template["id"]), "--url", f"321={receiver.url('/exception')}")
    server.start()
    with publishing(ffmpeg_command(server.push_url(params="a=1"))) as publisher:
        receiver.wait_for(1, path="/begin")
        time.sleep(1.5)  # of sound stream
        publisher.send_signal(signal.SIGSTOP)
        time.sleep(3.5)  # the gap itself
        publisher.send_signal(signal.SIGCONT)
        (request,) = receiver.wait_for(1, 45, path="/exception")
    body = request.json()
    begin = receiver.json_bodies("/begin")[0]
    assert (body["domain"], body["path"], body["stream_id"]) == (DOMAIN, "live", "room1001")
    assert (body["event_type"], body["interface"], body["report_interval"]) == (321, "general_callback", 5000)
    assert (body["sequence"], body["user_ip"]) == (begin["sequence"], "127.0.0.1")
    kinds = {one["type"]: one for one in body["abnormal_event"]}
    assert {5, 6, 7} <= set(kinds)
    assert kinds[5]["detail"][0]["desc"] == "chunk size 60000 bigger than 8192"  # ffmpeg's
    assert kinds[6]["count"] == 1
    assert kinds[6]["type_desc_en"] == "video frame arrive interval bigger than 3000(ms)"
    (seen,) = kinds[6]["detail"]
    gap_ms = int(
        seen["desc"].removeprefix("video frame arrive interval too long, interval=").removesuffix("(msec)")
    )
    assert 3000 <= gap_ms <= 8000
    assert abs(seen["occur_time"] / 1000 - time.time()) < 60
