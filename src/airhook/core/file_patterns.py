"""Patterns of paths and file names that templates of media carry: text with ``{Placeholders}`` (contract 3.6, 3.7)."""

import re

from airhook.core.errors import InvalidError

MAX_PATTERN_BYTES = 255

_PLACE = re.compile(r"\{([^{}]*)\}")
_UNITS = ("Year", "Month", "Day", "Hour", "Minute", "Second", "Millisecond")

PICTURE_PLACES = frozenset(
    {*_UNITS, "StreamID", "ChannelID", "AppName", "Domain", "Width", "Height", "Ext", "RandomID"}
)
RECORDING_PLACES = frozenset(
    {"StreamID", "AppName", "Domain", "RandomID"}
    | {f"{moment}{unit}" for moment in ("Start", "End") for unit in _UNITS}
)


def check_pattern(field: str, text: str, places: frozenset[str], *, is_path: bool) -> str:
    """The pattern. Raises ``InvalidError`` with rule ``too_long``, ``characters`` or ``placeholder``."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_PATTERN_BYTES:
        raise InvalidError(field, f"is longer than {MAX_PATTERN_BYTES} bytes", rule="too_long")
    if not text.isprintable() or "\\" in text or (not is_path and "/" in text):
        kept_out = "control characters or '\\'" if is_path else "'/', '\\' or control characters"
        raise InvalidError(field, f"must not hold {kept_out}", rule="characters")
    if is_path and ".." in text.split("/"):
        raise InvalidError(field, "must not hold the part '..'", rule="characters")
    for name in _PLACE.findall(text):
        if name not in places:
            raise InvalidError(
                field, f"knows no {{{name}}}; it may hold {_listed(places)}", rule="placeholder"
            )
    if "{" in (rest := _PLACE.sub("", text)) or "}" in rest:
        raise InvalidError(field, "has a '{' or '}' that is no placeholder's", rule="placeholder")
    return text


def _listed(places: frozenset[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(places))
