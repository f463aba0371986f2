"""One worker process, as the node sees it: started with nothing but a channel, watched, ended."""

import asyncio
import contextlib
import logging
import os
import socket
import sys
from collections.abc import Callable

from airhook.media.framing import Messages, frame
from airhook.media.protocol import BEAT_S, Beat, News, Order, Quit, Setup

SILENT_S = 10 * BEAT_S  # a worker whose event loop does not turn for so long is killed
KEPT_ENVIRONMENT = (
    "HOME",
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "PATH",
    "PYTHONHOME",
    "PYTHONPATH",
    "TMPDIR",
    "TZ",
    "VIRTUAL_ENV",
)
"""Variables that Python and its libraries need; settings and secrets are not among them."""

log = logging.getLogger("airhook.media")


class Child:
    """``on_news`` hears everything it says, ``on_death`` once when it is gone."""

    def __init__(
        self, setup: Setup, on_news: Callable[["Child", News], None], on_death: Callable[["Child"], None]
    ) -> None:
        self.tasks: set[str] = set()
        self.streams: set[object] = set()
        self.last_beat: Beat | None = None
        self.pid = 0
        self.quitting = False
        self._setup = setup
        self._on_news = on_news
        self._on_death = on_death
        self._orders: list[bytes] = []  # given before it was there
        self._writer: asyncio.StreamWriter | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._said: asyncio.Task[None] | None = None
        self._run = asyncio.get_running_loop().create_task(self._live())

    def send(self, order: Order) -> None:
        data = frame(order)
        if self._writer is None:
            self._orders.append(data)
        elif not self._writer.is_closing():
            self._writer.write(data)

    def quit(self) -> None:
        """Let it finish what it does, then end."""
        if not self.quitting:
            self.quitting = True
            self.send(Quit())

    def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    async def gone(self, timeout_s: float) -> bool:
        """Wait for its end; False when it takes longer."""
        done, _ = await asyncio.wait([self._run], timeout=timeout_s)
        return bool(done)

    async def _live(self) -> None:
        try:
            await self._start_and_listen()
        except Exception:
            log.exception("a media worker cannot be started or understood")
        finally:
            await self._collect()
            self._on_death(self)

    async def _start_and_listen(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            ours.setblocking(False)
            environment = {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}
            # A session of its own: Ctrl-C in a terminal is for the node, which tells its workers.
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "airhook.media.worker",
                str(theirs.fileno()),
                pass_fds=(theirs.fileno(),),
                stdin=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                env=environment,
                start_new_session=True,
            )
        self.pid = self._process.pid
        assert self._process.stderr is not None
        self._said = asyncio.get_running_loop().create_task(self._pass_on(self._process.stderr))
        reader, writer = await asyncio.open_unix_connection(sock=ours)
        writer.write(b"".join([frame(self._setup), *self._orders]))
        self._writer = writer
        await self._listen(Messages(reader, News))

    async def _listen(self, messages: Messages[News]) -> None:
        while True:
            try:
                async with asyncio.timeout(SILENT_S):
                    news = await messages.next()
            except TimeoutError:
                log.warning("media worker %s does nothing for %s s; it is killed", self.pid, SILENT_S)
                return
            if news is None:
                return
            if isinstance(news, Beat):
                self.last_beat = news
            self._on_news(self, news)

    async def _pass_on(self, said: asyncio.StreamReader) -> None:
        """What it, or FFmpeg in it, writes to standard error goes to our log."""
        while True:
            try:
                line = await said.readline()
            except ValueError:  # a line beyond all measure; its rest comes next
                continue
            if not line:
                return
            log.warning("media worker %s: %s", self.pid, line.decode(errors="replace").rstrip())

    async def _collect(self) -> None:
        if self._writer is not None:
            self._writer.close()
        if self._process is None:
            return
        if not self.quitting:
            self.kill()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SILENT_S):
                await self._process.wait()
        self.kill()
        code = await self._process.wait()
        if self._said is not None:
            await asyncio.wait([self._said], timeout=SILENT_S)
        if code and not self.quitting:
            log.warning("media worker %s ended with %s", self.pid, code)
