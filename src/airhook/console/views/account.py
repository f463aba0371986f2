"""The switch in the header: for which account the owner of the system looks and acts."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from airhook.console import acting, places
from airhook.console.session import OVERVIEW, safe_next, signed_in_page
from airhook.console.views.base import Kit, read_form
from airhook.core.accounts import Account, Role


class AccountSwitch:
    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    async def choose(self, request: Request) -> Response:
        form = await read_form(request)
        back = form.get("next", "")
        stays = form.get("stay") == "yes"  # the page shows what the chosen account has
        response = RedirectResponse(safe_next(back) if stays else _list_of(back), 303)
        acting.remember(response, self._find(form.get("account", "")))
        return response

    def _find(self, text: str) -> Account | None:
        if text == acting.ALL:
            return None
        known = self._kit.desk.config.current.accounts
        found = known.get(int(text)) if text.isdecimal() and len(text) <= 19 else None
        if found is None:
            raise HTTPException(404)
        return found


def _list_of(path: str) -> str:
    """The page of the side bar that a page lies below: the thing that it shows is none of another account."""
    at = safe_next(path).partition("?")[0]
    found = (one.path for group in places.GROUPS for one in group.places if places.is_here(one, at))
    return next(found, OVERVIEW)


def routes(kit: Kit) -> list[Route]:
    guarded = signed_in_page(kit.desk, AccountSwitch(kit).choose, Role.SYSTEM_OWNER, switches=True)
    return [Route("/account", guarded, methods=["POST"])]
