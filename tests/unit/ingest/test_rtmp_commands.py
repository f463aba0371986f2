"""The calls and control messages of encoders, and what they are answered."""

import struct

import pytest
import uvloop

from airhook.core import reasons
from support import rtmp_bytes as raw
from support.rtmp_ingest import ingest


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        pytest.param("releaseStream", ["_result", 9.0, None], id="releaseStream"),
        pytest.param("FCPublish", ["_result", 9.0, None], id="FCPublish"),
        pytest.param("_checkbw", ["_result", 9.0, None], id="_checkbw"),
        pytest.param("getStreamLength", ["_result", 9.0, None, 0.0], id="getStreamLength"),
        pytest.param("createStream", ["_result", 9.0, None, 1.0], id="createStream"),
    ],
)
def test_calls_of_encoders_are_answered(command: str, answer: list[object]) -> None:
    async def main() -> None:
        async with ingest() as here:
            client = await here.client()
            client.send(raw.connect(), raw.command(command, 9, raw.NULL, raw.text("room1")))
            assert await client.result(9) == answer

    uvloop.run(main())


def test_fc_publish_is_confirmed_by_its_own_message() -> None:
    async def main() -> None:
        async with ingest() as here:
            client = await here.client()
            client.send(raw.connect(), raw.command("FCPublish", 9, raw.NULL, raw.text("room1")))
            while (answer := await client.command())[0] != "onFCPublish":
                pass
            assert answer[3]["code"] == "NetStream.Publish.Start"

    uvloop.run(main())


def test_connect_is_answered_with_windows_and_chunk_size_first() -> None:
    async def main() -> None:
        async with ingest() as here:
            client = await here.client()
            client.send(raw.connect())
            name, _, server, information = await client.result(1)
            assert (name, information["code"]) == ("_result", "NetConnection.Connect.Success")
            assert server["fmsVer"].startswith("FMS/")
            assert [message.type for message in client.heard] == [5, 6, 20], (
                "the reader obeys Set Chunk Size itself"
            )

    uvloop.run(main())


def test_unknown_calls_get_an_error_and_do_not_end_the_push() -> None:
    async def main() -> None:
        async with ingest() as here:
            client = await here.publisher()
            client.send(raw.command("sing", 0, raw.NULL), raw.command("dance", 11, raw.NULL))
            answer = await client.command()
            assert answer[:2] == ["_error", 11.0], (
                "and nothing for a call with number 0, which asks for no answer"
            )
            client.send(raw.goodbye("deleteStream"))
            assert await here.gate.reason() == reasons.CLIENT_STOPPED

    uvloop.run(main())


def test_commands_in_their_amf3_form() -> None:
    async def main() -> None:
        async with ingest() as here:
            client = await here.client()
            payload = b"\0" + raw.text("createStream") + raw.number(4) + raw.NULL
            client.send(raw.connect(), raw.message(17, payload, csid=3, stream_id=0))
            assert (await client.result(4))[3] == 1.0

    uvloop.run(main())


def test_play_is_refused() -> None:
    async def main() -> None:
        async with ingest() as here:
            client = await here.client()
            client.send(raw.connect(), raw.command("play", 5, raw.NULL, raw.text("room1")))
            status = await client.status("NetStream.Play.Failed")
            assert "plays nothing" in status["description"]
            await client.closed()

    uvloop.run(main())


def test_pings_are_answered_with_their_timestamp() -> None:
    async def main() -> None:
        async with ingest() as here:
            client = await here.client()
            client.send(raw.connect(), raw.message(raw.USER_CONTROL, b"\0\6\1\2\3\4", csid=2, stream_id=0))
            assert (await client.message(raw.USER_CONTROL)).payload == b"\0\7\1\2\3\4"

    uvloop.run(main())


def test_what_was_received_is_acknowledged_within_the_publishers_window() -> None:
    async def main() -> None:
        async with ingest() as here:
            client = await here.publisher()
            client.send(raw.control(raw.WINDOW_SIZE, 10_000))
            sent = 0
            for _ in range(
                3
            ):  # a publisher that stops until its window is acknowledged must not wait for ever
                client.send(raw.message(raw.VIDEO, bytes(9_900)))
                sent += 9_900
                acknowledgement = await client.message(raw.ACKNOWLEDGEMENT)
                assert struct.unpack(">I", acknowledgement.payload)[0] >= sent - 10_000
            client.heard.clear()
            for _ in range(20):  # far less than a window
                client.send(raw.message(raw.USER_CONTROL, b"\0\6\1\2\3\4", csid=2, stream_id=0))
                await client.message(raw.USER_CONTROL)
            assert [message.type for message in client.heard].count(raw.ACKNOWLEDGEMENT) <= 1

    uvloop.run(main())
