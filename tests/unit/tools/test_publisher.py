"""Real pushes into the real ingest: how they begin, end, vanish, and what is said when they may not."""

import asyncio
import contextlib
import os
import signal
import sys

import pytest

from airhook.core import reasons
from airhook.core.clock import SystemClock
from airhook.core.errors import AirhookError
from airhook.core.push_ports import Refusal
from airhook.ingest.server import RtmpServer
from airhook.tools.publish import Picture, Publisher, Report
from airhook.tools.publish.muxer import reason
from support.push_gate import RecordingGate

SOON_S = 30
SMALL = Picture(width=160, height=90, fps=10, bitrate=100)
VANISHED = (reasons.CONNECTION_CLOSED, reasons.READ_FAILED)  # which of the two is the kernel's choice


@contextlib.asynccontextmanager
async def ingest():
    gate = RecordingGate()
    server = RtmpServer(gate, SystemClock())
    port = await server.start("127.0.0.1", 0)
    try:
        yield gate, server, f"rtmp://127.0.0.1:{port}/live/room1?vhost=push.example.com&txTime=1"
    finally:
        await server.stop()


def run(work):
    async def within_bounds():
        async with asyncio.timeout(SOON_S), ingest() as (gate, server, url):
            return await work(gate, server, url)

    return asyncio.run(within_bounds())


def test_a_push_shows_its_picture_and_says_goodbye_when_its_time_is_over():
    async def work(gate, _server, url):
        heard: list[Report] = []
        async with Publisher(url, picture=SMALL, duration_s=1.5, on_report=heard.append) as publisher:
            await publisher.started()
            last = await publisher.ended()
            why = await gate.reason()
        return gate, heard, last, why

    gate, heard, last, why = run(work)
    (push,) = gate.all("admit")[0]
    assert (push.domain, push.app, push.stream) == ("push.example.com", "live", "room1")
    assert push.stream_param == "vhost=push.example.com&txTime=1"
    assert gate.all("announce")[0][1:] == (160, 90)
    assert [report.state for report in heard] == ["started", "sending", "sending", "ended"]
    assert last.seconds == pytest.approx(1.5)
    assert why == reasons.CLIENT_STOPPED
    _, _, activity = gate.all("end")[0]
    assert activity.bytes >= last.bytes > 5000


def test_a_stop_is_a_goodbye():
    async def work(gate, _server, url):
        async with Publisher(url, picture=SMALL) as publisher:
            await publisher.started()
            await gate.wait("announce")
            last = await publisher.stop()
        return last.state, await gate.reason()

    assert run(work) == ("ended", reasons.CLIENT_STOPPED)


@pytest.mark.parametrize("how", ["drop", "leave the block"])
def test_without_a_goodbye_the_connection_just_closes(how):
    async def work(gate, _server, url):
        async with Publisher(url, picture=SMALL) as publisher:
            await publisher.started()
            await gate.wait("announce")
            if how == "drop":
                publisher.drop()
                await publisher.ended()
        return await gate.reason()

    assert run(work) in VANISHED


def test_a_refusal_is_told_in_the_words_of_the_server():
    async def work(gate, _server, url):
        gate.answer = Refusal(reasons.TX_SECRET_WRONG)
        async with Publisher(url, picture=SMALL) as publisher:
            with pytest.raises(AirhookError) as refused:
                await publisher.started()
        return refused.value.message

    message = run(work)
    assert message.startswith("the push to rtmp://127.0.0.1:")
    assert message.endswith("/live/room1 failed: the server says: The push authentication failed")
    assert "txTime" not in message


def test_a_push_that_the_server_ends_has_failed():
    async def work(gate, server, url):
        async with Publisher(url, picture=SMALL) as publisher:
            await publisher.started()
            await gate.wait("announce")
            ticket = next(iter(server.activity()))
            server.cut(ticket, reasons.DROPPED)
            with pytest.raises(AirhookError) as broken:
                await publisher.ended()
        return broken.value.message

    assert "failed: " in run(work)


def test_a_server_that_is_not_there_is_named():
    async def work():
        async with (
            asyncio.timeout(SOON_S),
            Publisher("rtmp://127.0.0.1:1/live/room1", picture=SMALL) as publisher,
        ):
            await publisher.started()

    with pytest.raises(AirhookError, match=r"127\.0\.0\.1:1 failed: Connection refused"):
        asyncio.run(work())


def test_a_killed_command_leaves_no_publisher_behind():
    """Whoever kills ``airhook publish`` with -9 wants a lost connection, and nothing that goes on."""

    async def work(gate, _server, url):
        command = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "airhook",
            "publish",
            url,
            "--size",
            "160x90",
            stdout=asyncio.subprocess.DEVNULL,
        )
        await gate.wait("announce")
        command.kill()
        await command.wait()
        return await gate.reason()

    assert run(work) in VANISHED


@pytest.mark.parametrize(
    ("options", "sign", "why", "says"),
    [
        (["--duration", "1"], None, (reasons.CLIENT_STOPPED,), "Stopped properly after 1.0 s"),
        ([], signal.SIGINT, (reasons.CLIENT_STOPPED,), "Stopped properly after"),
        ([], signal.SIGTERM, (reasons.CLIENT_STOPPED,), "Stopped properly after"),
        (["--duration", "1", "--drop"], None, VANISHED, "Vanished without a goodbye after"),
        (["--duration", "1", "--quiet"], None, (reasons.CLIENT_STOPPED,), ""),
    ],
    ids=["its time is over", "Ctrl-C", "SIGTERM", "dropped", "quiet"],
)
def test_the_command_ends_as_asked(options, sign, why, says):
    async def work(gate, _server, url):
        arguments = ["-m", "airhook", "publish", url, "--size", "160x90", "--fps", "10", *options]
        command = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, stdout=asyncio.subprocess.PIPE, start_new_session=True
        )
        await gate.wait("announce")
        if sign:
            os.killpg(command.pid, sign)  # as a terminal does: everything that runs in it hears the signal
        output, _ = await command.communicate()
        return command.returncode, output.decode(), await gate.reason()

    status, output, ended = run(work)
    assert status == 0
    assert ended in why
    assert says in output
    assert bool(output) == bool(says)
    assert "txTime" not in output


def test_the_command_fails_when_it_is_refused():
    async def work(gate, _server, url):
        gate.answer = Refusal(reasons.DOMAIN_UNKNOWN)
        arguments = ["-m", "airhook", "publish", url]
        command = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        _, errors = await command.communicate()
        return command.returncode, errors.decode()

    status, errors = run(work)
    assert status == 1
    assert errors.startswith("airhook: the push to rtmp://127.0.0.1:")
    assert errors.endswith("failed: the server says: The push domain is not recognized\n")


REASONS = {
    # FFmpeg's log lines and its error: what is told
    "the server's words count most": (
        ["Something\n", "Server error: no way\n"],
        OSError(1, "Operation not permitted"),
        "the server says: no way",
    ),
    "else the first line": (
        ["Connection to tcp://a:1?tcp_nodelay=0 failed\n", "Cannot open\n"],
        OSError(5, "x"),
        "Connection to tcp://a:1 failed",
    ),
    "else the system's text": ([], OSError(32, "Broken pipe"), "Broken pipe"),
    "else the error": ([], ValueError("odd"), "odd"),
}


@pytest.mark.parametrize("name", REASONS)
def test_the_reason_is_the_most_telling_text(name):
    logs, error, told = REASONS[name]
    assert reason(logs, error) == told
