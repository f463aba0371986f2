"""Load for a server that may die at any moment: callers that report pushes, and publishers that push.

A caller repeats what was not answered until it is, with the same ids, as a careful caller does; what it was answered
is accepted for good. A publisher that is cut off comes again.
"""

import asyncio
import contextlib
import itertools
import json
import threading
import time
from typing import Any, Self

from airhook.core.errors import AirhookError
from support import rtmp_bytes as raw
from support.rtmp_client import RtmpClient
from support.server import DOMAIN, AirhookServer

PUSHES = 10  # in one request
STREAMS = 20  # of a caller: each push is one later on the same stream
RETRY_S = 0.05
ANSWER_WITHIN_S = 20
GONE = (OSError, asyncio.IncompleteReadError, TimeoutError, AssertionError, ValueError, AirhookError)


class Load:
    """A context manager; ``accepted`` are the (sequence, event_type) that callers were told of."""

    def __init__(
        self, server: AirhookServer, *, per_s: int, callers: int = 4, publishers: int = 4, sick: int = 0
    ) -> None:
        """``sick`` of the callers report pushes to the app ``sick``, whose receiver may be another one."""
        self.accepted: set[tuple[int, int]] = set()
        self.refused = 0  # requests that were answered 503
        self.pushed = 0  # pushes of publishers that said goodbye
        self.faults: list[BaseException | str] = []
        self._server = server
        self._pause_s = 2 * PUSHES * callers / per_s
        self._callers = callers
        self._publishers = publishers
        self._sick = sick
        self._over = threading.Event()
        self._gives_up = threading.Event()
        self._thread = threading.Thread(target=self._run, name="load", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Let every caller bring what it began to its end; the server must be there, unless the test has failed."""
        self._over.set()
        if kind is not None:
            self._gives_up.set()
        self._thread.join(60)
        assert not self._thread.is_alive(), "the load does not end"
        assert self.faults == []

    def _run(self) -> None:
        asyncio.run(self._work())

    async def _work(self) -> None:
        callers = [self._call(n) for n in range(self._callers)]
        publishers = [self._push(n) for n in range(self._publishers)]
        for result in await asyncio.gather(*callers, *publishers, return_exceptions=True):
            if result is not None:
                self.faults.append(result)

    # --- callers ---

    async def _call(self, number: int) -> None:
        connection = _Connection(self._server)
        app = "sick" if number < self._sick else "live"
        at = time.monotonic()
        for batch in itertools.count():
            if self._over.is_set():
                break
            pushes = range(batch * PUSHES, (batch + 1) * PUSHES)
            await self._report(connection, [_event(app, number, push, 1) for push in pushes])
            await self._report(connection, [_event(app, number, push, 0) for push in pushes])
            at = max(at + self._pause_s, time.monotonic() - 1)
            await asyncio.sleep(max(0.0, at - time.monotonic()))
        connection.close()

    async def _report(self, connection: "_Connection", events: list[dict[str, Any]]) -> None:
        """Until every one of them is accepted."""
        while not self._gives_up.is_set():
            try:
                async with asyncio.timeout(ANSWER_WITHIN_S):
                    status, answer = await connection.post(json.dumps(events).encode())
            except GONE:
                connection.close()
            else:
                if status == 200:
                    break
                self.refused += status == 503
                if status != 503:
                    self.faults.append(f"{status} {answer!r}")
                    return
            await asyncio.sleep(RETRY_S)
        self.faults += [str(one) for one in json.loads(answer)["results"] if "error" in one]
        self.accepted |= {(int(one["data"]["sequence"]), one["event_type"]) for one in events}

    # --- publishers ---

    async def _push(self, number: int) -> None:
        while not self._over.is_set():
            with contextlib.suppress(*GONE):
                await self._push_once(f"pushed{number}")
                self.pushed += 1
            await asyncio.sleep(RETRY_S)

    async def _push_once(self, name: str) -> None:
        client = await RtmpClient.dial(int(self._server.where["rtmp"].rpartition(":")[2]))
        try:
            await client.shake_hands()
            client.send(raw.session(name, frames=3, farewell=()))
            await client.status("NetStream.Publish.Start")
            await asyncio.sleep(0.1)
            client.send(raw.command("deleteStream", 6, raw.NULL, raw.number(1)))
            client.writer.write_eof()
            await client.closed()
        finally:
            await client.close()


class _Connection:
    """One connection to ``/v1/events``, kept while it lasts."""

    def __init__(self, server: AirhookServer) -> None:
        self._server = server
        self._writer: asyncio.StreamWriter | None = None

    async def post(self, body: bytes) -> tuple[int, bytes]:
        """Status and body of the answer."""
        if self._writer is None:
            host, _, port = self._server.where["http"].rpartition(":")
            self._reader, self._writer = await asyncio.open_connection(host, int(port))
        key = self._server.credentials["api_key"]
        head = f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Length: {len(body)}\r\n\r\n"
        self._writer.write(head.encode() + body)
        lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines[1:] if line)
        answer = await self._reader.readexactly(int(headers["content-length"]))
        return int(lines[0].split()[1]), answer

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None


def _event(app: str, caller: int, push: int, kind: int) -> dict[str, Any]:
    sequence = (caller + 1) << 40 | push
    data: dict[str, Any] = {"sequence": str(sequence)}
    if kind == 0:
        data |= {"errcode": 1, "push_duration": 1000}
    return {
        "id": f"load-{sequence}-{kind}",
        "domain": DOMAIN,
        "app": app,
        "stream": f"caller{caller}-{push % STREAMS}",
        "event_type": kind,
        "occurred_at": 1767268800 + push,
        "data": data,
    }
