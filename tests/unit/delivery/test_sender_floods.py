"""Receivers that send more than anybody can read."""

import socket

from airhook.delivery.exchange import READ_BODY_S
from support.sender_bench import sending
from support.talking import talking

FLOODS = 40
HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def _chunk_that_never_begins(near: socket.socket) -> None:
    near.recv(65536)
    near.sendall(HEAD + b"1;")
    while True:
        near.sendall(b"a" * 65536)


def test_many_at_once_are_let_go_before_their_time() -> None:
    """What libcurl throws away counts as no body, and reading it holds up everybody else."""
    with talking(_chunk_that_never_begins) as port, sending() as out:
        for n in range(FLOODS):
            out.start(f"http://127.0.0.1:{port}/", n)
        out.wait(*range(FLOODS))

    assert {answer.status for answer in out.answers.values()} == {200}
    read_ms = [one.timings.total_ms - (one.timings.first_byte_ms or 0) for one in out.answers.values()]
    assert min(read_ms) < READ_BODY_S * 900
