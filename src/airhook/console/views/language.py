"""Choosing the language by hand; a cookie remembers it."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from airhook.console.i18n import LANGUAGES
from airhook.console.rendering import LANGUAGE_COOKIE
from airhook.console.session import safe_next
from airhook.console.views.base import read_form

YEAR_S = 365 * 86_400


async def choose(request: Request) -> Response:
    form = await read_form(request)
    response = RedirectResponse(safe_next(form.get("next", "")), 303)
    language = form.get("language")
    if language in LANGUAGES:
        response.set_cookie(LANGUAGE_COOKIE, language, max_age=YEAR_S, httponly=True, samesite="lax")
    return response


def routes() -> list[Route]:
    return [Route("/language", choose, methods=["POST"])]
