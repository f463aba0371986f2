"""The sender with a template's own headers, certificates and HTTP/2, against real sockets."""

import contextlib
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pycurl
import pytest

from airhook import __version__
from airhook.core.deliveries import ErrorClass
from airhook.core.delivery_options import DeliveryOptions
from airhook.delivery.classify import classify
from support.certificates import Authority
from support.http2_receiver import END_HEADERS, HEADERS, RESET, Http2Receiver, frame
from support.receiver import Receiver
from support.sender_bench import SenderBench, sending


@pytest.fixture
def ours(tmp_path: Path) -> Authority:
    """An authority that nobody trusts but who names it."""
    (tmp_path / "ours").mkdir()
    return Authority(tmp_path / "ours")


@contextlib.contextmanager
def trusting(
    monkeypatch: pytest.MonkeyPatch, authority: Authority, *, in_folder: bool
) -> Iterator[SenderBench]:
    """A sender whose system trusts ``authority``, in a file or in a folder."""
    monkeypatch.setenv("SSL_CERT_FILE", "/none" if in_folder else str(authority.ca_file))
    if in_folder:
        monkeypatch.setenv("SSL_CERT_DIR", str(authority.hashed_folder()))
    with sending() as made:
        yield made


def options(authority: Authority, client: str = "", **more: Any) -> DeliveryOptions:
    cert, key = authority.client(client) if client else ("", "")
    ca = authority.ca_file.read_text()
    return DeliveryOptions(ca_pem=ca, client_cert_pem=cert, client_key_pem=key, **more)


# --- headers ---


def test_extra_headers_go_with_their_request_alone(out: SenderBench) -> None:
    with Receiver() as receiver:
        out.post(receiver.url(), headers=(("X-Team", "live"), ("Authorization", "Bearer a b")))
        out.post(receiver.url())
        out.post(receiver.url(), headers=(("X-Other", "1"),))

    usual = {
        "host": f"127.0.0.1:{receiver.port}",
        "accept": "*/*",
        "content-type": "application/json",
        "user-agent": f"Airhook/{__version__}",
        "content-length": "7",
    }
    assert [request.headers for request in receiver.requests] == [
        {**usual, "x-team": "live", "authorization": "Bearer a b"},
        usual,
        {**usual, "x-other": "1"},
    ]
    assert receiver.connections == 1


def test_the_usual_headers_can_be_others(out: SenderBench) -> None:
    with Receiver() as receiver:
        out.post(receiver.url(), headers=(("User-Agent", "mine"), ("accept", "text/plain")))
        raw = receiver.requests[0].headers

    assert (raw["user-agent"], raw["accept"]) == ("mine", "text/plain")


# --- certificates ---


@pytest.mark.parametrize("in_folder", [False, True])
def test_a_template_s_authority_takes_the_place_of_the_system_s(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ours: Authority, *, in_folder: bool
) -> None:
    system = Authority(tmp_path)
    with (
        trusting(monkeypatch, system, in_folder=in_folder) as out,
        Receiver(tls=system.server("127.0.0.1")) as public,
        Receiver(tls=ours.server("127.0.0.1")) as private,
    ):
        assert out.post(private.url(), options=options(ours)).status == 200
        assert out.post(private.url()).error is ErrorClass.TLS_UNTRUSTED
        assert out.post(public.url(), options=options(ours)).error is ErrorClass.TLS_UNTRUSTED
        assert out.post(public.url()).status == 200
        assert out.post(public.url(), options=options(ours)).error is ErrorClass.TLS_UNTRUSTED, (
            "the open one is not for it"
        )


def test_the_name_is_checked_against_the_template_s_authority(out: SenderBench, ours: Authority) -> None:
    with Receiver(tls=ours.server("127.0.0.2")) as receiver:
        assert out.post(receiver.url(), options=options(ours)).error is ErrorClass.TLS_WRONG_HOST


def test_a_client_certificate_is_shown(out: SenderBench, ours: Authority) -> None:
    with Receiver(tls=ours.server_for_clients("127.0.0.1")) as receiver:
        assert out.post(receiver.url(), options=options(ours, "tenant-a")).status == 200
        assert out.post(receiver.url(), options=options(ours)).error is not None

    assert [request.client for request in receiver.requests] == ["tenant-a"]


def test_without_the_certificate_that_is_wanted_tls_fails(out: SenderBench, ours: Authority) -> None:
    context = ours.server_for_clients("127.0.0.1")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with Http2Receiver(context) as receiver:  # which says why it refuses
        answer = out.post(receiver.url, options=options(ours, http2=True))
    assert (answer.status, answer.error) == (None, ErrorClass.TLS_FAILED)
    assert "alert" in answer.detail


