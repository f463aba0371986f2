"""The sender through a proxy, against real sockets."""

import contextlib
import socket
import socketserver
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from airhook.core.deliveries import ErrorClass
from airhook.delivery.addresses import TargetPolicy
from support.receiver import Receiver
from support.sender_bench import sending


class Proxy(socketserver.ThreadingTCPServer):
    """An HTTP proxy that leads every tunnel to ``port``; ``asked`` are the request lines.

    A thread for each connection: others may knock at a port that was free a moment ago, and say nothing.
    """

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), Tunnel)
        self.port = port
        self.asked: list[bytes] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class Tunnel(socketserver.BaseRequestHandler):
    server: Proxy
    request: socket.socket

    def handle(self) -> None:
        asked = self.request.recv(65536).partition(b"\r\n")[0]
        if not asked:
            return
        self.server.asked.append(asked)
        self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with socket.create_connection(("127.0.0.1", self.server.port)) as far:
            far.sendall(self.request.recv(65536))
            self.request.sendall(far.recv(65536))


@contextlib.contextmanager
def proxying(port: int) -> Iterator[Proxy]:
    with Proxy(port) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join()


def test_a_proxy_is_told_the_judged_address_and_its_own_answer_does_not_count(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the environment says: libcurl would go past the proxy where ``NO_PROXY`` tells it to."""
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("no_proxy", "*")
    receiver.answer(503)
    with proxying(receiver.port) as proxy, sending(TargetPolicy(), proxy.url) as out:
        answer = out.post("http://callbacks.example:8080/x", addresses=("93.184.215.14",))

    assert (answer.status, answer.error) == (503, None)
    assert proxy.asked == [b"CONNECT 93.184.215.14:8080 HTTP/1.1"]
    assert receiver.requests[0].headers["host"] == "callbacks.example:8080"


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    "said",
    [{"hang_up": True}, {"raw": b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"}],
    ids=["closes", "refuses"],
)
def test_a_proxy_that_lets_nobody_through_is_a_failure_to_connect(
    receiver: Receiver, scheme: str, said: dict[str, Any]
) -> None:
    receiver.answer(**said)
    with sending(TargetPolicy(), receiver.url("")) as out:
        answer = out.post(f"{scheme}://callbacks.example:8080/x", addresses=("93.184.215.14",))
    assert (answer.status, answer.error) == (None, ErrorClass.CONNECT_FAILED)
    assert "CONNECT" in answer.detail
