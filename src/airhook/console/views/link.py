"""One-time links, as ``airhook demo`` prints them.

Opening a link only shows a button. Chat previews, mail scanners and browsers that fetch ahead open links too, and
would use the link up before its reader comes; a form that submits itself would fall to the scanners that run scripts.
"""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from airhook.console.session import OVERVIEW, actor_of, start_session
from airhook.console.views.base import Kit, client_address
from airhook.console.views.password import PATH as CHOOSE_PASSWORD
from airhook.control import accounts, users

PATH = "/link/{token:str}"


class Link:
    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    async def show(self, request: Request) -> Response:
        """The button. Whether the link is still good is not told: only its use tells."""
        return self._kit.pages.html(request, "link.html", used=False)

    async def use(self, request: Request) -> Response:
        desk = self._kit.desk
        address = client_address(request)
        if self._kit.throttle.try_once(address, PATH) > 0:
            return self._kit.pages.html(request, "error.html", 429, status=429, detail="")
        token = await accounts.redeem_link(desk.store, desk.clock.now_ms(), request.path_params["token"])
        if token is None:
            return self._kit.pages.html(request, "link.html", 410, used=True)
        self._kit.throttle.forget(address, PATH)
        user = await accounts.session_user(desk.store, desk.clock.now_ms(), token)
        if user is not None:
            await users.note_sign_in(desk.acting(actor_of(request, user)), user)
        response = RedirectResponse(OVERVIEW if user and user.password_hash else CHOOSE_PASSWORD, 303)
        start_session(request, response, token)
        return response


def routes(kit: Kit) -> list[Route]:
    page = Link(kit)
    return [Route(PATH, page.show), Route(PATH, page.use, methods=["POST"])]
