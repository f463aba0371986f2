"""The receivers' own process: a small HTTP/1.1 server on many addresses of one port.

``python -m airhook.tools.bench.receiver_process MODE ADDRESS,...`` says its port, then answers on standard input::

    count          how many requests have come in full
    cpu            seconds of processor time that this process has taken
    dump FILE      writes what was noted of them (``record``: pairs of int64; ``keep``: JSON)

``answer`` sends 200 to everything. ``record`` also notes which callback came when, before it answers; ``keep`` its
time, ``t`` and ``sign``. ``hang`` accepts and never answers.
"""

import array
import asyncio
import json
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

import httptools
import uvloop

ANSWER = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{"code":0}'
BACKLOG = 1024
PORTS_TRIED = 20
SEQUENCE = b'"sequence":"'


class Arrivals:
    """Which callbacks came when: pairs of a session's id and nanoseconds of the monotonic clock."""

    def __init__(self) -> None:
        self.count = 0
        self.pairs = array.array("q")
        self.signed: list[tuple[int, int, str]] = []  # (time, t, sign)

    def came(self, body: bytes) -> None:
        at = body.find(SEQUENCE) + len(SEQUENCE)
        self.pairs.append(int(body[at : body.index(b'"', at)]))
        self.pairs.append(time.monotonic_ns())

    def keep(self, body: bytes) -> None:
        fields = json.loads(body)
        self.signed.append((time.monotonic_ns(), fields["t"], fields["sign"]))

    def noted(self) -> bytes:
        return json.dumps(self.signed).encode() if self.signed else self.pairs.tobytes()


class Answering(asyncio.Protocol):
    """One connection. Bodies are gathered only when somebody wants to read them."""

    def __init__(self, arrivals: Arrivals, mode: str) -> None:
        self._arrivals = arrivals
        self._answers = mode != "hang"
        self._note = {"record": arrivals.came, "keep": arrivals.keep}.get(mode)
        self._body = bytearray()
        self._parser = httptools.HttpRequestParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._transport.close()

    def on_body(self, body: bytes) -> None:
        if self._note:
            self._body += body

    def on_message_complete(self) -> None:
        self._arrivals.count += 1
        if self._note:
            self._note(bytes(self._body))
            self._body.clear()
        if self._answers:
            self._transport.write(ANSWER)


async def serve(mode: str, addresses: list[str]) -> None:
    arrivals = Arrivals()
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    servers = await _listen(lambda: Answering(arrivals, mode), addresses)
    print(servers[0].sockets[0].getsockname()[1], flush=True)

    def converse() -> None:
        for line in sys.stdin:
            answered = asyncio.run_coroutine_threadsafe(_answer(line.strip(), arrivals), loop)
            print(answered.result(), flush=True)
        loop.call_soon_threadsafe(over.set)

    threading.Thread(target=converse, daemon=True).start()
    await over.wait()


async def _answer(question: str, arrivals: Arrivals) -> str:
    command, _, path = question.partition(" ")
    if command == "dump":
        # Held up meanwhile on purpose: whoever asks wants what has come up to now.
        Path(path).write_bytes(arrivals.noted())  # noqa: ASYNC240
    if command == "cpu":
        return str(time.process_time())
    return str(arrivals.count)


async def _listen(protocol: Callable[[], asyncio.Protocol], addresses: list[str]) -> list[asyncio.Server]:
    """Listen on the same free port of each address."""
    loop = asyncio.get_running_loop()
    for _ in range(PORTS_TRIED):
        servers: list[asyncio.Server] = []
        port = _free_port()
        try:
            for address in addresses:
                servers.append(await loop.create_server(protocol, address, port, backlog=BACKLOG))  # noqa: PERF401
        except OSError:
            for server in servers:
                server.close()
            continue
        return servers
    raise OSError("no port is free on all addresses")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], sys.argv[2].split(",")))
