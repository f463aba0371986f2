"""The snapshot job: a picture of the newest key frame every so often, judged if the template wants that.

Decoding, encoding and judging are done by one thread of the worker, one picture at a time over all its streams, so that
recordings beside it are not held up. A stream whose picture is still under way misses a turn.
"""

import asyncio
import logging
import os
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import NamedTuple

import av

from airhook.core import flv
from airhook.core.flv import Tag
from airhook.media import jobs
from airhook.media.detector.nsfw import OpenNsfw
from airhook.media.dying import STUCK_STATUS, die
from airhook.media.pictures.decode import DecodeError, decode_key
from airhook.media.pictures.jpeg import encode
from airhook.media.protocol import PictureReport, SnapshotSpec
from airhook.media.record.names import digits

EARLY_S = 0.25  # a key frame that comes so little before its time is taken
STUCK_S = 60.0  # for a picture, and those of other streams before it
FINISH_S = 5.0  # for the picture under way at the end

log = logging.getLogger("airhook.media")


class _Taken(NamedTuple):
    name: str
    width: int
    height: int
    bytes: int
    nsfw: float | None


class SnapshotJob:
    """Fulfils ``jobs.Job``."""

    def __init__(
        self,
        context: jobs.Context,
        spec: SnapshotSpec,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.key_every_s: float | None = spec.every_s
        self._context = context
        self._spec = spec
        self._monotonic = monotonic
        self._loop = asyncio.get_running_loop()
        self._header: Tag | None = None
        self._under_way: Future[_Taken] | None = None
        self._due = 0.0
        self._began = 0.0
        self._at_ms = 0  # when the key frame under way came
        self._count = 0
        self._has_input = False

    def begin_input(self) -> None:
        self._has_input = True
        self._header = None

    def take(self, tag: Tag) -> None:
        if tag.type != flv.VIDEO:
            return
        if flv.is_video_header(tag.body):
            self._header = tag
            return
        coded = flv.coded_video(tag.body)
        if coded is not None and coded.key and self._is_due():
            self._begin(tag)

    def end_input(self, why: str = "") -> None:  # noqa: ARG002 - a picture needs no end
        self._has_input = False

    def tick(self) -> None:
        """The limit of processor time does not see the thread: the event loop beside it turns."""
        if self._under_way is not None and self._monotonic() - self._began > STUCK_S:
            die(STUCK_STATUS, f"a picture takes longer than {STUCK_S:g} s; the worker ends")

    def finish(self) -> None:
        self._has_input = False
        if self._under_way is not None:
            self._report(self._under_way, wait_s=FINISH_S)

    @property
    def over(self) -> bool:
        return not self._has_input and not self.under_way

    @property
    def under_way(self) -> bool:
        """Whether a picture is being made."""
        return self._under_way is not None

    def _is_due(self) -> bool:
        now = self._monotonic()
        if self.under_way or now < self._due - EARLY_S:
            return False
        # In steps from the first one, so that late key frames add up to nothing; after a long gap anew.
        following = self._due + self._spec.every_s
        self._due = following if following > now else now + self._spec.every_s
        return True

    def _begin(self, key: Tag) -> None:
        self._count += 1
        self._began = self._monotonic()
        self._at_ms = round(time.time() * 1000)
        name = f"{self._count:08}.jpg"
        future = _thread().submit(_picture, self._header, key, self._spec, self._context.folder / name)
        self._under_way = future
        future.add_done_callback(lambda done: self._loop.call_soon_threadsafe(self._report, done))

    def _report(self, done: "Future[_Taken]", *, wait_s: float = 0.0) -> None:
        if done is not self._under_way:
            return  # told already
        self._under_way = None
        try:
            taken = done.result(wait_s)
        except (DecodeError, OSError) as error:  # a broken frame, a full disk, or too late for the end
            log.warning("there is no picture of a key frame: %s", error)
            return
        self._context.report(
            PictureReport(
                id=digits(self._context.task.id, "picture", str(self._count)),
                path=taken.name,
                at_ms=self._at_ms,
                width=taken.width,
                height=taken.height,
                bytes=taken.bytes,
                nsfw=taken.nsfw,
            )
        )


def _picture(header: Tag | None, key: Tag, spec: SnapshotSpec, path: Path) -> _Taken:
    """In the thread of pictures. Raises ``DecodeError``, ``OSError`` and ``MemoryError``."""
    frame = decode_key(header, key)
    try:
        picture = encode(frame, spec.width, spec.height)
    except MemoryError:
        raise
    except (av.FFmpegError, ValueError) as error:
        raise DecodeError(f"it cannot be written as JPEG: {error}") from error
    with path.open("wb") as file:
        file.write(picture.data)
        file.flush()
        os.fsync(file.fileno())
    nsfw = None
    if spec.audit is not None and spec.audit.detector == "open_nsfw":
        nsfw = _judged(picture.data)
    return _Taken(path.name, picture.width, picture.height, len(picture.data), nsfw)


def _judged(data: bytes) -> float | None:
    """None when the detector fails: the picture itself is told of all the same."""
    try:
        return _detector().probability(data)
    except MemoryError:  # the worker's limit: no picture would be judged any more
        raise
    except Exception:
        log.exception("a picture cannot be judged")
        return None


@cache
def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="pictures")


@cache
def _detector() -> OpenNsfw:
    """Loaded with the first picture that is to be judged."""
    return OpenNsfw()
