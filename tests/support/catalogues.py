"""What the console says in English, as it stands in its source."""

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

import airhook.console
from airhook.console.i18n import LOCALE_DIR

CONSOLE = Path(airhook.console.__file__).parent
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
OPTIONS = {"templates/**.html": {"trimmed": "false", "newstyle_gettext": "true"}}


def extracted() -> Catalog:
    """Every text that the source marks for translation."""
    catalogue = Catalog()
    keywords = {**DEFAULT_KEYWORDS, "N_": None}
    found = extract_from_dir(str(CONSOLE), METHODS, OPTIONS, keywords=keywords)
    for file, line, message, _, _ in found:
        catalogue.add(message, locations=[(file, line)])
    return catalogue


def translated(language: str) -> Catalog:
    with (LOCALE_DIR / language / "LC_MESSAGES" / "console.po").open("rb") as source:
        return read_po(source, locale=language, abort_invalid=True)
