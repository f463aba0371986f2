"""Who is looking: the session's cookie, and pages that only a signed-in user sees."""

from collections.abc import Awaitable, Callable
from urllib.parse import quote, urlsplit

from msgspec.structs import replace
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from airhook.console.acting import Acting, acting_of, is_meant
from airhook.console.rendering import here, is_from_script
from airhook.control import accounts
from airhook.control.base import Desk
from airhook.core.accounts import Role, User
from airhook.core.audit import Actor, Face

SIGN_IN = "/console/sign-in"
OVERVIEW = "/console/"
ROLE_MISSING = "role_missing"
"""The detail of a 403 for users who may not do this; other 403s are for requests from other sites."""
ACCOUNT_SWITCHED = "account_switched"
"""The detail of a 409 for a page of an account that its reader has left meanwhile."""

Handler = Callable[[Request], Awaitable[Response]]


def signed_in_page(
    desk: Desk, handler: Handler, needs: Role = Role.VIEWER, *, switches: bool = False
) -> Handler:
    """A page for signed-in users whose role includes ``needs``; who is not signed in does so first, and comes back.

    ``switches``: it is what changes for which account they act.
    """

    async def guarded(request: Request) -> Response:
        if not await _recognize(desk, request):
            return _to_sign_in(request)
        if not user_of(request).role.includes(needs):
            raise HTTPException(403, ROLE_MISSING)
        if not switches:
            await _require_meant(request)
        return await handler(request)

    return guarded


def signed_in_fragment(desk: Desk, handler: Handler) -> Handler:
    """A part of a page, for the page's script: without a session it fails, so that the script can tell."""

    async def guarded(request: Request) -> Response:
        if await _recognize(desk, request):
            await _require_meant(request)
            return await handler(request)
        raise HTTPException(401)

    return guarded


def _to_sign_in(request: Request) -> Response:
    if is_from_script(request):  # a redirect would put the page for signing in into a part of this one
        page = urlsplit(request.headers.get("hx-current-url", ""))
        back = safe_next(f"{page.path}?{page.query}" if page.query else page.path)
        return Response(status_code=401, headers={"HX-Redirect": f"{SIGN_IN}?next={quote(back)}"})
    back = here(request) if request.method in ("GET", "HEAD") else OVERVIEW
    return RedirectResponse(f"{SIGN_IN}?next={quote(back)}", 303)


def user_of(request: Request) -> User:
    """The user of a request that a guard let through; their account is the one that they act for."""
    user = request.state.user
    assert isinstance(user, User)
    return user


def actor_of(request: Request, user: User | None = None) -> Actor:
    """Under which name a request's changes are written down; ``user`` is who has just signed in by it."""
    address = request.client.host if request.client else ""
    return Actor(face=Face.CONSOLE, name=(user or user_of(request)).name, address=address)


def account_scope(request: Request) -> int | None:
    """Whose things a request sees: its user's account's, or everybody's (None) as the owner of the system."""
    acting, user = _acting(request), user_of(request)
    is_for_all = user.role is Role.SYSTEM_OWNER and (acting is None or acting.account is None)
    return None if is_for_all else user.account_id


def _acting(request: Request) -> Acting | None:
    acting = request.state.acting
    assert acting is None or isinstance(acting, Acting)
    return acting


async def _require_meant(request: Request) -> None:
    if not await is_meant(request, _acting(request)):
        raise HTTPException(409, ACCOUNT_SWITCHED)


def token_of(request: Request) -> str:
    return request.cookies.get(_cookie_name(request), "")


def start_session(request: Request, response: Response, token: str) -> None:
    """Hand the browser its session. No script reads it, and other sites' forms go without it."""
    response.set_cookie(
        _cookie_name(request),
        token,
        max_age=accounts.SESSION_LIFE_MS // 1000,
        secure=_is_https(request),
        httponly=True,
        samesite="lax",
    )


def end_session(request: Request, response: Response) -> None:
    response.delete_cookie(_cookie_name(request), secure=_is_https(request), httponly=True, samesite="lax")


def safe_next(path: str) -> str:
    """Where to go after signing in: a page of the console, whatever a link tried to say."""
    printable = path.isascii() and path.isprintable() and not set(path) & set('\\"<> ')
    return path if printable and path.startswith("/console/") and ".." not in path else OVERVIEW


async def _recognize(desk: Desk, request: Request) -> bool:
    token = token_of(request)
    user = await accounts.session_user(desk.store, desk.clock.now_ms(), token) if token else None
    acting = acting_of(request, user, desk.config.current.accounts) if user else None
    if user and acting and acting.account:
        user = replace(user, account_id=acting.account.id)
    request.state.user, request.state.acting = user, acting
    return user is not None


def _is_https(request: Request) -> bool:
    return bool(request.scope["scheme"] == "https")


def _cookie_name(request: Request) -> str:
    """Over https the prefix makes browsers refuse the cookie from other hosts and from plain http (RFC 6265bis)."""
    return "__Host-airhook" if _is_https(request) else "airhook"
