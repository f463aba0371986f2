"""What operators see and do, with a real server: orders, states over a crash, operational events, metrics."""

import itertools
import time
import urllib.request
from typing import Any

import pytest

from airhook.verify import verify_webhook
from support.caller import push_event, report, wait_until_changes_count
from support.receiver import Receiver
from support.server import AirhookServer

SECRET = "whsec_" + "QUJD" * 8

_numbers = itertools.count(1)


@pytest.fixture
def operators():
    with Receiver() as running:
        yield running


def send(server: AirhookServer, count: int) -> None:
    """Let the server accept events that each belong to a stream of its own."""
    names = [f"e{next(_numbers)}" for _ in range(count)]
    status, results = report(server, *(push_event(name, stream=name) for name in names))
    assert (status, [one["deliveries"] for one in results]) == (200, [1] * count)


def metric(server: AirhookServer, name: str) -> float:
    with urllib.request.urlopen(f"{server.http_url}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return float(next(line.rpartition(" ")[2] for line in lines if line.startswith(f"{name} ")))


def eventually(true: Any, within_s: float = 30.0) -> None:
    until = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < until, f"not within {within_s} s"
        time.sleep(0.05)


def state(server: AirhookServer, receiver: Receiver) -> dict[str, Any]:
    origin = receiver.url("").rstrip("/")
    found = {row["destination"]: row for row in server.json("destination", "list", "--json")}
    row: dict[str, Any] = found.get(origin, {"state": None})
    return row


def test_orders_count_on_a_running_server(server, receiver):
    server.set_up(receiver)
    server.start()
    server.cli("destination", "pause", receiver.url("/begin"))
    wait_until_changes_count(server)
    send(server, 1)
    eventually(lambda: metric(server, 'airhook_deliveries{state="pending"}') == 1)
    assert receiver.requests == []
    assert state(server, receiver)["state"] == "paused"

    server.cli("destination", "resume", receiver.url("/begin"))
    receiver.wait_for(1)


def test_a_failing_destination_is_still_known_after_a_crash_and_told_of_when_it_recovers(
    tmp_path, receiver, operators
):
    operators.answer(204)  # any 2xx will do
    server = AirhookServer(
        tmp_path,
        AIRHOOK_OPERATIONS__URL=operators.url("/operations"),
        AIRHOOK_OPERATIONS__KEY=SECRET,
        AIRHOOK_DELIVERY__TIMEOUT_S="0.5",
        AIRHOOK_DELIVERY__SCHEDULES="1=100x1",
    )
    server.set_up(receiver)
    receiver.answer(never=True)
    with server:
        send(server, 3)
        operators.wait_for(1)
        eventually(lambda: state(server, receiver)["state"] == "failing")
        since_ms = state(server, receiver)["since_ms"]
        assert metric(server, 'airhook_attempts_failed_total{error="timeout"}') >= 3
        server.kill()
        server.start()
        assert (state(server, receiver)["state"], state(server, receiver)["since_ms"]) == (
            "failing",
            since_ms,
        )

        receiver.answer(200)
        operators.wait_for(2, timeout_s=40)
        failing, recovered = (request.json() for request in operators.requests[:2])
        assert (failing["type"], failing["data"]["error"]) == ("destination_failing", "timeout")
        assert (recovered["type"], recovered["data"]["destination"]) == (
            "destination_recovered",
            failing["data"]["destination"],
        )
        for request in operators.requests:
            assert verify_webhook(request.headers, request.body, SECRET).ok
            assert request.headers["webhook-id"] == request.json()["id"]
    assert server.cli("verify").exit_code == 0


def test_exhausted_deliveries_are_told_together(tmp_path, receiver, operators):
    server = AirhookServer(
        tmp_path,
        AIRHOOK_OPERATIONS__URL=operators.url("/operations"),
        AIRHOOK_DELIVERY__SCHEDULES="1=0x1",
    )
    server.set_up(receiver)
    receiver.answer(500)
    with server:
        send(server, 30)
        eventually(lambda: metric(server, 'airhook_deliveries_exhausted_total{reason="attempts"}') == 30)
        operators.wait_for(1)
        assert '"event": "delivery_exhausted"' in server.log()
    counts = [request.json()["data"]["count"] for request in operators.requests]
    assert len(counts) <= 2  # what came after the first one waits for its minute, or for the stop
    assert {request.json()["type"] for request in operators.requests} == {"delivery_exhausted"}
