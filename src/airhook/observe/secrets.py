"""What looks like a secret is replaced, in fields and within texts: better a harmless text cut too much than a key in a log."""

import re
from typing import Any

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
    re.compile(r"(?P<kept>whsec_)[A-Za-z0-9+/=]+"),
)


def hide(name: str, value: Any) -> Any:
    """The value of a field as it may be shown."""
    if _SECRET_FIELD.search(name) and not _NOT_SECRET.search(name) and value not in (None, "", True, False):
        return HIDDEN
    if isinstance(value, str):
        return hide_in_text(value)
    if isinstance(value, bytes):
        return hide_in_text(value.decode("utf-8", "replace"))
    if isinstance(value, dict):
        return {key: hide(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [hide("", inner) for inner in value]
    return value if isinstance(value, bool | int | float | None) else hide_in_text(str(value))


def hide_in_text(text: str) -> str:
    for pattern in _IN_TEXT:
        text = pattern.sub(rf"\g<kept>{HIDDEN}", text)
    return text
