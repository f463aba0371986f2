"""The server dies at every point of the way: exactly one start and one stop arrive, in order, and nothing is lost."""

import pytest

from support.delivery_bench import eventually
from support.publishers import ffmpeg_command, publishing, vanish

SOON_S = 45

POINTS = [
    "session.before_admit",
    "session.after_admit",
    "session.before_announce",
    "session.after_announce",
    "session.before_end",
    "session.after_end",
    "delivery.before_send",
    "delivery.after_send",
    *(f"writer.before_commit:{n}" for n in range(1, 6)),
    *(f"writer.after_log_commit:{n}" for n in (1, 2)),
    *(f"writer.after_commit:{n}" for n in range(1, 6)),
]


@pytest.mark.parametrize("point", POINTS)
def test_a_crash_anywhere_leaves_one_start_and_one_stop(server, receiver, point):
    server.set_up(receiver, window_s=1)
    server.start(AIRHOOK_DEBUG__FAILPOINTS=point)
    with publishing(ffmpeg_command(server.push_url(), seconds=2)) as ffmpeg:
        assert server.wait_for_death() == 137
        vanish(ffmpeg)
    server.start()
    admitted = point not in ("session.before_admit", "writer.before_commit:1")
    if not admitted:
        # Nothing was promised to that publisher, so that it comes again.
        with publishing(ffmpeg_command(server.push_url(), seconds=1)):
            receiver.wait_until(lambda: stops(receiver) >= 1, SOON_S)
    receiver.wait_until(lambda: stops(receiver) >= 1, SOON_S)
    server.stop()

    order = distinct(receiver)
    assert [kind for kind, _ in order] == [1, 0]
    assert order[0][1] == order[1][1], "start and stop of one push"
    assert len(receiver.requests) <= 3, "at most one repeat for the one attempt under way"


def test_waiting_deliveries_survive_kill_9(server, receiver):
    """Ten pushes whose receiver is down; the server is killed; after the restart all of them arrive, in order."""
    server.settings["AIRHOOK_DELIVERY__SCHEDULES"] = "0=100x1,1=100x1"
    receiver.answer(503)
    server.set_up(receiver)
    server.start()
    streams = [f"room{n}" for n in range(10)]
    for stream in streams:
        with publishing(ffmpeg_command(server.push_url(stream), seconds=0.3, size="64x64")) as ffmpeg:
            ffmpeg.wait(SOON_S)
    receiver.wait_until(lambda: len({body["stream_id"] for body in receiver.json_bodies()}) == 10, SOON_S)
    # A push that the server has not seen end yet would wait for its reconnect window after the restart.
    eventually(lambda: server.rows("SELECT count(*) FROM sessions WHERE state = 'closed'") == [(10,)], SOON_S)
    server.kill()
    failed = len(receiver.requests)
    receiver.answer(200)
    server.start()
    receiver.wait_until(lambda: stops(receiver, failed) >= 10, SOON_S)

    for stream in streams:
        answered = [body for body in receiver.json_bodies()[failed:] if body["stream_id"] == stream]
        assert [body["event_type"] for body in answered] == [1, 0]


def stops(receiver, since=0):
    return sum(body["event_type"] == 0 for body in receiver.json_bodies()[since:])


def distinct(receiver):
    """What a receiver that knows the repeated ones keeps: (event_type, sequence) in order of arrival."""
    return list(dict.fromkeys((body["event_type"], body["sequence"]) for body in receiver.json_bodies()))
