"""A stream inside a worker: from its input to the jobs on it.

While only jobs that want key frames are there, the key frames alone are asked for. The first other job switches the
feed over to all tags.
"""

import logging
from collections.abc import Callable
from typing import Protocol

from airhook.core import flv
from airhook.core.flv import Tag
from airhook.media.jobs import Job
from airhook.media.protocol import Input, PullInput
from airhook.media.taps import KeyTap, PullTap, TagTap

log = logging.getLogger("airhook.media")


class Tap(Protocol):
    """Where tags come from; ``close`` ends it without telling anybody."""

    def close(self) -> None: ...


class Feed:
    """``on_end`` is called once, when the input is over, with why ("": in order); ``on_fault`` when a job raised."""

    def __init__(
        self,
        source: Input,
        outlets: str,
        on_end: Callable[["Feed", str], None],
        on_fault: Callable[[Job, Exception], None],
    ) -> None:
        self.source = source
        self.jobs: list[Job] = []
        self._outlets = outlets
        self._on_end = on_end
        self._on_fault = on_fault
        self._tap: Tap | None = None
        self._key_every_s: float | None = -1.0  # of the tap; no tap has this one
        self._headers: dict[int, Tag] = {}

    def add(self, job: Job) -> None:
        self.jobs.append(job)
        job.begin_input()
        for header in list(self._headers.values()):
            self._give(job, header)
        self._choose_tap()

    def remove(self, job: Job) -> None:
        if job in self.jobs:
            self.jobs.remove(job)
        if not self.jobs:
            self.close()

    def close(self) -> None:
        if self._tap is not None:
            self._tap.close()
            self._tap = None
            self._key_every_s = -1.0

    def _choose_tap(self) -> None:
        wanted = [job.key_every_s for job in self.jobs]
        every_s = None if None in wanted else min(one for one in wanted if one is not None)
        if every_s == self._key_every_s or (self._tap is not None and self._key_every_s is None):
            return  # all tags serve everyone
        self.close()
        self._key_every_s = every_s
        if isinstance(self.source, PullInput):
            self._key_every_s = None
            self._tap = PullTap(self.source, self._take, self._ended)
        elif every_s is None:
            self._tap = TagTap(self._outlets, self.source, self._take, self._ended)
        else:
            self._tap = KeyTap(self._outlets, self.source, every_s, self._take, self._ended)

    def _take(self, tag: Tag) -> None:
        is_header = _is_header(tag)
        if is_header:
            self._headers[tag.type] = tag
        whole = is_header or (tag.type == flv.VIDEO and flv.is_video_key(tag.body))
        for job in list(self.jobs):
            if whole or job.key_every_s is None:
                self._give(job, tag)

    def _give(self, job: Job, tag: Tag) -> None:
        try:
            job.take(tag)
        except Exception as error:
            self._on_fault(job, error)

    def _ended(self, why: str) -> None:
        """The tap is at its end: the push is over, or the pull failed."""
        if self._tap is None:
            return
        if why:
            log.info("an input ended: %s", why)
        self.close()
        self._on_end(self, why)


def _is_header(tag: Tag) -> bool:
    if tag.type == flv.VIDEO:
        return flv.is_video_header(tag.body)
    if tag.type == flv.AUDIO:
        return flv.is_audio_header(tag.body)
    return tag.type == flv.SCRIPT and not any(flv.dropped_in(tag.body))
