"""What a request costs the sending thread, in its processor time: others on the machine do not count."""

import socket
import time

from support.receiver import Receiver
from support.sender_bench import SenderBench, sending

HOSTS = 5000
AT_ONCE = 200


def test_a_request_costs_the_same_however_many_hosts_were_called(receiver: Receiver) -> None:
    """It was more than twice as much after 5,000: after each request libcurl looked for old ones among all of them."""
    with sending() as out:
        out.post(receiver.url())
        before = least_s(out, receiver.url())
        call_hosts(out)

        assert least_s(out, receiver.url()) < 1.5 * before


def call_hosts(out: SenderBench) -> None:
    """Nobody listens there, so that each is over soon."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    for first in range(0, HOSTS, AT_ONCE):
        batch = range(first, first + AT_ONCE)
        for number in batch:
            host = f"127.1.{number // 250}.{1 + number % 250}"
            out.start(f"http://{host}:{port}/", number, (host,))
        out.wait(*batch)


def least_s(out: SenderBench, url: str, rounds: int = 7, requests: int = 60) -> float:
    """The cheapest of some rounds."""

    def one() -> float:
        began = time.thread_time()
        for _ in range(requests):
            out.post(url)
        return time.thread_time() - began

    return min(one() for _ in range(rounds))
