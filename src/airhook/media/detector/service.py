"""A company's own detector, over HTTP.

Each picture is POSTed as ``image/jpeg``, with its stream in the headers ``Airhook-Domain``, ``Airhook-App`` and
``Airhook-Stream``. The answer is a JSON object, of less than 4,096 bytes: scores, which our thresholds judge, or the
service's own verdict in the words of event 317 (``POST /v1/events``)::

    {"scores": {"normal": 2, "hot": 8, "porn": 90}}
    {"suggestion": "Review", "label": "Ad", "score": [81], "ocr_msg": "add me"}
"""

import time
from collections.abc import Callable
from typing import Annotated, Protocol

import msgspec

from airhook.core.facts.base import Percent, Suggestion
from airhook.core.facts.picture import LabelResult, LibResult, ObjectResult, OcrResult
from airhook.media.detector.verdict import Scores
from airhook.media.protocol import Subject

MAX_ANSWER_BYTES = 4096
FAILURES = 3
PAUSE_S = 30.0


class ServiceError(Exception):
    """The service gave no usable answer; the text says why."""


class OwnVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """Fields of event 317."""

    suggestion: Suggestion
    score: Annotated[list[Percent], msgspec.Meta(min_length=1)]
    label: str = "Normal"
    sub_label: str = ""
    type: list[int] | None = None
    ocr_msg: str | None = None
    label_results: list[LabelResult] | None = msgspec.field(default_factory=list)
    object_results: list[ObjectResult] | None = msgspec.field(default_factory=list)
    ocr_results: list[OcrResult] | None = msgspec.field(default_factory=list)
    lib_results: list[LibResult] = msgspec.field(default_factory=list)


class _OnlyScores(msgspec.Struct, frozen=True):
    scores: Scores


class Reply(Protocol):
    """What came back over HTTP: ``delivery.exchange.Answer``."""

    @property
    def status(self) -> int | None: ...
    @property
    def body(self) -> bytes: ...
    @property
    def detail(self) -> str: ...


class Post(Protocol):
    """``delivery.single.SinglePost``: bounded in time, and by the rules for callbacks' addresses."""

    async def __call__(
        self, url: str, body: bytes, headers: tuple[tuple[str, str], ...], timeout_s: float
    ) -> Reply: ...


class Service:
    """One that fails ``FAILURES`` times in a row is left alone for ``PAUSE_S``: pictures do not queue up for it."""

    def __init__(
        self,
        post: Post,
        url: str,
        token: str,
        timeout_s: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._post = post
        self._url = url
        self._token = token
        self._timeout_s = timeout_s
        self._monotonic = monotonic
        self._failures = 0
        self._paused_until = 0.0

    async def judge(self, jpeg: bytes, subject: Subject) -> Scores | OwnVerdict:
        """Raises ``ServiceError``."""
        if self._monotonic() < self._paused_until:
            raise ServiceError(f"the detector failed {FAILURES} times in a row; it is asked again in a while")
        try:
            found = await self._ask(jpeg, subject)
        except ServiceError:
            self._failures += 1
            if self._failures >= FAILURES:
                self._paused_until, self._failures = self._monotonic() + PAUSE_S, 0
            raise
        self._failures = 0
        return found

    async def _ask(self, jpeg: bytes, subject: Subject) -> Scores | OwnVerdict:
        reply = await self._post(self._url, jpeg, self._headers(subject), self._timeout_s)
        if reply.status is None:
            raise ServiceError(f"the detector cannot be reached: {reply.detail}")
        if reply.status != 200:
            raise ServiceError(f"the detector answered with status {reply.status}")
        if len(reply.body) >= MAX_ANSWER_BYTES:
            raise ServiceError(f"the detector's answer is longer than {MAX_ANSWER_BYTES - 1} bytes")
        return _read(reply.body)

    def _headers(self, subject: Subject) -> tuple[tuple[str, str], ...]:
        known = (
            ("Content-Type", "image/jpeg"),
            ("Airhook-Domain", subject.domain),
            ("Airhook-App", subject.app),
            ("Airhook-Stream", subject.stream),
        )
        return (*known, ("Authorization", f"Bearer {self._token}")) if self._token else known


def _read(body: bytes) -> Scores | OwnVerdict:
    try:
        if "scores" in msgspec.json.decode(body, type=dict[str, msgspec.Raw]):
            return msgspec.json.decode(body, type=_OnlyScores).scores
        return msgspec.json.decode(body, type=OwnVerdict)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ServiceError(f"the detector's answer cannot be read: {error}") from error