def test_a_refusal_after_the_client_s_handshake_is_one_of_tls_too() -> None:
    """As TLS 1.3 has it. Whether its alert or the closing of the connection is seen first is a matter of luck."""
    message = "OpenSSL SSL_read: OpenSSL/3.6.5: error:0A00045C:SSL routines::tlsv13 alert certificate required, errno 0"
    error, detail = classify(
        pycurl.E_RECV_ERROR, message, os_errno=0, connected=True, encrypted=True, https=True
    )
    assert (error, detail) == (ErrorClass.TLS_FAILED, message)


def test_each_certificate_has_its_own_kept_connection(out: SenderBench, ours: Authority) -> None:
    a, b, nobody = options(ours, "a"), options(ours, "b"), options(ours)
    with Receiver(tls=ours.server_for_clients("127.0.0.1")) as receiver:
        for sent in (a, b, a, b, a):
            assert out.post(receiver.url(), options=sent).status == 200
        assert out.post(receiver.url(), options=nobody).error is not None

    seen = [(request.client, request.connection) for request in receiver.requests]
    assert seen == [("a", 1), ("b", 2), ("a", 1), ("b", 2), ("a", 1)]


def test_no_tls_session_is_taken_up_by_another_certificate(out: SenderBench, ours: Authority) -> None:
    """A resumed session would show the certificate that began it."""
    tls = ours.server_for_clients("127.0.0.1")
    a, b, nobody = options(ours, "a"), options(ours, "b"), options(ours)
    with Receiver(tls=tls) as receiver:
        receiver.answer(headers=(("Connection", "close"),))
        for sent in (a, b, a):
            assert out.post(receiver.url(), options=sent).status == 200
        assert out.post(receiver.url(), options=nobody).error is not None
        assert out.post(receiver.url()).error is ErrorClass.TLS_UNTRUSTED

    assert [request.client for request in receiver.requests] == ["a", "b", "a"]
    assert tls.session_stats()["hits"] == 0


def test_requests_at_the_same_time_keep_to_their_certificates(out: SenderBench, ours: Authority) -> None:
    sent = {name: options(ours, name) for name in ("a", "b", "c")}
    with Receiver(tls=ours.server_for_clients("127.0.0.1")) as receiver:
        for turn in range(3):
            tags = [(turn, name, number) for name in sent for number in range(4)]
            for tag in tags:
                out.start(receiver.url(f"/{tag[1]}"), tag, options=sent[tag[1]])
            assert {answer.status for answer in out.wait(*tags)} == {200}

    assert len(receiver.requests) == 36
    assert all(request.path == f"/{request.client}" for request in receiver.requests)


# --- HTTP/2 ---


def test_http2_is_spoken_where_the_receiver_does(out: SenderBench, ours: Authority) -> None:
    with Http2Receiver(ours.server("127.0.0.1")) as receiver:
        for _ in range(3):
            assert out.post(receiver.url, options=options(ours, http2=True)).status == 200

    assert sum(receiver.requests.values()) == 3
    assert len(receiver.requests) < 3  # connections: libcurl leaves one on which a late frame has just come
    assert receiver.bodies == [b'{"a":1}'] * 3


def test_requests_share_an_http2_connection(out: SenderBench, ours: Authority) -> None:
    h2 = options(ours, http2=True)
    with Http2Receiver(ours.server("127.0.0.1")) as receiver:
        out.post(receiver.url, options=h2)
        for number in range(10):
            out.start(receiver.url, number, options=h2)
        assert {answer.status for answer in out.wait(*range(10))} == {200}

    assert receiver.requests == {1: 11}


@pytest.mark.parametrize(
    "answers",
    [
        lambda stream: [frame(RESET, 0, stream, b"\0\0\0\2")],
        lambda stream: [frame(HEADERS, END_HEADERS, stream, b"\x08\x042000")],
        lambda stream: [frame(HEADERS, END_HEADERS, stream, b"\x08\x03100")] * 9000,
    ],
    ids=["reset", "a status of four digits", "100 again and again"],
)
def test_what_is_no_answer_in_http2_has_its_class(
    out: SenderBench, ours: Authority, answers: Callable[[int], list[bytes]]
) -> None:
    with Http2Receiver(ours.server("127.0.0.1"), answers) as receiver:
        answer = out.post(receiver.url, options=options(ours, http2=True))
    assert (answer.status, answer.error) == (None, ErrorClass.ANSWER_INVALID)
    assert answer.detail


@pytest.mark.parametrize("secure", [True, False])
def test_others_are_spoken_to_as_ever(out: SenderBench, ours: Authority, *, secure: bool) -> None:
    with Receiver(tls=ours.server("127.0.0.1") if secure else None) as receiver:
        for _ in range(2):
            assert out.post(receiver.url(), options=options(ours, http2=True)).status == 200

    assert receiver.connections == 1
