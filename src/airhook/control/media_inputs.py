"""Where the media of a push come from: the own ingest, or the media server whose hooks told of it.

What a media server only tells of is pulled from it, by the pull address of its source. The address is judged when it is
saved and again before each push, since a name may lead elsewhere by then.
"""

import asyncio
import logging
from typing import Protocol

from airhook.core import pull_urls
from airhook.core.ports import UrlJudge
from airhook.core.push_ports import PushTicket
from airhook.core.sessions import OWN_INGEST, Session
from airhook.core.snapshot import ConfigHolder
from airhook.media.protocol import Input, PullInput

PATIENCE_S = 30.0  # a stream is there after the answer to its hook; over HLS some segments later

log = logging.getLogger("airhook.media")


class Jobs(Protocol):
    """Who runs media jobs (``control.media_jobs``)."""

    def opened(self, session: Session, source: Input | None = None) -> None: ...
    def closed(self, ticket: PushTicket) -> None: ...


class MediaInputs:
    """A ``PushWatcher``, used on the event loop alone."""

    def __init__(self, config: ConfigHolder, judge: UrlJudge, jobs: Jobs) -> None:
        self._config = config
        self._judge = judge
        self._jobs = jobs
        self._judging: dict[PushTicket, asyncio.Task[None]] = {}

    def opened(self, session: Session) -> None:
        if session.source == OWN_INGEST:
            self._jobs.opened(session)
            return
        source = self._config.current.sources.get(session.source)
        if source is None or not source.pull_url:
            return  # there is nothing that media could come from
        url = pull_urls.fill(source.pull_url, session.key)
        ticket = PushTicket(session.id, session.epoch)
        task = asyncio.get_running_loop().create_task(self._pull(session, source.name, url))
        self._judging[ticket] = task
        task.add_done_callback(lambda _: self._judging.pop(ticket, None))

    def closed(self, ticket: PushTicket) -> None:
        if (task := self._judging.get(ticket)) is not None:
            task.cancel()
        self._jobs.closed(ticket)

    async def _pull(self, session: Session, name: str, url: str) -> None:
        if refusal := await self._judge(pull_urls.as_web(url)):
            log.warning("media of source %s cannot be pulled: %s", name, refusal)
            return
        self._jobs.opened(
            session,
            PullInput(url=url, session_id=session.id, epoch=session.epoch, patience_s=PATIENCE_S),
        )
