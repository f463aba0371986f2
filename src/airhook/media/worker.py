"""A media worker: a process that runs jobs on streams, and is allowed little.

``python -m airhook.media.worker FD``: FD is a socket on which the node's process gives orders. When that is closed,
the node is gone: what is under way is finished, and told by the spool alone.
"""

import asyncio
import contextlib
import logging
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import uvloop

from airhook.media import jobs
from airhook.media.dying import die_of_memory, judge
from airhook.media.feed import Feed
from airhook.media.framing import Messages, frame
from airhook.media.protocol import (
    BEAT_S,
    Attach,
    Beat,
    Begin,
    Done,
    Input,
    Limits,
    News,
    Order,
    PushInput,
    Quit,
    Ready,
    Reported,
    Setup,
    Stop,
    Task,
)
from airhook.media.spool import TaskFolder

TICK_S = 0.5

log = logging.getLogger("airhook.media")


class _Running:
    """A task's job, and the feed that it is on now."""

    def __init__(self, task: Task, context: jobs.Context, job: jobs.Job) -> None:
        self.task = task
        self.context = context
        self.job = job
        self.feed: Feed | None = None
        self.inputs = 0


class Worker:
    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._writer: asyncio.StreamWriter | None = None
        self._setup = Setup(spool="", outlets="")
        self._running: dict[str, _Running] = {}
        self._chores: set[asyncio.Task[None]] = set()
        self._feeds: dict[Input, Feed] = {}

    async def run(self) -> None:
        asyncio.get_running_loop().set_exception_handler(judge)
        reader, self._writer = await asyncio.open_unix_connection(sock=self._channel)
        orders: Messages[Order] = Messages(reader, Order)
        beats = asyncio.create_task(self._beat())
        ticks = asyncio.create_task(self._tick())
        try:
            while (order := await orders.next()) is not None and not isinstance(order, Quit):
                self._obey(order)
        finally:
            beats.cancel()
            ticks.cancel()
            self._finish_all()
            if self._chores:
                await asyncio.wait(self._chores)
            with contextlib.suppress(OSError):
                self._writer.close()
                await self._writer.wait_closed()

    def _obey(self, order: Order) -> None:
        if isinstance(order, Setup):
            self._setup = order
            limit(order.limits)
            self._send(Ready(pid=os.getpid()))
        elif isinstance(order, Begin):
            self._begin(order.task)
        elif isinstance(order, Attach):
            self._attach(order.task_id, order.input)
        elif isinstance(order, Stop):
            running = self._running.get(order.task_id)
            if running is not None:
                self._finish(running)

    # --- tasks ---

    def _begin(self, task: Task) -> None:
        kind = jobs.kind_of(task.job)
        if kind in jobs.CHORES:
            chore = asyncio.get_running_loop().create_task(self._do(task, jobs.CHORES[kind]))
            self._chores.add(chore)
            chore.add_done_callback(self._chores.discard)
            return
        folder = TaskFolder(Path(self._setup.spool) / task.id)
        try:
            folder.create(task)
            context = jobs.Context(task, folder, self._tell)
            running = _Running(task, context, jobs.FACTORIES[kind](context, task.job))
        except MemoryError:
            die_of_memory()
        except Exception as error:
            log.exception("a task cannot begin")
            folder.close()
            self._send(Done(task_id=task.id, error=_text(error)))
            return
        self._running[task.id] = running
        if task.input is not None:
            self._attach(task.id, task.input)

    async def _do(self, task: Task, chore: jobs.Chore) -> None:
        error = ""
        try:
            await chore(task, Path(self._setup.spool), self._tell)
        except MemoryError:
            die_of_memory()
        except Exception as failure:
            log.exception("a chore failed")
            error = _text(failure)
        self._send(Done(task_id=task.id, error=error))

    def _attach(self, task_id: str, source: Input) -> None:
        running = self._running.get(task_id)
        if running is None:
            return  # it is over; its Done, which tells how many inputs it had, is on the way
        if running.feed is not None:
            self._detach(running)
        feed = self._feeds.get(source)
        if feed is None:
            feed = self._feeds[source] = Feed(source, self._setup.outlets, self._input_over, self._job_failed)
        running.feed = feed
        running.inputs += 1
        self._guard(running, lambda: feed.add(running.job))

    def _detach(self, running: _Running) -> None:
        feed, running.feed = running.feed, None
        if feed is not None:
            feed.remove(running.job)
            if not feed.jobs:
                self._feeds.pop(feed.source, None)
        self._guard(running, running.job.end_input)

    def _input_over(self, feed: Feed, why: str) -> None:
        """A pull that broke is a stream's end as any other; our own outlets break when the worker or the node is ill."""
        self._feeds.pop(feed.source, None)
        for running in [one for one in self._running.values() if one.feed is feed]:
            running.feed = None
            if why and isinstance(feed.source, PushInput):
                self._fail(running, ConnectionError(why))
                continue
            self._guard(running, partial(running.job.end_input, why))
            self._settle(running)

    def _finish(self, running: _Running) -> None:
        if running.feed is not None:
            self._detach(running)
        if running.task.id in self._running:
            self._guard(running, running.job.finish)
        if running.task.id in self._running:
            self._end(running, "")

    def _finish_all(self) -> None:
        for running in list(self._running.values()):
            self._finish(running)

    def _settle(self, running: _Running) -> None:
        if running.feed is None and running.job.over and running.task.id in self._running:
            self._end(running, "")

    def _guard(self, running: _Running, step: Callable[[], None]) -> None:
        """Whatever a job raises ends this task alone."""
        try:
            step()
        except Exception as error:
            self._fail(running, error)

    def _job_failed(self, job: jobs.Job, error: Exception) -> None:
        for running in [one for one in self._running.values() if one.job is job]:
            self._fail(running, error)

    def _fail(self, running: _Running, error: Exception) -> None:
        if isinstance(error, MemoryError):
            die_of_memory()
        log.error("a job failed; its task is begun again", exc_info=error, extra={"task": running.task.id})
        self._end(running, _text(error))

    def _end(self, running: _Running, error: str) -> None:
        self._running.pop(running.task.id, None)
        feed, running.feed = running.feed, None
        if feed is not None:
            feed.remove(running.job)
            if not feed.jobs:
                self._feeds.pop(feed.source, None)
        unfinished = not running.context.close()
        self._send(Done(task_id=running.task.id, inputs=running.inputs, error=error, unfinished=unfinished))

    # --- what goes on beside ---

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            for running in list(self._running.values()):
                running.context.flush()
                self._guard(running, running.job.tick)
                self._settle(running)

    async def _beat(self) -> None:
        while True:
            used = resource.getrusage(resource.RUSAGE_SELF)
            renew_cpu(self._setup.limits)
            self._send(Beat(cpu_s=used.ru_utime + used.ru_stime, rss_bytes=_rss_bytes()))
            await asyncio.sleep(BEAT_S)

    def _tell(self, note: Path) -> None:
        self._send(Reported(path=str(note.relative_to(self._setup.spool))))

    def _send(self, news: News) -> None:
        assert self._writer is not None
        if not self._writer.is_closing():
            self._writer.write(frame(news))


