"""What a job is, inside a worker, and which kinds there are."""

import contextlib
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from airhook.core.flv import Tag
from airhook.media.protocol import JobSpec, Report, Task
from airhook.media.spool import TaskFolder, walk_files

log = logging.getLogger("airhook.media")


class _Unwritten(NamedTuple):
    report: Report
    instead_of: Path | None


class Context:
    """A job's task, its folder, and how it tells what it did."""

    def __init__(self, task: Task, folder: TaskFolder, tell: Callable[[Path], None]) -> None:
        self.task = task
        self._folder = folder
        self._tell = tell
        self._unwritten: list[_Unwritten] = []  # the disk was full
        self._has_warned = False

    @property
    def folder(self) -> Path:
        """Where the job writes; what a report names as its path counts from here."""
        return self._folder.path

    def report(self, report: Report, *, instead_of: Path | None = None) -> None:
        """Tell something that must not be lost. Reports of a task are handled in this order.

        While the disk is full they are kept; ``flush`` tries again. ``instead_of``: what a recovery would make the
        report of, so that it goes once the report is there.
        """
        self._unwritten.append(_Unwritten(report, instead_of))
        self.flush()

    def flush(self) -> None:
        while self._unwritten:
            report, instead_of = self._unwritten[0]
            try:
                note = self._folder.note(self.task, report)
            except OSError as error:
                if not self._has_warned:
                    log.warning("reports wait for room on the disk: %s", error)
                self._has_warned = True
                return
            self._has_warned = False
            del self._unwritten[0]
            if instead_of is not None:
                with contextlib.suppress(OSError):
                    instead_of.unlink()
            self._tell(note)

    def has_room(self) -> bool:
        """Whether the disk has room again, for what waits to be told and for more to come."""
        self.flush()
        return not self._unwritten and self._folder.has_room()

    def close(self) -> bool:
        """Whether everything is complete and told; else the folder is to be recovered."""
        self.flush()
        is_complete = not self._folder.has_unfinished()
        self._folder.close()
        return is_complete


class Job(Protocol):
    """Fed with one stream's tags, on the worker's event loop: every call is short (some 50 ms at most).

    An exception ends this task alone: its folder is recovered, and while the stream lives the task is begun again.
    """

    key_every_s: float | None
    """None: every tag. Else only codec headers and the newest key frame, so often, which costs the node very little."""

    def begin_input(self) -> None:
        """Tags of a new input follow, headers first; before that, those of the one before have ended."""
        ...

    def take(self, tag: Tag) -> None: ...
    def end_input(self, why: str = "") -> None:
        """The stream ended, or broke (``why``); ``over`` says whether the job waits for another input."""
        ...

    def tick(self) -> None:
        """About twice a second."""
        ...

    def finish(self) -> None:
        """Complete everything now; ``over`` is true afterwards."""
        ...

    @property
    def over(self) -> bool: ...


Factory = Callable[[Context, Any], Job]
Chore = Callable[[Task, Path, Callable[[Path], None]], Awaitable[None]]
"""Work without a stream: the task, the spool, and who hears of reports in it."""


def _record(context: Context, spec: Any) -> Job:
    from airhook.media.record.job import RecordJob

    return RecordJob(context, spec)


def _snapshot(context: Context, spec: Any) -> Job:
    from airhook.media.pictures.job import SnapshotJob

    return SnapshotJob(context, spec)


async def _recover(task: Task, spool: Path, tell: Callable[[Path], None]) -> None:
    from airhook.media.recover import recover

    await recover(task, spool, tell)


FACTORIES: dict[str, Factory] = {"record": _record, "snapshot": _snapshot}
"""Jobs on a stream, by the ``type`` of their spec."""

CHORES: dict[str, Chore] = {"recover": _recover}


def kind_of(spec: JobSpec) -> str:
    kind: str = spec.__struct_config__.tag  # type: ignore[assignment]
    return kind


def size_of(path: Path) -> int:
    """Bytes of a file, or of the files in a folder."""
    return sum(one.stat().st_size for one in walk_files(path))
