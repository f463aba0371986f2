"""How a record becomes its line, by structlog. ``observe.log`` imports this with the first line: a start has none to wait for."""

import logging
import os
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from airhook.observe.secrets import hide


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
    return {name: hide(name, value) for name, value in event.items()}
