"""The log: one line an event, text on a terminal, JSON elsewhere; secrets are cut out before anything is written.

Everyone logs through the standard library, ``logging.getLogger("airhook.<part>")``, and passes fields by ``extra``.
structlog renders them. What looks like a secret is replaced in messages, fields and tracebacks alike: better a
harmless text cut too much than a key in a log.
"""

import functools
import logging
import os
import re
import sys
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from airhook.observe.background import BackgroundHandler
from airhook.observe.blocks import Block
from airhook.observe.times import iso_ms

HIDDEN = "[hidden]"

_SECRET_FIELD = re.compile(
    r"secret|password|passwd|token|authorization|cookie|api_?key|auth_?key|callback_?key|private_?key|\Asign\Z|\Akey\Z",
    re.IGNORECASE,
)
_NOT_SECRET = re.compile(r"secret_?id|key_?(id|version)", re.IGNORECASE)

_IN_TEXT = (
    # the value behind a name: txSecret=..., "password": "...", Authorization: Bearer ...
    re.compile(
        r"(?P<kept>(?:txSecret|secret_?key|password|token|(?<![a-z])sign|callback_?key|auth_?key|api_?key)[\"']?\s*[=:]\s*[\"']?)[^\s&\"',;)}]+",
        re.IGNORECASE,
    ),
    re.compile(r"(?P<kept>authorization[\"']?\s*[=:]\s*[\"']?)[^\r\n\"']+", re.IGNORECASE),
    # secrets that are part of a path
    re.compile(r"(?P<kept>/console/link/|/hooks/[^/\s]+/)[^/\s\"'?]+"),
    # user and password in a URL
    re.compile(r"(?P<kept>[a-z][a-z0-9+.-]*://)[^/@\s\"']+(?=@)", re.IGNORECASE),
    re.compile(r"(?P<kept>ahk_)[A-Za-z0-9]+"),
)


def configure(
    level: str = "info", style: str = "auto", stream: TextIO | None = None, *, background: bool = False
) -> None:
    """Send every log of the process to ``stream`` (standard error).

    ``style`` is ``text``, ``json``, or ``auto``: text on a terminal, JSON elsewhere. ``background`` writes from a
    thread of its own, so that who logs does not wait. Calling it again starts anew.
    """
    out = stream or sys.stderr
    handler = BackgroundHandler(out) if background else logging.StreamHandler(out)
    handler.setFormatter(Lines(as_json=style == "json" or (style == "auto" and not out.isatty()), out=out))
    root = logging.getLogger()
    for old in root.handlers:
        if isinstance(old, BackgroundHandler):
            old.close()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # Dozens of lines on its own workings would hide the secrets that a first start shows.
    logging.getLogger("alembic").setLevel(logging.DEBUG if level == "debug" else logging.WARNING)
    logging.captureWarnings(True)


def dropped() -> int:
    """Lines that were not written, because they came too fast."""
    return sum(one.dropped for one in logging.getLogger().handlers if isinstance(one, BackgroundHandler))


class Lines(logging.Formatter):
    """A record as its line, a ``Block`` as its lines."""

    def __init__(self, *, as_json: bool, out: TextIO) -> None:
        super().__init__()
        self._as_json = as_json
        self._single = formatter(as_json=as_json, out=out)

    def format(self, record: logging.LogRecord) -> str:
        if not isinstance(record.msg, Block):
            return self._single.format(record)
        level, logger = record.levelname.lower(), record.name
        if self._as_json:
            return b"\n".join(record.msg.objects(level, logger, _hide_often)).decode()
        return "\n".join(
            f"{iso_ms(at)} [{level:<9}] {text} [{logger}]" for at, text in record.msg.sentences(_hide_often)
        )


def formatter(*, as_json: bool, out: TextIO) -> logging.Formatter:
    """The last step of a record: fields, time, cutting of secrets, then one line."""
    shown: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if as_json:
        shown += [
            structlog.processors.format_exc_info,
            hide_secrets,
            structlog.processors.JSONRenderer(sort_keys=False),
        ]
    else:
        colors = out.isatty() and not os.environ.get("NO_COLOR")
        shown += [
            structlog.processors.format_exc_info,
            hide_secrets,
            structlog.dev.ConsoleRenderer(colors=colors, pad_event_to=40),
        ]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=shown,
    )


def hide_secrets(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replace what looks like a secret: by the field's name, and within texts."""
    return {name: _hide(name, value) for name, value in event.items()}


def _hide(name: str, value: Any) -> Any:
    if _SECRET_FIELD.search(name) and not _NOT_SECRET.search(name) and value not in (None, "", True, False):
        return HIDDEN
    if isinstance(value, str):
        return hide_in_text(value)
    if isinstance(value, bytes):
        return hide_in_text(value.decode("utf-8", "replace"))
    if isinstance(value, dict):
        return {key: _hide(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_hide("", inner) for inner in value]
    return value if isinstance(value, bool | int | float | None) else hide_in_text(str(value))


def hide_in_text(text: str) -> str:
    for pattern in _IN_TEXT:
        text = pattern.sub(rf"\g<kept>{HIDDEN}", text)
    return text


_hide_often = functools.lru_cache(maxsize=10_000)(hide_in_text)
"""For texts that come again and again, as URLs do."""
