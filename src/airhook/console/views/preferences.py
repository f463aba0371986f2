"""Choosing the language, light or dark, and the time zone; cookies remember it."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from airhook.console.i18n import LANGUAGES
from airhook.console.preferences import LANGUAGE_COOKIE, THEME_COOKIE, THEMES, ZONE_COOKIE, is_zone
from airhook.console.session import safe_next
from airhook.console.views.base import Kit, read_form

YEAR_S = 365 * 86_400


async def choose(request: Request) -> Response:
    form = await read_form(request)
    response = RedirectResponse(safe_next(form.get("next", "")), 303)
    if form.get("language") in LANGUAGES:
        _remember(response, LANGUAGE_COOKIE, form["language"])
    if form.get("theme") in THEMES:
        _remember(response, THEME_COOKIE, form["theme"])
    if is_zone(form.get("zone", "?")):
        _remember(response, ZONE_COOKIE, form["zone"])
    return response


def _remember(response: Response, cookie: str, value: str) -> None:
    response.set_cookie(cookie, value, max_age=YEAR_S, httponly=True, samesite="lax")


def routes(_: Kit) -> list[Route]:
    return [Route("/preferences", choose, methods=["POST"])]
