"""Names of the three parts of a push URL, ``rtmp://DOMAIN/APP/STREAM?params``."""

import re
from typing import NamedTuple

from airhook.core.errors import InvalidError

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}\Z")
NAME_RULE = "1 to 128 letters, digits, '_', '.' or '-', not starting with a dot"


class StreamKey(NamedTuple):
    """What a session, its events and its lane belong to."""

    account_id: int
    domain: str
    app: str
    stream: str


def is_name(text: str) -> bool:
    """Whether ``text`` may be an app or a stream."""
    return _NAME.match(text) is not None


def check_name(field: str, text: str) -> str:
    if not is_name(text):
        raise InvalidError(field, f"{text!r} is not allowed; use {NAME_RULE}", rule="characters")
    return text
