"""The console's languages: who reads which, and where the words come from.

English texts are the keys. ``locale/<language>/LC_MESSAGES/console.po`` holds the translations, which translators'
tools edit; they are compiled in memory at start, so that no compiled file can be out of step.
"""

import functools
import gettext
import io
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES = {"en": "English", "ja": "日本語", "zh": "中文"}
"""Each under its own name, as its readers look for it."""

HTML_LANG = {"en": "en", "ja": "ja", "zh": "zh-Hans"}
"""Browsers choose the shapes of Chinese characters by it."""

DEFAULT_LANGUAGE = "en"
LOCALE_DIR = Path(__file__).parent / "locale"

_MAX_HEADER_LENGTH = 400


@functools.cache
def catalogue(language: str) -> gettext.NullTranslations:
    """The translations into ``language``; English needs none."""
    if language == DEFAULT_LANGUAGE:
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    with (LOCALE_DIR / language / "LC_MESSAGES" / "console.po").open("rb") as source:
        write_mo(compiled, read_po(source, locale=language, domain="console"))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def choose_language(by_hand: str | None, accept_language: str) -> str:
    """The language chosen by hand, else the first of the browser's languages (RFC 9110, 12.5.4) that we speak."""
    if by_hand in LANGUAGES:
        return by_hand
    spoken = (tag.partition("-")[0].lower() for tag in _by_preference(accept_language))
    return next((language for language in spoken if language in LANGUAGES), DEFAULT_LANGUAGE)


def _by_preference(accept_language: str) -> list[str]:
    weighted: list[tuple[float, int, str]] = []
    for item in accept_language[:_MAX_HEADER_LENGTH].split(","):
        tag, _, parameter = item.strip().partition(";")
        weight = _weight(parameter)
        if weight > 0:
            weighted.append((-weight, len(weighted), tag.strip()))
    return [tag for _, _, tag in sorted(weighted)]


def _weight(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
