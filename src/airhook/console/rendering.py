"""From values to pages: one environment of templates for each language."""

from pathlib import Path
from typing import Any

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse

from airhook.console import formats, places, words
from airhook.console.assets import Assets
from airhook.console.i18n import HTML_LANG, LANGUAGES, catalogue
from airhook.console.notices import forget_notice, notice_of
from airhook.console.preferences import preferences_of, zones

FRAME, DIALOG = "frame.html", "dialog.html"

_FOLDER = Path(__file__).parent

_FILTERS = {
    "iso": formats.iso,
    "date": formats.date,
    "clock": formats.clock,
    "duration": formats.duration,
    "number": formats.number,
    "size": formats.size,
    "bitrate": formats.bitrate,
    "milliseconds": formats.milliseconds,
    "text": formats.text,
}


class Compiled(jinja2.BytecodeCache):
    """In memory: a template is compiled once, for every language."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        if code := self._code.get(bucket.key):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


_COMPILED = Compiled()


class Pages:
    """Renders a template in the language of a request."""

    def __init__(self) -> None:
        self.assets = Assets()
        self._environments = {language: _environment(language, self.assets) for language in LANGUAGES}

    def html(self, request: Request, template: str, status: int = 200, /, **values: Any) -> HTMLResponse:
        """The page ``template``. It finds the signed-in user, if any, as ``user``.

        A template that extends ``layout`` is a whole page, or the inside of a dialog when the page's script asked.
        """
        liked = preferences_of(request)
        page = self._environments[liked.language].get_template(template)
        notice = notice_of(request)
        common = {
            "liked": liked,
            "language": liked.language,
            "html_lang": HTML_LANG[liked.language],
            "user": getattr(request.state, "user", None),
            "acting": getattr(request.state, "acting", None),
            "here": here(request),
            "layout": DIALOG if is_for_dialog(request) else FRAME,
            "notice": notice,
        }
        zone = formats.ZONE.set(liked.tzinfo)
        try:
            text = page.render(common | values)
        finally:
            formats.ZONE.reset(zone)
        headers = {
            "Content-Language": HTML_LANG[liked.language],
            "Vary": "Accept-Language, Cookie, HX-Target",
        }
        response = HTMLResponse(text, status, headers)
        if notice and not is_from_script(request):
            forget_notice(response)
        return response


def is_from_script(request: Request) -> bool:
    """Whether htmx asks, for a part of a page."""
    return request.headers.get("hx-request") == "true"


def is_for_dialog(request: Request) -> bool:
    """Whether the answer goes into the dialog of a page that is open."""
    return is_from_script(request) and request.headers.get("hx-target") == "dialog"


def language_of(request: Request) -> str:
    return preferences_of(request).language


def here(request: Request) -> str:
    """The path and query of a request, to come back to."""
    query = request.scope["query_string"].decode("latin-1")
    return f"{request.scope['path']}?{query}" if query else str(request.scope["path"])


def _environment(language: str, assets: Assets) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        bytecode_cache=_COMPILED,
        extensions=["jinja2.ext.i18n"],
    )
    translations = catalogue(language)
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        translations.gettext, translations.ngettext, newstyle=True
    )
    environment.filters.update(_FILTERS)

    def choices(words_of: list[tuple[Any, str]], *, numbered: bool = False) -> list[tuple[Any, str]]:
        """Options of a select, with their words translated."""
        spoken = [(value, translations.gettext(word)) for value, word in words_of]
        return [(value, f"{word} ({value})" if numbered else word) for value, word in spoken]

    environment.globals.update(
        words=words, places=places, languages=LANGUAGES, zones=zones, assets=assets, choices=choices
    )
    return environment
