"""The spool: what workers write, and what waits there to be told.

::

    spool/
      <task id>/
        task.json         the task; the folder belongs to whoever holds the lock on it
        reserve           room on the disk for the last reports, if there is none left
        <files>           recordings under way, pictures
        00000001.note     a report that nobody has acknowledged yet (``protocol.Note``)

A note is written under another name and renamed, so that it is whole or not there. Whoever has done what it asks for
removes it. A folder without a living worker is an orphan: a recovery task takes its lock, finishes the files in it and
tells its notes again.
"""

import contextlib
import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec

from airhook.media.protocol import Note, Report, Task

TASK_FILE = "task.json"
NOTE_SUFFIX = ".note"
LIVE_SUFFIX = ".live"  # beside a file that is being written: what a recovery must know of it
RESERVE_BYTES = 128 * 1024
SLICE_BYTES = (
    8 * 1024
)  # of the reserve, for one report; given up one by one, for other writers want room, too
_RESERVE = "reserve"
_PART_SUFFIX = ".part"

_task_decoder = msgspec.json.Decoder(Task)
_note_decoder = msgspec.json.Decoder(Note)


class BusyError(Exception):
    """Another worker holds the folder."""


class TaskFolder:
    """One task's folder, held by a worker. ``close`` lets go of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = -1
        self._last = 0
        self._reserved = 0

    def create(self, task: Task) -> None:
        """Raises ``OSError``."""
        self.path.mkdir(parents=True, mode=0o700)
        write_whole(self.path / TASK_FILE, msgspec.json.encode(task))
        self.hold()
        self._reserve()

    def hold(self) -> None:
        """Take the lock; a process that dies lets go of it. Raises ``BusyError`` and ``OSError``."""
        lock = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise BusyError(self.path.name) from None
        self._lock = lock
        with contextlib.suppress(OSError):
            self._reserved = (self.path / _RESERVE).stat().st_size
        self._last = max((_number(note) for note in self.notes()), default=0)

    def task(self) -> Task | None:
        """None when its worker died before it had written that."""
        try:
            return _task_decoder.decode((self.path / TASK_FILE).read_bytes())
        except (OSError, msgspec.MsgspecError):
            return None

    def notes(self) -> list[Path]:
        return sorted(self.path.glob(f"*{NOTE_SUFFIX}"))

    def note(self, task: Task, report: Report) -> Path:
        """Leave a report; gives where it lies. On a full disk the reserve makes room for it. Raises ``OSError``."""
        path = self.path / f"{self._last + 1:08}{NOTE_SUFFIX}"
        data = msgspec.json.encode(Note(task=task, report=report))
        try:
            write_whole(path, data)
        except OSError:
            if not self._give_up_slice():
                raise
            write_whole(path, data)
        self._last += 1
        return path

    def has_unfinished(self) -> bool:
        """Whether a file in it is not complete, or not told of."""
        return any(self.path.glob(f"*{LIVE_SUFFIX}"))

    def has_room(self) -> bool:
        """Whether there is room for reports to come; then it is taken for them."""
        try:
            self._reserve()
        except OSError:
            return False
        return True

    def _reserve(self) -> None:
        if self._reserved == RESERVE_BYTES:
            return
        handle = os.open(self.path / _RESERVE, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(handle, 0, RESERVE_BYTES)
            self._reserved = RESERVE_BYTES
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise  # other disks cannot promise room: they go without
        finally:
            os.close(handle)

    def _give_up_slice(self) -> bool:
        if not self._reserved:
            return False
        self._reserved -= SLICE_BYTES
        os.truncate(self.path / _RESERVE, self._reserved)
        return True

    def close(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def read_note(path: Path) -> Note | None:
    """None when it is acknowledged already. Raises ``msgspec.MsgspecError`` when it is no note."""
    try:
        return _note_decoder.decode(path.read_bytes())
    except FileNotFoundError:
        return None


def orphans(spool: Path) -> list[str]:
    """The folders that are there, oldest first."""
    with contextlib.suppress(FileNotFoundError):
        return sorted(entry.name for entry in os.scandir(spool) if entry.is_dir())
    return []


def drop(folder: Path) -> None:
    """Remove a task's folder, whatever is left in it."""
    shutil.rmtree(folder, ignore_errors=True)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that is there as a whole or not at all, also after a power cut. Raises ``OSError``."""
    part = path.with_name(path.name + _PART_SUFFIX)
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def clean_parts(folder: Path) -> None:
    """Remove what a death left half written."""
    for part in folder.glob(f"*{_PART_SUFFIX}"):
        with contextlib.suppress(OSError):
            part.unlink()


def walk_files(path: Path) -> Iterator[Path]:
    """A file, or the files in a folder."""
    if path.is_dir():
        yield from sorted(one for one in path.rglob("*") if one.is_file())
    else:
        yield path


def _number(note: Path) -> int:
    stem = note.name.removesuffix(NOTE_SUFFIX)
    return int(stem) if stem.isdigit() else 0
