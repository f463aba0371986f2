"""From values to pages: one environment of templates for each language."""

import hashlib
from pathlib import Path
from typing import Any

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse

from airhook.console import formats, words
from airhook.console.i18n import HTML_LANG, LANGUAGES, catalogue, choose_language

LANGUAGE_COOKIE = "airhook_language"

_FOLDER = Path(__file__).parent
STATIC_DIR = _FOLDER / "static"

_FILTERS = {
    "iso": formats.iso,
    "date": formats.date,
    "clock": formats.clock,
    "duration": formats.duration,
    "size": formats.size,
    "milliseconds": formats.milliseconds,
    "text": formats.text,
}


class Pages:
    """Renders a template in the language of a request."""

    def __init__(self) -> None:
        self._environments = {language: _environment(language) for language in LANGUAGES}

    def html(self, request: Request, template: str, status: int = 200, /, **values: Any) -> HTMLResponse:
        """The page ``template``. It finds the signed-in user, if any, as ``user``."""
        language = language_of(request)
        page = self._environments[language].get_template(template)
        common = {
            "language": language,
            "html_lang": HTML_LANG[language],
            "user": getattr(request.state, "user", None),
            "here": here(request),
        }
        headers = {"Content-Language": HTML_LANG[language], "Vary": "Accept-Language, Cookie"}
        return HTMLResponse(page.render(common | values), status, headers)


def language_of(request: Request) -> str:
    return choose_language(request.cookies.get(LANGUAGE_COOKIE), request.headers.get("accept-language", ""))


def here(request: Request) -> str:
    """The path and query of a request, to come back to."""
    query = request.scope["query_string"].decode("latin-1")
    return f"{request.scope['path']}?{query}" if query else str(request.scope["path"])


def asset(name: str) -> str:
    """The address of a static file; it changes with the file, so that browsers may keep it for good."""
    digest = hashlib.sha256((STATIC_DIR / name).read_bytes()).hexdigest()
    return f"/console/static/{name}?v={digest[:12]}"


def _environment(language: str) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    translations = catalogue(language)
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        translations.gettext, translations.ngettext, newstyle=True
    )
    environment.filters.update(_FILTERS)
    names = ("console.css", "console.js", "icon.svg")
    environment.globals.update(words=words, languages=LANGUAGES, assets={name: asset(name) for name in names})
    return environment
