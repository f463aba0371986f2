"""The log: one line an event, text on a terminal, JSON elsewhere; secrets are cut out before anything is written.

Everyone logs through the standard library, ``logging.getLogger("airhook.<part>")``, and passes fields by ``extra``.
structlog renders them. What looks like a secret is replaced in messages, fields and tracebacks alike: better a
harmless text cut too much than a key in a log.
"""

import functools
import logging
import sys
from typing import TextIO

from airhook.observe.background import BackgroundHandler
from airhook.observe.blocks import Block
from airhook.observe.secrets import hide_in_text
from airhook.observe.times import iso_ms


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
        self._out = out

    @functools.cached_property
    def _single(self) -> logging.Formatter:
        from airhook.observe.rendering import formatter

        return formatter(as_json=self._as_json, out=self._out)

    def format(self, record: logging.LogRecord) -> str:
        if not isinstance(record.msg, Block):
            return self._single.format(record)
        level, logger = record.levelname.lower(), record.name
        if self._as_json:
            return b"\n".join(record.msg.objects(level, logger, _hide_often)).decode()
        return "\n".join(
            f"{iso_ms(at)} [{level:<9}] {text} [{logger}]" for at, text in record.msg.sentences(_hide_often)
        )


_hide_often = functools.lru_cache(maxsize=10_000)(hide_in_text)
"""For texts that come again and again, as URLs do."""
