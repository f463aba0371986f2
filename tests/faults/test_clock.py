"""The wall clock jumps, by an hour or a day, ahead or back: nothing storms, nothing stands still."""

import asyncio
import time

import pytest

from support import rtmp_bytes as raw
from support.caller import push_event, report
from support.endurance import drained, wait_until
from support.media_store import key, local_store
from support.movable_server import movable
from support.records import ended
from support.rtmp_client import RtmpClient

HOUR_MS = 3_600_000
JUMPS_MS = (HOUR_MS, -HOUR_MS, 24 * HOUR_MS, -24 * HOUR_MS)
AHEAD_MS = 60 * 24 * HOUR_MS
WAITING = 20
INTERVAL_S = 1
SOON_S = 20  # no jump is shorter


@pytest.fixture(name="server")
def _server(server):
    server.settings |= {
        "AIRHOOK_DELIVERY__SCHEDULES": f"0=100x{INTERVAL_S},1=100x{INTERVAL_S}",
        "AIRHOOK_DELIVERY__MAX_AGE_S": str(10 * 86_400),
    }
    return server


def starts_of(receiver):
    return {body["sequence"] for body in receiver.json_bodies("/begin")}


def test_retries_go_on_at_their_pace(server, receiver):
    receiver.answer(500)
    server.set_up(receiver)
    with movable(server) as clock:
        report(server, *(push_event(f"start{n}", stream=f"r{n}", sequence=n) for n in range(WAITING)))
        receiver.wait_until(lambda: len(starts_of(receiver)) == WAITING)
        for jump_ms in JUMPS_MS:
            clock.offset_ms += jump_ms
            before, at = len(receiver.requests), time.monotonic()
            receiver.wait_for(before + 2 * WAITING, SOON_S)
            rounds = (time.monotonic() - at) / INTERVAL_S
            assert len(receiver.requests) - before <= WAITING * (rounds + 2), "no storm"
        receiver.answer(200)
        drained(server, SOON_S)


def test_what_is_accepted_after_a_jump_goes_out_at_once(server, receiver):
    server.set_up(receiver)
    with movable(server) as clock:
        for n, jump_ms in enumerate(JUMPS_MS):
            report(server, push_event(f"start{n}", sequence=n))
            receiver.wait_for(2 * n + 1, SOON_S)
            clock.offset_ms += jump_ms
            report(server, push_event(f"stop{n}", 0, sequence=n))
            receiver.wait_for(2 * n + 2, SOON_S)
    assert [body["event_type"] for body in receiver.json_bodies()] == [1, 0] * len(JUMPS_MS)


def test_a_lost_push_is_closed_after_its_window_and_a_live_one_goes_on(server, receiver):
    server.set_up(receiver, window_s=2)

    async def scene(clock):
        live = await pushing(server, "live")
        await asyncio.to_thread(receiver.wait_for, 1, path="/begin")
        for n, jump_ms in enumerate(JUMPS_MS):
            lost = await pushing(server, f"lost{n}")
            await asyncio.to_thread(receiver.wait_for, n + 2, path="/begin")
            await lost.reset()
            await asyncio.to_thread(
                wait_until, lambda: "lost" in states(server), SOON_S, "the loss is noticed"
            )
            clock.offset_ms += jump_ms
            await asyncio.to_thread(receiver.wait_for, n + 1, SOON_S, path="/end")
            live.send(raw.message(raw.VIDEO, raw.AVC_FRAME, timestamp=4000 * (n + 1)))
            assert states(server) == [*["closed"] * (n + 1), "live"]
            await lost.close()
        live.send(raw.command("deleteStream", 6, raw.NULL, raw.number(1)))
        live.writer.write_eof()
        await live.closed()
        await live.close()

    with movable(server) as clock:
        asyncio.run(scene(clock))
        receiver.wait_for(len(JUMPS_MS) + 1, path="/end")
    ended = [body["stream_id"] for body in receiver.json_bodies("/end")]
    assert ended == [*(f"lost{n}" for n in range(len(JUMPS_MS))), "live"]


def test_restarts_after_a_clock_that_was_ahead_give_nothing_up(server, receiver):
    server.settings["AIRHOOK_DELIVERY__MAX_AGE_S"] = str(86_400)
    receiver.answer(500)
    server.set_up(receiver)
    with movable(server) as clock:
        clock.offset_ms += 24 * HOUR_MS
        report(server, push_event("start"))
        receiver.wait_for(1, SOON_S)
    for _ in range(2):  # by the first one the clock was set right
        before = len(receiver.requests)
        with movable(server):
            receiver.wait_for(before + 3, SOON_S)
    receiver.answer(200)
    with movable(server):
        drained(server, SOON_S)
    assert ended(server) == ["delivered"]


def test_nothing_is_given_up_or_removed_by_a_clock_that_is_ahead(server, receiver):
    server.settings["AIRHOOK_DELIVERY__MAX_AGE_S"] = "86400"
    receiver.answer(500)
    server.set_up(receiver)
    pictures = local_store(server.folder / "data" / "media")
    (server.folder / "a").write_bytes(b"x")
    asyncio.run(pictures.put(server.folder / "a", key("a.jpg"), "image/jpeg"))
    with movable(server) as clock:
        report(server, push_event("start"))
        tried_again(receiver)
        clock.offset_ms += AHEAD_MS
        tried_again(receiver)
        clock.offset_ms -= AHEAD_MS
        tried_again(receiver)
    for offset_ms in (AHEAD_MS, 0):
        with movable(server, offset_ms):
            tried_again(receiver)
    receiver.answer(200)
    with movable(server):
        drained(server, SOON_S)
    assert ended(server) == ["delivered"]
    assert pictures.find(key("a.jpg")) is not None


def tried_again(receiver):
    receiver.wait_for(len(receiver.requests) + 2, SOON_S)


async def pushing(server, name):
    client = await RtmpClient.dial(int(server.where["rtmp"].rpartition(":")[2]))
    await client.shake_hands()
    client.send(raw.session(name, frames=3, farewell=()))
    await client.status("NetStream.Publish.Start")
    return client


def states(server):
    return sorted(state for (state,) in server.rows("SELECT state FROM sessions"))
