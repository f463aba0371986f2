"""The server as a whole: who gets in, what the sessions see, and how it stops."""

import asyncio
import logging

import pytest
import uvloop

from airhook.core import reasons
from airhook.core.clock import SystemClock
from airhook.core.push_ports import PushTicket
from airhook.ingest.limits import IngestLimits
from airhook.ingest.publication import Publication
from airhook.ingest.registry import Registry
from airhook.ingest.server import RtmpServer
from support import rtmp_bytes as raw
from support.push_gate import FIRST, SECOND, RecordingGate
from support.rtmp_ingest import ingest


def test_activity_shows_each_live_push() -> None:
    async def main() -> None:
        async with ingest() as here:
            one, two = await here.publisher("one"), await here.publisher("two")
            before_ms = SystemClock().now_ms()
            one.send(raw.message(raw.VIDEO, raw.AVC_HEADER))
            two.send(raw.message(raw.VIDEO, raw.AVC_HEADER), raw.message(raw.VIDEO, bytes(5000)))
            await here.gate.wait("announce", 2)
            activity = here.server.activity()
            assert set(activity) == {FIRST, SECOND}
            assert activity[FIRST].bytes < 500
            assert activity[SECOND].bytes > 5000
            assert before_ms <= activity[FIRST].last_data_ms <= SystemClock().now_ms()
            await one.close()
            await here.gate.wait("end")
            assert set(here.server.activity()) == {SECOND}

    uvloop.run(main())


def test_before_any_data_the_last_data_is_not_after_the_admission() -> None:
    """By this the sessions tell a push without any data from one that fell silent."""

    async def main() -> None:
        async with ingest() as here:
            client = await here.waiting()
            admitted_ms = SystemClock().now_ms()
            await asyncio.sleep(0.01)
            here.gate.open.set()
            await client.status("NetStream.Publish.Start")
            assert admitted_ms - 1000 < here.server.activity()[FIRST].last_data_ms <= admitted_ms

    uvloop.run(main())


def test_a_cut_push_is_told_closed_and_not_reported() -> None:
    async def main() -> None:
        async with ingest() as here:
            client = await here.publisher()
            here.server.cut(FIRST, reasons.DROPPED)
            assert here.server.activity() == {}
            status = await client.status("NetStream.Publish.Failed")
            assert status["description"] == reasons.DROPPED.text
            await client.closed()
        assert "end" not in here.gate.names()

    uvloop.run(main())


@pytest.mark.parametrize(
    "ticket", [PushTicket(1, 2), PushTicket(9, 1)], ids=["another epoch", "another session"]
)
def test_cutting_what_is_not_there_touches_nothing(ticket: PushTicket) -> None:
    async def main() -> None:
        async with ingest() as here:
            await here.publisher()
            here.server.cut(ticket, reasons.DROPPED)
            assert set(here.server.activity()) == {FIRST}

    uvloop.run(main())


def test_a_push_replaced_before_its_admission_came_back_never_starts() -> None:
    async def main() -> None:
        async with ingest() as here:
            here.gate.on_admit = lambda ticket: here.server.cut(ticket, reasons.REPLACED)
            client = await here.client()
            client.send(raw.connect(), raw.publish())
            status = await client.status("NetStream.Publish.Failed")
            assert status["description"] == reasons.REPLACED.text
            await client.closed()
            assert here.server.activity() == {}
        assert here.gate.names() == ["admit"]

    uvloop.run(main())


def test_a_cut_for_a_push_that_never_came_is_forgotten() -> None:
    async def main() -> None:
        registry = Registry(IngestLimits())
        with registry.admission():
            registry.cut(SECOND, reasons.REPLACED)
        with registry.admission():
            push = Publication(SECOND, 0, SystemClock(), lambda _reason: None)
            assert registry.add(push) is None

    asyncio.run(main())