# --- what a worker may take -------------------------------------------------------------------------------------


def limit(limits: Limits) -> None:
    """Bound this process: a hostile stream takes no more than this, and then it is this process that dies."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _lower(resource.RLIMIT_AS, limits.memory_bytes)
    _lower(resource.RLIMIT_NOFILE, limits.files)
    if limits.file_bytes:
        _lower(resource.RLIMIT_FSIZE, limits.file_bytes)
    renew_cpu(limits)


def renew_cpu(limits: Limits) -> None:
    """The event loop turns: allow another burst. Work that never comes back from a call dies by SIGXCPU."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent_s = int(used.ru_utime + used.ru_stime)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = spent_s + 1 + limits.cpu_burst_s  # the limit counts whole seconds
    resource.setrlimit(
        resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard)
    )


def _lower(what: int, most: int) -> None:
    _, hard = resource.getrlimit(what)
    bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (bound, bound))


def _rss_bytes() -> int:
    return int(Path("/proc/self/statm").read_bytes().split()[1]) * resource.getpagesize()


def _text(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]


def close_others(kept: int) -> None:
    """Close every handle that came along by inheritance, whoever left it open."""
    for handle in list(Path("/proc/self/fd").iterdir()):
        if int(handle.name) > 2 and int(handle.name) != kept:
            with contextlib.suppress(OSError):  # the listing's own
                os.close(int(handle.name))


def main() -> None:
    close_others(int(sys.argv[1]))
    for sign in (signal.SIGTERM, signal.SIGINT):
        # A service manager or a terminal may send these to every process; it is the node that says when to end.
        signal.signal(sign, signal.SIG_IGN)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    channel = socket.socket(fileno=int(sys.argv[1]))
    channel.setblocking(False)
    uvloop.run(Worker(channel).run())


if __name__ == "__main__":
    main()
