"""A caller of ``/v1/events`` that asks once and tells what it was answered."""

import http.client
import json
import time
import uuid
from typing import Any

from support.server import DOMAIN, AirhookServer

HEARD_WITHIN_S = 30


def report(server: AirhookServer, *events: dict[str, Any] | bytes) -> tuple[int, list[dict[str, Any]]]:
    """Report a list of events; the status and the result of each. Bytes go out as they are."""
    body = (
        b"[" + b",".join(one if isinstance(one, bytes) else json.dumps(one).encode() for one in events) + b"]"
    )
    connection = http.client.HTTPConnection(server.where["http"], timeout=20)
    try:
        key = server.credentials["api_key"]
        connection.request("POST", "/v1/events", body, {"Authorization": f"Bearer {key}"})
        answer = connection.getresponse()
        said = json.loads(answer.read())
        return answer.status, said["results"] if answer.status == 200 else [said]
    finally:
        connection.close()


def wait_until_changes_count(server: AirhookServer) -> None:
    """Until the running server has heard of all that commands have changed; it looks for that several times a second."""
    domain = f"heard-of-{uuid.uuid4()}.example.com"
    server.cli("domain", "add", domain)
    deadline = time.monotonic() + HEARD_WITHIN_S
    while "error" in report(server, push_event(domain, domain=domain))[1][0]:
        assert time.monotonic() < deadline, "the server does not look for changes"
        time.sleep(0.05)


def push_event(
    name: str, kind: int = 1, *, stream: str = "room1", sequence: int = 1, **fields: Any
) -> dict[str, Any]:
    """A start (1) or stop (0) of a push."""
    data: dict[str, Any] = {"sequence": str(sequence)}
    if kind == 0:
        data |= {"errcode": 1, "push_duration": 1000}
    made = {"id": name, "domain": DOMAIN, "app": "live", "stream": stream, "event_type": kind, "data": data}
    return {**made, "occurred_at": 1767268800, **fields}


def task_event(name: str, url: str) -> dict[str, Any]:
    """An event of a monitor task, which goes to a URL of its own, unordered."""
    data = {"callback_url": url, "event_name": "StreamStart", "event_msg": name}
    return push_event(name, 328, data=data)
