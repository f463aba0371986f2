"""Every kind of bad receiver at once, each with its own delivery: each failure has its name, and nobody else waits."""

import gzip
import socket
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from support.caller import report, task_event
from support.certificates import Authority
from support.endurance import drained
from support.ports import free_port
from support.receiver import Receiver
from support.records import ended_at, outcomes
from support.server import AirhookServer
from support.talking import talking

TIMEOUT_S = 12
METADATA = (("Location", "http://169.254.169.254/latest/meta-data/"),)
MIB = 1024 * 1024
GROWTH_MAX = 60 * MIB  # of the server's memory, whatever they send

STATUSES = [
    101,
    201,
    202,
    204,
    206,
    226,
    301,
    302,
    303,
    307,
    308,
    400,
    401,
    403,
    404,
    410,
    418,
    429,
    500,
    502,
    503,
    599,
    999,
]

ANSWERS: dict[str, Any] = {
    "hung": ({"never": True}, (None, "timeout")),
    "a byte a second": ({"body": b"x" * 100, "byte_every_s": 1}, (200, None)),
    "giant": ({"body": b"y" * 50 * MIB}, (200, None)),
    "endless": ({"endless": True}, (200, None)),
    "endless failure": ({"status": 500, "endless": True}, (500, "bad_status")),
    "gzip bomb": (
        {"body": gzip.compress(b"\0" * 50 * MIB), "headers": (("Content-Encoding", "gzip"),)},
        (200, None),
    ),
    "reset": ({"reset": True}, (None, "connection_reset")),
    "closed": ({"hang_up": True}, (None, "empty_answer")),
    "not http": ({"raw": b"SSH-2.0-OpenSSH_9.2\r\n"}, (None, "answer_invalid")),
    "giant head": ({"raw": b"HTTP/1.1 200 OK\r\nX: " + b"x" * MIB}, (None, "answer_invalid")),
    "many heads": ({"raw": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000}, (None, "answer_invalid")),
    "half a head": ({"raw": b"HTTP/1.1 200 OK\r\nContent-"}, (None, "answer_invalid")),
    "100 again and again": ({"raw": b"HTTP/1.1 100 Go\r\n\r\n" * 50_000}, (None, "answer_invalid")),
    "a status beyond 64 bits": ({"raw": b"HTTP/1.1 2" + b"0" * 30 + b"\r\n\r\n"}, (None, "answer_invalid")),
    "a length that is none": (
        {"raw": b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"},
        (None, "answer_invalid"),
    ),
    "a longer length than the body": (
        {"raw": b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf"},
        (200, None),
    ),
    "chunks without end": (
        {"raw": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * MIB},
        (200, None),
    ),
    "bytes that are no text": (
        {"raw": b"HTTP/1.1 200 \xff\xfe\r\nX: \xff\0\r\nContent-Length: 3\r\n\r\n\xff\0\xfe"},
        (None, "answer_invalid"),
    ),
    "no text in the body": ({"body": b"\xff\0\xfe" * 100}, (200, None)),
    "redirected to metadata": ({"status": 302, "headers": METADATA}, (302, "bad_status")),
    "redirected for good": ({"status": 308, "headers": METADATA}, (308, "bad_status")),
}


def _half_close(near: socket.socket) -> None:
    near.recv(65536)
    near.shutdown(socket.SHUT_WR)
    near.recv(65536)


def _half_close_unread(near: socket.socket) -> None:
    near.shutdown(socket.SHUT_WR)
    time.sleep(TIMEOUT_S)


def _trickle_head(near: socket.socket) -> None:
    near.recv(65536)
    for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n":
        near.send(bytes([byte]))
        time.sleep(0.5)


def _stall(near: socket.socket) -> None:
    near.recv(65536)
    time.sleep(TIMEOUT_S + 1)


def _read_nothing(_: socket.socket) -> None:
    time.sleep(TIMEOUT_S + 1)


TALKS = {
    "half closed": ("http", _half_close, (None, "empty_answer")),
    "half closed unread": ("http", _half_close_unread, (None, "empty_answer")),
    "a byte of the head at a time": ("http", _trickle_head, (None, "timeout")),
    "reads nothing": ("http", _read_nothing, (None, "timeout")),
    "stalled handshake": ("https", _stall, (None, "tls_failed")),
    "no tls": ("https", _half_close, (None, "tls_failed")),
}


@pytest.fixture(name="authority")
def _authority(tmp_path):
    return Authority(tmp_path)


@pytest.fixture(name="server")
def _server(tmp_path, authority):
    settings = {
        "AIRHOOK_DELIVERY__SCHEDULES": "328=0x60",
        "AIRHOOK_DELIVERY__TIMEOUT_S": str(TIMEOUT_S),
        "SSL_CERT_FILE": str(authority.ca_file),
    }
    made = AirhookServer(tmp_path, **settings)
    yield made
    made.stop()


def test_every_bad_receiver_fails_by_its_name_and_holds_nobody_up(server, receiver, authority, tmp_path):
    server.set_up(receiver)
    server.start()
    expected: dict[str, Any] = {}
    with ExitStack() as stack:
        for name, (answer, outcome) in ANSWERS.items():
            bad = stack.enter_context(Receiver())
            bad.answer(**answer)
            expected[bad.url(f"/{name.replace(' ', '-')}")] = outcome
        for status in STATUSES:
            receiver.answer(status, b"", path=f"/{status}")
            expected[receiver.url(f"/{status}")] = (status, "bad_status")
        for scheme, talk, outcome in TALKS.values():
            expected[f"{scheme}://127.0.0.1:{stack.enter_context(talking(talk))}/"] = outcome
        for context, error in certificates(authority, tmp_path):
            expected[stack.enter_context(Receiver(tls=context)).url("/tls")] = (None, error)
        expected[f"http://127.0.0.1:{free_port()}/"] = (None, "connect_refused")
        before = memory(server)

        status, results = report(server, *(task_event(f"bad{n}", url) for n, url in enumerate(expected)))
        assert (status, len(results)) == (200, len(expected))
        for n in range(5):
            report(server, *(task_event(f"good{n}-{m}", receiver.url("/good")) for m in range(20)))
        well_at = max(request.at for request in receiver.wait_for(100, path="/good"))
        drained(server, 60)
        assert memory(server) - before < GROWTH_MAX
    server.stop()

    happened = outcomes(server)
    assert {url: happened.get(url) for url in expected} == expected
    timed_out = [at for url, at in ended_at(server).items() if happened[url] == (None, "timeout")]
    assert well_at < min(timed_out), "nobody waited for the first of them"
    assert server.json("verify", "--json")["ok"]


def certificates(authority, folder):
    """Contexts of receivers that must not be trusted, and what they are called."""
    other = folder / "other"
    other.mkdir()
    yield authority.server("127.0.0.1", expired=True), "tls_untrusted"
    yield authority.server("127.0.0.2"), "tls_wrong_host"
    yield Authority(other).server("127.0.0.1"), "tls_untrusted"
    yield Authority(other).self_signed("127.0.0.1"), "tls_untrusted"


def memory(server) -> int:
    """Bytes that the server holds."""
    pages = int(Path(f"/proc/{server.process.pid}/statm").read_text().split()[1])
    return pages * 4096
