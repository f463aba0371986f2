"""The pool of media workers: which runs what, and what becomes of it when one dies.

A task is *begun* on a worker with room, and is *over* when its worker says Done. When the worker dies or the job fails,
what it left is recovered by another task, and the task itself begins anew under a fresh id, after a pause that grows.
Those that saw a death share a worker with half as many as before, until they have lived for ``TRUST_S``: so a stream
that kills workers is soon the only one on its own. What is pulled from elsewhere shares no worker with pushes.
Workers are started when a task needs one and end when none has for a while.
"""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from airhook.core.clock import IdMaker
from airhook.media import spool
from airhook.media.child import Child
from airhook.media.protocol import (
    Attach,
    Begin,
    Done,
    Input,
    JobSpec,
    Limits,
    News,
    PullInput,
    RecoverSpec,
    Reported,
    Setup,
    Stop,
    Subject,
    Task,
)

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
TRUST_S = 30.0  # of life, after which a task is no more suspected of a death
SPARE_WORKERS = 2  # beyond those of the settings, to keep suspects apart
IDLE_S = 30.0  # then a worker without tasks ends
STOP_S = 20.0  # for workers to finish their files

_NOBODY = Subject(account_id=0, appid=0, domain="", app="", stream="")

log = logging.getLogger("airhook.media")


class PoolSettings(msgspec.Struct, frozen=True, kw_only=True):
    workers: int = 4  # at most
    streams_per_worker: int = 32
    limits: Limits = Limits()


class PoolStats(msgspec.Struct, frozen=True, kw_only=True):
    workers: int
    tasks: int
    waiting: int  # tasks that wait for a worker, or for the end of a pause
    rss_bytes: int
    deaths: int  # since the start


class _Held:
    """A task that was asked for and is not over. ``current`` is its newest life; ``key`` the first id."""

    def __init__(self, key: str, task: Task) -> None:
        self.key = key
        self.current = task
        self.child: Child | None = None
        self.inputs = int(task.input is not None)  # given to this life
        self.deaths = 0  # and failures, since it was trusted
        self.crowd: int | None = None  # tasks at most on its worker, while it is suspected
        self.stopping = False
        self.has_waited = False  # and the log says so


