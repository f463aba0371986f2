"""The sender against real sockets: what goes over our own, and the same by libcurl, which TLS and others need."""

import errno
import gzip
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from airhook import __version__
from airhook.core.deliveries import ErrorClass
from airhook.delivery import request
from airhook.delivery.addresses import TargetPolicy
from airhook.delivery.exchange import KEEP_BODY, Post
from airhook.delivery.targets import parse
from support.certificates import Authority
from support.receiver import Receiver
from support.sender_bench import SenderBench, sending


@pytest.fixture(params=["own", "libcurl"])
def out(request: pytest.FixtureRequest) -> Iterator[SenderBench]:
    with sending(libcurl=request.param == "libcurl") as made:
        yield made


def test_the_request_is_what_the_contract_says(out: SenderBench, receiver: Receiver) -> None:
    answer = out.post(receiver.url("/a/../b?action=streamBegin&x=%20"))

    [request] = receiver.requests
    assert (request.method, request.path) == ("POST", "/a/../b?action=streamBegin&x=%20")
    assert request.body == b'{"a":1}'
    assert request.headers == {
        "host": f"127.0.0.1:{receiver.port}",
        "accept": "*/*",
        "content-type": "application/json",
        "user-agent": f"Airhook/{__version__}",
        "content-length": "7",
    }
    assert (answer.status, answer.body, answer.error) == (200, b'{"code":0}', None)
    assert answer.remote_addr == "127.0.0.1"
    assert answer.headers == [("Content-Length", "10")]
    steps = [0, answer.timings.connect_ms, answer.timings.first_byte_ms, answer.timings.total_ms, 5000]
    assert steps == sorted(step for step in steps if step is not None)


@pytest.mark.parametrize(
    ("host", "rest"),
    [
        ("127.0.0.1", "/a/../b?x=1#there"),
        ("LocalHost", "?q=é#é"),
        ("2130706433", "/%zz\\é|"),
        ("a.example", "?a?b#c?d"),
        ("bücher.example", "/é/;p?;q=%41"),
    ],
)
@pytest.mark.parametrize(
    "headers", [(), (("X-A", "1"), ("accept", "text/plain"), ("User-Agent", "me"))], ids=["ours", "own"]
)
def test_the_head_that_is_made_again_is_the_one_that_went_out(
    out: SenderBench, receiver: Receiver, host: str, rest: str, headers: request.Headers
) -> None:
    url = receiver.url(rest, host)
    post = Post(
        target=parse(url), body=b'{"a":1}', addresses=("127.0.0.1",), timeout_ms=5000, headers=headers
    )
    out.sender.start(post, "it")
    out.wait("it")
    assert request.head(url, headers, 7).encode() == receiver.requests[0].head


def test_a_kept_connection_is_used_again(out: SenderBench, receiver: Receiver) -> None:
    for _ in range(3):
        out.post(receiver.url())

    assert receiver.connections == 1


def test_a_connection_closed_between_two_requests_is_no_failure(out: SenderBench, receiver: Receiver) -> None:
    receiver.answer(then_close=True, times=1)
    out.post(receiver.url())

    assert out.post(receiver.url()).status == 200
    assert receiver.connections == 2


def test_a_kept_connection_that_dies_before_a_byte_is_tried_once_more_on_a_fresh_one(
    out: SenderBench, receiver: Receiver
) -> None:
    out.post(receiver.url())
    receiver.answer(hang_up=True, times=1)

    assert out.post(receiver.url()).status == 200
    assert [request.connection for request in receiver.requests] == [1, 1, 2]


@pytest.mark.parametrize("status", [201, 204, 301, 302, 307, 400, 401, 404, 429, 500, 503])
def test_any_status_is_an_answer_and_nothing_is_followed(
    out: SenderBench, receiver: Receiver, status: int
) -> None:
    receiver.answer(status, b"", headers=(("Location", receiver.url("/elsewhere")),))

    answer = out.post(receiver.url("/here"))

    assert (answer.status, answer.error) == (status, None)
    assert [request.path for request in receiver.requests] == ["/here"]


