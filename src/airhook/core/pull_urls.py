"""Where the media of a media server's streams can be pulled from: a pattern with a place for the stream."""

import re
from urllib.parse import quote, urlsplit

from airhook.core.errors import InvalidError
from airhook.core.streams import StreamKey

KINDS = ("rtmp", "rtmps", "http", "https", "rtsp", "rtsps")
PLACES = ("domain", "app", "stream")
MAX_LENGTH = 2048
EXAMPLE = "rtmp://127.0.0.1:1935/{app}/{stream}"
_PLACE = re.compile(r"\{([^{}]*)\}")


def check(pattern: str, field: str = "pull_url") -> str:
    """Give the pattern as it is stored; "" stays, and means that nothing is pulled.

    The host is the same for every stream, so that it can be judged when it is saved. Raises ``InvalidError``.
    """
    text = pattern.strip()
    if not text:
        return ""
    if len(text) > MAX_LENGTH:
        raise InvalidError(field, f"is longer than {MAX_LENGTH} characters", rule="too_long")
    unknown = sorted(set(_PLACE.findall(text)) - set(PLACES))
    if unknown or re.search(r"[{}]", _PLACE.sub("", text)):
        places = ", ".join(f"{{{name}}}" for name in PLACES)
        raise InvalidError(field, f"may have these places: {places}", rule="format")
    if "{stream}" not in text:
        raise InvalidError(field, f"needs the place {{stream}}, as in {EXAMPLE}", rule="required")
    _check_address(text, field)
    return text


def fill(pattern: str, key: StreamKey) -> str:
    """The URL of one stream."""
    values = {name: quote(getattr(key, name), safe="") for name in PLACES}
    return _PLACE.sub(lambda found: values[found[1]], pattern)


def as_web(url: str) -> str:
    """The same host under http, for whoever judges addresses."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"http://{host}:{parts.port}/" if parts.port else f"http://{host}/"


def _check_address(text: str, field: str) -> None:
    try:
        parts = urlsplit(text)
        fits = parts.scheme in KINDS and bool(parts.hostname) and "{" not in parts.netloc
        _ = parts.port
    except ValueError:
        fits = False
    if not fits or not text.isascii() or any(c <= " " for c in text):
        raise InvalidError(
            field,
            f"{text!r} is no address such as {EXAMPLE}; use one of {', '.join(KINDS)} and a fixed host",
            rule="format",
        )
    if parts.username is not None or parts.password is not None:
        raise InvalidError(
            field, "must not hold a user name or password; let Airhook's address in without", rule="format"
        )
