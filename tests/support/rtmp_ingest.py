"""A real ingest on a free port, with a recording gate behind it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from airhook.core.clock import SystemClock
from airhook.ingest.limits import IngestLimits
from airhook.ingest.server import RtmpServer
from support import rtmp_bytes as raw
from support.push_gate import RecordingGate
from support.rtmp_client import RtmpClient


@dataclass
class Ingest:
    server: RtmpServer
    gate: RecordingGate
    port: int
    clients: list[RtmpClient] = field(default_factory=list)

    def url(self, path: str) -> str:
        return f"rtmp://127.0.0.1:{self.port}/{path}"

    async def caller(self) -> RtmpClient:
        """A client that has not said anything yet."""
        self.clients.append(await RtmpClient.dial(self.port))
        return self.clients[-1]

    async def client(self) -> RtmpClient:
        """A client that has shaken hands."""
        client = await self.caller()
        await client.shake_hands()
        return client

    async def waiting(self) -> RtmpClient:
        """A client whose push is being judged, until ``gate.open`` is set."""
        self.gate.open.clear()
        client = await self.client()
        client.send(raw.connect(), raw.publish())
        await self.gate.wait("admit")
        return client

    async def publisher(self, name: str = "room1") -> RtmpClient:
        """A client whose push has begun."""
        client = await self.client()
        await client.publish(name)
        return client


@asynccontextmanager
async def ingest(**limits: Any) -> AsyncIterator[Ingest]:
    """Stopped at the end, with its clients, whatever happens."""
    gate = RecordingGate()
    server = RtmpServer(gate, SystemClock(), IngestLimits(**limits))
    here = Ingest(server, gate, await server.start("127.0.0.1", 0))
    try:
        yield here
    finally:
        gate.open.set()
        gate.committing.set()
        await server.stop()
        for client in here.clients:
            await client.close()