def test_draining_refuses_new_pushes_and_keeps_the_old() -> None:
    async def main() -> None:
        async with ingest() as here:
            old = await here.publisher("old")
            here.server.drain()
            new = await here.client()
            new.send(raw.connect(), raw.publish("new"))
            status = await new.status("NetStream.Publish.Failed")
            assert status["description"] == "The live streaming service is stopped"
            old.send(raw.message(raw.VIDEO, raw.AVC_HEADER))
            await here.gate.wait("announce")
            assert set(here.server.activity()) == {FIRST}
        assert here.gate.count("admit") == 1

    uvloop.run(main())


def test_a_stop_closes_every_connection_and_reports_no_end() -> None:
    async def main() -> None:
        async with ingest() as here:
            clients = [await here.publisher("one"), await here.client(), await here.caller()]
            await here.server.stop()
            for client in clients:
                await client.closed()
            with pytest.raises(OSError, match=r"Connect|refused"):
                await here.caller()
        assert here.gate.names() == ["admit"]

    uvloop.run(main())


def test_a_stop_while_a_push_is_judged_leaves_it_to_the_sessions() -> None:
    async def main() -> None:
        async with ingest() as here:
            client = await here.waiting()
            stop = asyncio.create_task(here.server.stop())
            await client.closed()
            here.gate.open.set()
            await asyncio.wait_for(stop, 5)
        assert here.gate.names() == ["admit"]

    uvloop.run(main())


def test_a_stop_waits_for_ends_that_came_before() -> None:
    async def main() -> None:
        async with ingest() as here:
            client = await here.publisher()
            here.gate.committing.clear()
            await client.close()
            await here.gate.wait("ending")
            stop = asyncio.create_task(here.server.stop())
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.shield(stop), 0.05)
            here.gate.committing.set()
            await stop
            assert here.gate.count("end") == 1

    uvloop.run(main())


def test_a_publish_that_waited_for_an_end_is_not_let_in_after_a_stop() -> None:
    async def main() -> None:
        async with ingest() as here:
            client = await here.publisher()
            here.gate.committing.clear()
            client.send(raw.goodbye("deleteStream"), raw.publish("room2"))
            await here.gate.wait("ending")
            stop = asyncio.create_task(here.server.stop())
            await client.closed()
            here.gate.committing.set()
            await stop
        assert here.gate.names() == ["admit", "announce", "end"]

    uvloop.run(main())


@pytest.mark.parametrize(
    "limits", [{"connections": 2}, {"connections_per_address": 2}], ids=["in total", "from one address"]
)
def test_connections_are_counted_in_and_out(limits: dict[str, int]) -> None:
    async def main() -> None:
        async with ingest(handshake_s=60, setup_s=60, **limits) as here:
            first = await here.client()
            await here.client()
            third = await here.caller()
            await third.closed()
            await first.close()
            while len(here.server._registry.clients) == 2:
                await asyncio.sleep(0.001)
            await here.publisher()

    uvloop.run(main())


def test_log_lines_tell_of_each_push_and_never_its_secrets(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        with caplog.at_level(logging.INFO, "airhook.ingest"):
            async with ingest() as here:
                client = await here.client()
                await client.publish("room1?txSecret=hush")
                await client.close()
                await here.gate.wait("end")

    uvloop.run(main())
    assert [record.message for record in caplog.records] == ["push published", "push ended"]
    published, ended = caplog.records
    assert vars(published)["stream"] == "room1"
    assert vars(published)["session_id"] == 1
    assert vars(ended)["reason"] == reasons.CONNECTION_CLOSED.text
    assert "hush" not in str([vars(record) for record in caplog.records])


def test_a_client_that_left_is_not_missed_later(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        with caplog.at_level(logging.INFO, "airhook.ingest"):
            async with ingest(setup_s=0.1) as here:
                client = await here.client()
                await client.close()
                await asyncio.sleep(0.3)

    uvloop.run(main())
    assert caplog.records == []


def test_a_port_that_is_taken_is_an_error_of_the_start() -> None:
    async def main() -> None:
        async with ingest() as here:
            second = RtmpServer(RecordingGate(), SystemClock())
            with pytest.raises(OSError, match="in use"):
                await second.start("127.0.0.1", here.port)
            await second.stop()

    uvloop.run(main())
