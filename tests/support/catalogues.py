"""What the console says in English, as it stands in its source, and in step with it the other languages.

``make catalogues`` adds what is new to each ``console.po``, still empty, and takes out what nobody says any more.
"""

import re
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

import airhook.console
from airhook.console.i18n import DEFAULT_LANGUAGE, LANGUAGES, LOCALE_DIR

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


def renew(language: str) -> int:
    """Bring a catalogue into step with the source; how many texts are not translated yet."""
    path = LOCALE_DIR / language / "LC_MESSAGES" / "console.po"
    known = {message.id: message for message in translated(language) if message.id}
    fresh = Catalog(locale=language, header_comment=f"# {HEADERS[language]}", fuzzy=False)
    for message in extracted():
        if message.id:
            old = known.get(message.id)
            places = sorted({(file, 0) for file, _ in message.locations})
            fresh.add(message.id, old.string if old else "", locations=places)
    with path.open("wb") as target:
        write_po(target, fresh, width=110, include_lineno=False, sort_by_file=True)
    text = path.read_text()
    path.write_text(re.sub(r'^"(?!Language:|MIME|Content|Plural).*\\n"\n', "", text, flags=re.MULTILINE))
    return sum(not all([m.string] if isinstance(m.string, str) else m.string or [""]) for m in fresh if m.id)


HEADERS = {"ja": "The console in Japanese.", "zh": "The console in Chinese."}

if __name__ == "__main__":
    missing = {language: renew(language) for language in LANGUAGES if language != DEFAULT_LANGUAGE}
    print(", ".join(f"{language}: {count} to translate" for language, count in missing.items()))
    sys.exit(any(missing.values()))