class Supervisor:
    """Use it on the event loop. ``on_report`` gets hints, ``on_over`` the key of a task that is over for good,
    ``on_retired`` the name of a folder in which no worker will leave anything more.
    """

    def __init__(
        self,
        folder: Path,
        outlets: str,
        settings: PoolSettings,
        ids: IdMaker,
        *,
        on_report: Callable[[str], None],
        on_retired: Callable[[str], None],
        on_over: Callable[[str], None] = lambda _key: None,
    ) -> None:
        self._spool = folder.absolute()
        self._setup = Setup(spool=str(self._spool), outlets=outlets, limits=settings.limits)
        self._settings = settings
        self._ids = ids
        self._on_report = on_report
        self._on_retired = on_retired
        self._on_over = on_over
        self._children: list[Child] = []
        self._held: dict[str, _Held] = {}  # by key
        self._lives: dict[str, _Held] = {}  # by the id of the current life
        self._waiting: list[_Held] = []  # for room
        self._idle: dict[Child, asyncio.TimerHandle] = {}
        self._closing = False
        self._deaths = 0

    # --- what callers ask ---

    def recover(self) -> None:
        """Take up what earlier runs left in the spool."""
        for name in spool.orphans(self._spool):
            self._recover(name)

    def begin(self, subject: Subject, session_id: int, job: JobSpec, source: Input | None = None) -> str:
        """Run a job; gives the key of the task. It waits while every worker is full."""
        key = str(self._ids())
        task = Task(id=key, subject=subject, session_id=session_id, job=job, input=source)
        held = self._held[key] = _Held(key, task)
        self._place(held)
        return key

    def attach(self, key: str, source: Input) -> bool:
        """Go on with another input; False when the task is over."""
        held = self._held.get(key)
        if held is None or held.stopping:
            return False
        held.current = replace(held.current, input=source)
        if held.child is not None:
            held.inputs += 1
            held.child.send(Attach(task_id=held.current.id, input=source))
        return True

    def stop(self, key: str) -> None:
        """Finish it now; its files are reported as ever."""
        held = self._held.get(key)
        if held is None or held.stopping:
            return
        held.stopping = True
        if held.child is None:
            self._over(held)
        else:
            held.child.send(Stop(task_id=held.current.id))

    def stats(self) -> PoolStats:
        beats = [child.last_beat for child in self._children if child.last_beat]
        return PoolStats(
            workers=len(self._children),
            tasks=len(self._held),
            waiting=sum(held.child is None for held in self._held.values()),
            rss_bytes=sum(beat.rss_bytes for beat in beats),
            deaths=self._deaths,
        )

    def pids(self) -> list[int]:
        return [child.pid for child in self._children if child.pid]

    def placements(self) -> dict[str, int]:
        """The process that runs each task, by its key; 0 while none does."""
        return {key: held.child.pid if held.child else 0 for key, held in self._held.items()}

    async def close(self) -> None:
        """Let every worker finish its files; what takes longer is killed, and recovered at the next start."""
        self._closing = True
        for timer in self._idle.values():
            timer.cancel()
        children = list(self._children)
        for child in children:
            child.quit()
        for child, gone in zip(
            children, await asyncio.gather(*(child.gone(STOP_S) for child in children)), strict=True
        ):
            if not gone:
                child.kill()
                await child.gone(STOP_S)

    # --- where tasks run ---

    def _place(self, held: _Held) -> None:
        child = None if self._closing else self._choose(held)
        if child is None:
            self._waiting.append(held)
            if not held.has_waited:  # it is looked at again whenever something ends
                held.has_waited = True
                log.warning(
                    "a media task waits: all media workers are full (media.workers, media.streams_per_worker)"
                )
            return
        held.has_waited = False
        held.child = child
        held.inputs = int(held.current.input is not None)
        self._lives[held.current.id] = held
        child.tasks.add(held.current.id)
        if (timer := self._idle.pop(child, None)) is not None:
            timer.cancel()
        child.send(Begin(task=held.current))
        if held.deaths:
            asyncio.get_running_loop().call_later(TRUST_S, self._trust, held, held.current.id)

    def _choose(self, held: _Held) -> Child | None:
        """The worker that has the stream already, else the fullest one with room, else a new one."""
        usable = [child for child in self._children if not child.quitting]
        shared = [child for child in usable if self._may_share(child, held)]
        stream = _stream_of(held)
        for child in shared:
            if stream is not None and stream in self._streams(child):
                return child
        for child in sorted(shared, key=lambda child: -len(self._streams(child))):
            if len(self._streams(child)) < self._settings.streams_per_worker:
                return child
        if len(usable) < self._settings.workers + self._spare(held, usable):
            self._children.append(Child(self._setup, self._hear, self._mourn))
            return self._children[-1]
        return None

    def _may_share(self, child: Child, held: _Held) -> bool:
        there = [self._lives[task_id] for task_id in child.tasks]
        crowd = min((one.crowd for one in (held, *there) if one.crowd), default=None)
        kinds = {_is_pull(one) for one in (held, *there)} - {None}
        return len(kinds) <= 1 and (crowd is None or len(there) < crowd)

    def _spare(self, held: _Held, usable: list[Child]) -> int:
        """Workers beyond those of the settings: for suspects, and for the first pull beside pushes, or push beside pulls."""
        if held.crowd:
            return SPARE_WORKERS
        mine = _is_pull(held)
        there = [_is_pull(self._lives[task_id]) for child in usable for task_id in child.tasks]
        return int(mine is not None and mine not in there)

    def _trust(self, held: _Held, life: str) -> None:
        if held.current.id == life and held.child is not None:
            held.deaths, held.crowd = 0, None
            self._place_waiting()

    def _streams(self, child: Child) -> set[Any]:
        return {_stream_of(self._lives[task_id]) or task_id for task_id in child.tasks}

    def _place_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for held in waiting:
            if held.key in self._held:
                self._place(held)

    # --- what workers say ---

    def _hear(self, child: Child, news: News) -> None:
        if isinstance(news, Reported):
            self._on_report(news.path)
        elif isinstance(news, Done):
            held = self._lives.pop(news.task_id, None)
            child.tasks.discard(news.task_id)
            if held is not None:
                self._done(held, news)
            self._rest(child)
            self._place_waiting()

    def _done(self, held: _Held, news: Done) -> None:
        held.child = None
        if news.error:
            log.warning("a media task failed: %s", news.error, extra=_about(held.current))
            self._fall(held)
        else:
            if news.unfinished:
                self._recover(_folder_of(held.current))
            else:
                self._on_retired(_folder_of(held.current))
            if news.inputs < held.inputs and not held.stopping:  # an input came while it was ending
                self._begin_anew(held)
            else:
                self._over(held)

    def _mourn(self, child: Child) -> None:
        self._children.remove(child)
        if (timer := self._idle.pop(child, None)) is not None:
            timer.cancel()
        fallen = [self._lives.pop(task_id) for task_id in child.tasks]
        child.tasks.clear()
        if self._closing:
            return
        self._deaths += bool(not child.quitting)
        for held in fallen:
            held.child = None
            held.crowd = max(1, len(fallen) // 2)
            self._fall(held)
        self._place_waiting()

    def _fall(self, held: _Held) -> None:
        """Its life ended badly: recover what it left, and begin anew after a pause."""
        held.deaths += 1
        if isinstance(held.current.job, RecoverSpec):
            self._retry(held)
            return
        self._recover(held.current.id)
        if held.stopping:
            self._over(held)
        else:
            self._retry(held)

    def _retry(self, held: _Held) -> None:
        pause_s = min(FIRST_PAUSE_S * 2 ** (held.deaths - 1), LONGEST_PAUSE_S)
        asyncio.get_running_loop().call_later(pause_s, self._begin_anew, held)

    def _begin_anew(self, held: _Held) -> None:
        if held.key in self._held and not self._closing:
            held.current = replace(held.current, id=f"{held.key}-{self._ids()}")
            self._place(held)

    def _recover(self, folder: str) -> None:
        self.begin(_NOBODY, 0, RecoverSpec(folder=folder))

    def _over(self, held: _Held) -> None:
        if self._held.pop(held.key, None) is not None:
            self._on_over(held.key)

    def _rest(self, child: Child) -> None:
        if not child.tasks and not self._closing and child not in self._idle:
            self._idle[child] = asyncio.get_running_loop().call_later(IDLE_S, self._retire, child)

    def _retire(self, child: Child) -> None:
        self._idle.pop(child, None)
        if not child.tasks:
            child.quit()


def _stream_of(held: _Held) -> Input | None:
    return held.current.input


def _is_pull(held: _Held) -> bool | None:
    """None: it has no stream."""
    source = held.current.input
    return isinstance(source, PullInput) if source is not None else None


def _folder_of(task: Task) -> str:
    return task.job.folder if isinstance(task.job, RecoverSpec) else task.id


def _about(task: Task) -> dict[str, str]:
    subject = task.subject
    return {"domain": subject.domain, "app": subject.app, "stream": subject.stream, "task": task.id}