@pytest.mark.parametrize(
    ("ways", "error"),
    [
        ({"reset": True}, ErrorClass.CONNECTION_RESET),
        ({"hang_up": True}, ErrorClass.EMPTY_ANSWER),
        ({"raw": b"220 ftp.example.com\r\n\r\n"}, ErrorClass.ANSWER_INVALID),
        ({"raw": b"HTTP/1.1 abc\r\n\r\n"}, ErrorClass.ANSWER_INVALID),
        ({"raw": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 400_000}, ErrorClass.ANSWER_INVALID),
        ({"never": True}, ErrorClass.TIMEOUT),
        ({"raw": b"HTTP/1.1 100 Continue\r\n\r\n"}, ErrorClass.EMPTY_ANSWER),
        ({"raw": b"HTTP/1.1 100 Continue\r\n\r\n" * 50_000}, ErrorClass.ANSWER_INVALID),
        ({"raw": b"HTTP/1.1 200 OK\r\nContent-"}, ErrorClass.ANSWER_INVALID),
        ({"raw": b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n"}, ErrorClass.ANSWER_INVALID),
        ({"raw": b"HTTP/1.1 2" + b"0" * 5000 + b" OK\r\n\r\n"}, ErrorClass.ANSWER_INVALID),
    ],
    ids=[
        "reset",
        "closed",
        "not http",
        "bad status line",
        "giant head",
        "silent",
        "only 100",
        "100 again and again",
        "half a head",
        "a status of four digits",
        "a status that is no number of ours",
    ],
)
def test_what_is_no_answer_has_a_class_and_a_sentence(
    out: SenderBench, receiver: Receiver, ways: dict[str, Any], error: ErrorClass
) -> None:
    receiver.answer(**ways)

    answer = out.post(receiver.url(), timeout_s=0.5 if error is ErrorClass.TIMEOUT else 15)

    assert (answer.status, answer.error) == (None, error)
    assert answer.detail


def test_an_interim_answer_is_not_the_answer(out: SenderBench, receiver: Receiver) -> None:
    receiver.answer(raw=b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 No\r\nX: y\r\nContent-Length: 0\r\n\r\n")

    answer = out.post(receiver.url())

    assert (answer.status, answer.headers) == (503, [("X", "y"), ("Content-Length", "0")])


def test_another_protocol_is_the_answer(out: SenderBench, receiver: Receiver) -> None:
    receiver.answer(101, b"", headers=(("Upgrade", "websocket"), ("Connection", "Upgrade")))

    assert out.post(receiver.url()).status == 101


def test_no_more_of_a_giant_head_is_kept_than_the_log_can_bear(out: SenderBench, receiver: Receiver) -> None:
    giant = tuple((f"X-{n}", "x" * 90_000) for n in range(3))
    receiver.answer(503, headers=(("X-First", "a" * 10_000), *giant, ("Retry-After", "5")))

    answer = out.post(receiver.url())

    assert (answer.status, [name for name, _ in answer.headers]) == (
        503,
        ["X-First", "Retry-After", "Content-Length"],
    )


def test_a_slow_body_does_not_pin_the_request_and_the_status_stands(
    out: SenderBench, receiver: Receiver
) -> None:
    receiver.answer(200, b"x" * 100, byte_every_s=0.2)
    began = time.monotonic()

    answer = out.post(receiver.url(), timeout_s=20)

    assert answer.status == 200
    assert 0 < len(answer.body) < 100
    assert 1.9 < time.monotonic() - began < 15, "all of it takes twenty seconds"


def test_a_giant_body_is_cut(out: SenderBench, receiver: Receiver) -> None:
    receiver.answer(200, b"y" * 10_000_000)
    assert out.post(receiver.url()).body == b"y" * KEEP_BODY

    receiver.answer(404, endless=True)
    answer = out.post(receiver.url())
    assert (answer.status, len(answer.body)) == (404, KEEP_BODY)


def test_a_body_cut_short_leaves_the_status(out: SenderBench, receiver: Receiver) -> None:
    receiver.answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")

    answer = out.post(receiver.url())

    assert (answer.status, answer.body, answer.error) == (200, b"half", None)


def test_a_compressed_body_is_kept_as_it_is(out: SenderBench, receiver: Receiver) -> None:
    bomb = gzip.compress(b"\0" * 10_000_000)
    receiver.answer(200, bomb, headers=(("Content-Encoding", "gzip"),))

    assert out.post(receiver.url()).body == bomb[:KEEP_BODY]


def test_nobody_listens(out: SenderBench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    answer = out.post(f"http://127.0.0.1:{port}/")

    assert answer.error is ErrorClass.CONNECT_REFUSED
    assert answer.timings.connect_ms is None


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{port}/", "http://0x7f.1:{port}/", "http://2130706433:{port}/"]
)
def test_a_forbidden_address_is_refused_when_connecting(receiver: Receiver, url: str) -> None:
    with sending(TargetPolicy()) as out:
        answer = out.post(url.format(port=receiver.port))

    assert answer.error is ErrorClass.ADDRESS_REFUSED
    assert answer.detail == "127.0.0.1 is a loopback address; add it to targets.allow to send there"
    assert receiver.connections == 0


def test_no_socket_to_be_had_is_told_as_what_it_is(
    out: SenderBench, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def none_left(*_: int) -> socket.socket:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    with monkeypatch.context() as lack:
        lack.setattr(socket, "socket", none_left)
        answer = out.post(receiver.url())
    assert answer.error is ErrorClass.CONNECT_FAILED
    assert answer.detail == "no socket could be made on this machine: Too many open files"
    assert out.post(receiver.url()).status == 200
    assert capfd.readouterr().err == ""


def test_a_name_goes_to_the_addresses_that_were_judged(out: SenderBench, receiver: Receiver) -> None:
    answer = out.post(f"http://callbacks.example:{receiver.port}/")

    assert (answer.status, answer.remote_addr) == (200, "127.0.0.1")
    assert receiver.requests[0].headers["host"] == f"callbacks.example:{receiver.port}"


def test_a_new_answer_of_the_resolver_counts(out: SenderBench, receiver: Receiver) -> None:
    url = f"http://callbacks.example:{receiver.port}/"
    assert out.post(url, addresses=("127.0.0.99",)).error is ErrorClass.CONNECT_REFUSED

    assert out.post(url, addresses=("127.0.0.99", "127.0.0.1")).status == 200


def test_proxies_and_credentials_of_the_environment_are_ignored(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("http_proxy", "ALL_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1/")

    with sending() as out:
        assert out.post(receiver.url()).status == 200
    assert "authorization" not in receiver.requests[0].headers


def test_many_requests_run_beside_each_other(out: SenderBench, receiver: Receiver) -> None:
    receiver.answer(path="/hung", never=True)
    for tag in range(50):
        out.start(receiver.url("/hung"), f"hung{tag}")
        out.start(receiver.url("/well"), tag)

    out.wait(*range(50))

    assert all(out.answers[tag].status == 200 for tag in range(50))
    assert out.sender.open == 50


# --- TLS ---


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    made = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.ca_file))
    return made


def test_a_trusted_receiver_is_called_over_tls(authority: Authority) -> None:
    with Receiver(tls=authority.server("127.0.0.1")) as receiver, sending() as out:
        answer = out.post(receiver.url())

    assert answer.status == 200
    steps = [answer.timings.connect_ms, answer.timings.tls_ms, answer.timings.first_byte_ms]
    assert steps == sorted(step for step in steps if step is not None)


def test_a_certificate_for_another_host_is_refused(authority: Authority) -> None:
    with Receiver(tls=authority.server("127.0.0.2")) as receiver, sending() as out:
        answer = out.post(receiver.url())

    assert answer.error is ErrorClass.TLS_WRONG_HOST
    assert receiver.requests == []


def test_an_expired_certificate_is_refused(authority: Authority) -> None:
    with Receiver(tls=authority.server("127.0.0.1", expired=True)) as receiver, sending() as out:
        answer = out.post(receiver.url())

    assert answer.error is ErrorClass.TLS_UNTRUSTED
    assert "expired" in answer.detail


def test_an_unknown_issuer_is_refused(tmp_path: Path) -> None:
    with Receiver(tls=Authority(tmp_path).server("127.0.0.1")) as receiver, sending() as out:
        assert out.post(receiver.url()).error is ErrorClass.TLS_UNTRUSTED


def test_tls_to_a_receiver_that_speaks_none_fails(out: SenderBench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as plain:
        out.start(f"https://127.0.0.1:{plain.getsockname()[1]}/", "it")
        out.sender.poll(0.1)
        with plain.accept()[0] as near:
            near.sendall(b"HTTP/1.1 400 Speak TLS? No.\r\n\r\n")
            out.wait("it")

    assert out.answers["it"].error is ErrorClass.TLS_FAILED


def test_a_stalled_handshake_is_a_tls_failure(out: SenderBench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        answer = out.post(f"https://127.0.0.1:{silent.getsockname()[1]}/", timeout_s=0.5)

    assert answer.error is ErrorClass.TLS_FAILED
    assert "handshake" in answer.detail
