"""Which media jobs run: what rules and tasks ask of every live stream, given to the workers (contract 3.6, 3.7, 5.4).

A rule counts from the start of a push; what is changed later counts for the next one. A task counts whenever its stream
is live between its start and its end. A job outlives a connection that breaks, so that an HLS may go on when the push
comes back; the worker says when it is over.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

import msgspec
from msgspec.structs import replace

from airhook.control.media_pulls import PullPauses
from airhook.control.recordings import record_spec
from airhook.core.clock import Clock
from airhook.core.push_ports import PushTicket
from airhook.core.sessions import OWN_INGEST, Session
from airhook.core.snapshot import ConfigHolder, Snapshot
from airhook.core.streams import StreamKey
from airhook.media.protocol import Input, JobSpec, PullInput, PushInput, RecordSpec, Subject

LOOK_S = 0.5  # between looks at the tasks' times

Slot = str
"""What a job is for, on its stream: ``record``, ``record:<task id>``, ``snapshot``, …"""

Wants = Callable[[Snapshot, StreamKey], dict[Slot, JobSpec]]
"""What the rules want of a stream whose push begins now."""

TaskWants = Callable[[Snapshot, StreamKey, int], dict[Slot, JobSpec]]
"""What tasks want of a live stream, by the wall clock."""

log = logging.getLogger("airhook.media")


class Workers(Protocol):
    """The pool of media workers (``media.supervisor``)."""

    def begin(self, subject: Subject, session_id: int, job: JobSpec, source: Input | None = None) -> str: ...
    def attach(self, key: str, source: Input) -> bool: ...
    def stop(self, key: str) -> None: ...


class _Live(msgspec.Struct, frozen=True):
    """A connected push."""

    session: Session
    source: Input
    rules: dict[Slot, JobSpec] = msgspec.field(default_factory=dict)  # as they were when it began

    @property
    def pulled(self) -> str:
        """Where from; "" when the media come from the own ingest."""
        return self.source.url if isinstance(self.source, PullInput) else ""


class _Running(msgspec.Struct, frozen=True):
    task: str  # the workers' key
    session_id: int
    spec: JobSpec
    of_api: bool


class MediaJobs:
    """Used on the event loop alone. ``workers`` is set before anything is opened."""

    workers: Workers

    def __init__(self, config: ConfigHolder, clock: Clock) -> None:
        self.wants: list[Wants] = [record_wants]
        self.task_wants: list[TaskWants] = [record_task_wants]
        self._config = config
        self._clock = clock
        self._live: dict[StreamKey, _Live] = {}
        self._keys: dict[PushTicket, StreamKey] = {}
        self._running: dict[tuple[StreamKey, Slot], _Running] = {}
        self._places: dict[str, tuple[StreamKey, Slot]] = {}  # by the workers' key
        self._pulls = PullPauses(clock)
        self._held = ""  # why no job may run
        self._some = asyncio.Event()  # a stream is live

    # --- what the sessions tell ---

    def opened(self, session: Session, source: Input | None = None) -> None:
        """A push of this session is connected; ``source``: where its media come from, if not from our own ingest.

        Of a media server's push without one there is nothing to be had.
        """
        if source is None and session.source != OWN_INGEST:
            return
        live = _Live(session, source or PushInput(session_id=session.id, epoch=session.epoch))
        self._live[session.key] = live
        self._some.set()
        self._keys[PushTicket(session.id, session.epoch)] = session.key
        if not self._held:
            self._begin_wanted(live)

    def closed(self, ticket: PushTicket) -> None:
        """That connection is gone. The workers see it by themselves, but for what they pull from elsewhere."""
        key = self._keys.pop(ticket, None)
        live = self._live.get(key) if key else None
        if key and live and (live.session.id, live.session.epoch) == (ticket.session_id, ticket.epoch):
            del self._live[key]
            if live.pulled:
                self._drain(key, live.pulled)

    # --- what the workers tell ---

    def over(self, task: str) -> None:
        place = self._places.pop(task, None)
        running = self._running.get(place) if place else None
        if place and running and running.task == task:
            del self._running[place]
            self._pulls.keep(task)
            live = self._live.get(place[0])
            if live and live.pulled:
                self._pulls.ended(place)

    # --- what operators and the disk tell ---

    def hold(self, why: str) -> None:
        """End every job and begin none, until ``release``. Files up to now are completed."""
        if not self._held:
            self._held = why
            for running in list(self._running.values()):
                self.workers.stop(running.task)

    def release(self) -> None:
        """Begin again what the live streams want."""
        if self._held:
            self._held = ""
            for live in self._live.values():
                self._begin_wanted(live)

    # --- what time brings ---

    async def run(self) -> None:
        """Begin and end what tasks ask for. Never returns."""
        while True:
            if not self._live and not self._running:
                self._some.clear()
                await self._some.wait()
            await asyncio.sleep(LOOK_S)
            self.look()

    def look(self) -> None:
        if self._held:
            return
        snapshot, now_ms = self._config.current, self._clock.now_ms()
        for key, live in list(self._live.items()):
            wanted = self._wanted_by_tasks(snapshot, key, now_ms)
            again = live.rules if live.pulled else {}
            for slot, spec in {**again, **wanted}.items():
                if (key, slot) not in self._running and self._pulls.may_begin((key, slot)):
                    self._begin(live, slot, spec, of_api=slot in wanted)
        for (key, slot), running in list(self._running.items()):
            if running.of_api and slot not in self._wanted_by_tasks(snapshot, key, now_ms):
                self.workers.stop(running.task)
        for task in self._pulls.drained():
            self.workers.stop(task)

    # --- helpers ---

    def _drain(self, key: StreamKey, url: str) -> None:
        """The media server may keep its players for ever; what goes on with the next push waits for that."""
        self._pulls.forget(key)
        for (other, _), running in self._running.items():
            if other == key and not _continues(running.spec):
                self._pulls.drain(running.task, url)

    def _wanted_by_tasks(self, snapshot: Snapshot, key: StreamKey, now_ms: int) -> dict[Slot, JobSpec]:
        return {slot: spec for ask in self.task_wants for slot, spec in ask(snapshot, key, now_ms).items()}

    def _begin_wanted(self, live: _Live) -> None:
        key, snapshot = live.session.key, self._config.current
        rules = {slot: spec for ask in self.wants for slot, spec in ask(snapshot, key).items()}
        live.rules.update(rules)
        tasks = self._wanted_by_tasks(snapshot, key, self._clock.now_ms())
        for slot, spec in {**rules, **tasks}.items():
            self._go_on_or_begin(live, slot, spec, of_api=slot in tasks)
        for (other, slot), running in list(self._running.items()):
            if other == key and slot not in rules and slot not in tasks:
                self.workers.stop(running.task)

    def _go_on_or_begin(self, live: _Live, slot: Slot, spec: JobSpec, *, of_api: bool) -> None:
        running = self._running.get((live.session.key, slot))
        if running is not None:
            goes_on = running.spec == spec and (running.session_id == live.session.id or _continues(spec))
            if goes_on and self.workers.attach(running.task, live.source):
                self._pulls.keep(running.task)
                return
            self.workers.stop(running.task)
        self._begin(live, slot, spec, of_api=of_api)

    def _begin(self, live: _Live, slot: Slot, spec: JobSpec, *, of_api: bool) -> None:
        session = live.session
        account = self._config.current.accounts.get(session.account_id)
        subject = Subject(
            account_id=session.account_id,
            appid=account.appid if account else 0,
            domain=session.domain,
            app=session.app,
            stream=session.stream,
            stream_param=session.stream_param,
        )
        task = self.workers.begin(subject, session.id, spec, live.source)
        place = (session.key, slot)
        self._running[place] = _Running(task, session.id, spec, of_api)
        self._places[task] = place
        if live.pulled:
            self._pulls.begun(place)


def _continues(spec: JobSpec) -> bool:
    """Whether the job goes on with the stream's next push, in the same file."""
    return isinstance(spec, RecordSpec) and all(one.continue_s > 0 for one in spec.formats)


def record_wants(snapshot: Snapshot, key: StreamKey) -> dict[Slot, JobSpec]:
    template = snapshot.record_rule_for(key.domain, key.app, key.stream)
    return _slots("record", record_spec(template)) if template else {}


def record_task_wants(snapshot: Snapshot, key: StreamKey, now_ms: int) -> dict[Slot, JobSpec]:
    wanted: dict[Slot, JobSpec] = {}
    for task in snapshot.record_tasks_for(key, now_ms):
        wanted |= _slots(f"record:{task.id}", record_spec(snapshot.record_template_of(task), task.id))
    return wanted


def _slots(slot: Slot, spec: RecordSpec) -> dict[Slot, JobSpec]:
    """What outlives a push is a job of its own: the files of the others belong to one push each."""
    lasting = [one for one in spec.formats if one.continue_s > 0]
    others = [one for one in spec.formats if one.continue_s <= 0]
    parts = {slot: others, f"{slot}+": lasting}
    return {name: replace(spec, formats=formats) for name, formats in parts.items() if formats}
