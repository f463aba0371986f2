"""The RTMP server: listens, counts connections, and is the ingest's face to the sessions (``PushControl``)."""

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from pathlib import Path

from airhook.core.clock import Clock
from airhook.core.push_ports import PushActivity, PushGate, PushMeasure, PushTicket
from airhook.core.reasons import Reason
from airhook.core.stats import IngestStats
from airhook.ingest.admission import Service
from airhook.ingest.connection import Connection
from airhook.ingest.limits import IngestLimits
from airhook.ingest.outlets import Outlets
from airhook.ingest.publication import Abnormal, unheard
from airhook.ingest.registry import Registry
from airhook.net.acceptor import Acceptor
from airhook.net.listening import listen_at

STOP_S = 5.0  # for ends that are being reported, and for clients that do not read
BACKLOG = 512  # connections that wait to be accepted

DEFAULT_LIMITS = IngestLimits()
LOG = logging.getLogger("airhook.ingest")


class RtmpServer:
    """Make it inside the running event loop. ``gate`` judges pushes and hears how they end."""

    def __init__(
        self,
        gate: PushGate,
        clock: Clock,
        limits: IngestLimits = DEFAULT_LIMITS,
        log: logging.Logger = LOG,
        on_abnormal: Abnormal = unheard,
    ) -> None:
        self._registry = Registry(limits)
        self._service = Service(gate, clock, limits, self._registry, log, on_abnormal)
        self._outlets = Outlets(self._registry.outlet)
        self._acceptor: Acceptor | None = None

    async def open_outlets(self, path: Path) -> None:
        """Let media workers read the pushes, on a Unix socket at ``path``. Raises ``OSError``."""
        await self._outlets.start(path)

    async def start(self, host: str, port: int) -> int:
        """Listen; gives the port, which the system chose if ``port`` is 0. Raises ``OSError``."""
        sockets = await listen_at(host, port, BACKLOG)
        self._acceptor = Acceptor("RTMP", sockets, lambda: Connection(self._service))
        bound: int = sockets[0].getsockname()[1]
        return bound

    def drain(self) -> None:
        """Take no new pushes; those that run go on."""
        self._registry.draining = True

    async def stop(self) -> None:
        """Close every connection and report no ends of them: the sessions hand them to their windows.

        Ends that came before are reported to the last.
        """
        self.drain()
        if self._acceptor is not None:
            self._acceptor.close()
            await self._acceptor.wait_opened()
        for client in list(self._registry.clients):
            client.leave()
        await self._finish_reports()
        await self._part_from_clients()
        await self._outlets.stop()

    def activity(self) -> Mapping[PushTicket, PushActivity]:
        return self._registry.activity()

    def measures(self) -> Mapping[PushTicket, PushMeasure]:
        return self._registry.measures()

    def stats(self) -> IngestStats:
        return IngestStats(connections=len(self._registry.clients), pushes=len(self._registry.activity()))

    def cut(self, ticket: PushTicket, reason: Reason) -> None:
        self._registry.cut(ticket, reason)

    async def _finish_reports(self) -> None:
        if not self._registry.tasks:
            return
        _, unfinished = await asyncio.wait(set(self._registry.tasks), timeout=STOP_S)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)

    async def _part_from_clients(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._registry.deserted.wait(), STOP_S)
        for client in list(self._registry.clients):
            client.abort()
        await self._registry.deserted.wait()
