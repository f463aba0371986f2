"""The publisher, as the command and the demo use it.

::

    async with Publisher(url, duration_s=8) as publisher:
        await publisher.started()
        await publisher.ended()     # or publisher.stop(), or publisher.drop()
"""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable
from types import TracebackType
from typing import Self

import msgspec

from airhook.core.errors import AirhookError
from airhook.tools.publish.spec import STOP, Job, Picture, Report
from airhook.tools.stopping import send

GOODBYE_TIMEOUT_S = 5.0


class Publisher:
    """One push in a child process; leaving the block without a word drops it.

    ``on_report`` hears of every ``Report``. ``url`` is ``rtmp://HOST[:PORT]/APP/STREAM[?PARAMS]``.
    """

    def __init__(
        self,
        url: str,
        *,
        picture: Picture | None = None,
        duration_s: float | None = None,
        on_report: Callable[[Report], None] | None = None,
    ) -> None:
        self._job = Job(url=url, picture=picture or Picture(), duration_s=duration_s)
        self._on_report = on_report
        self._started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._dropped = False
        self.last = Report(state="starting")

    async def __aenter__(self) -> Self:
        self._child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "airhook.tools.publish.muxer",
            msgspec.json.encode(self._job).decode(),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the command, which then stops the push properly
        )
        self._following = asyncio.ensure_future(self._follow())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.drop()
        await self._following
        self._started.cancel()
        if self._started.done() and not self._started.cancelled():
            self._started.exception()  # heard of, even if nobody waited

    async def started(self) -> None:
        """Return once the server has let the push in. Raises ``AirhookError`` with its answer when it does not."""
        await asyncio.shield(self._started)

    async def ended(self) -> Report:
        """The last report, once the push is over. Raises ``AirhookError`` when it broke off by itself."""
        await asyncio.shield(self._following)
        if self.last.state != "ended" and not self._dropped:
            raise AirhookError(self._failure())
        return self.last

    async def stop(self) -> Report:
        """End the push properly: the server hears that the publisher stops."""
        assert self._child.stdin
        with contextlib.suppress(ConnectionError):
            self._child.stdin.write(STOP)
            await self._child.stdin.drain()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._following), GOODBYE_TIMEOUT_S)
        return await self.ended() if self._following.done() else self.last

    def drop(self) -> None:
        """Vanish: no goodbye, the connection just closes."""
        if self._child.returncode is None:
            self._dropped = True
            send(self._child, signal.SIGKILL)

    async def _follow(self) -> None:
        assert self._child.stdout
        async for line in self._child.stdout:
            self.last = msgspec.json.decode(line, type=Report)
            if self.last.state == "started" and not self._started.done():
                self._started.set_result(None)
            if self._on_report:
                self._on_report(self.last)
        await self._child.wait()
        if not self._started.done():
            self._started.set_exception(AirhookError(self._failure()))

    def _failure(self) -> str:
        shown = self._job.url.partition("?")[0]
        why = self.last.reason or f"its process died ({self._child.returncode})"
        return f"the push to {shown} failed: {why}"
