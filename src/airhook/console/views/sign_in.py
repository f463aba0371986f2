"""Signing in with name and password, and signing out."""

import asyncio
import math

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from airhook.console import acting
from airhook.console.session import SIGN_IN, actor_of, end_session, safe_next, start_session, token_of
from airhook.console.views.base import Kit, client_address, read_form
from airhook.control import accounts, users
from airhook.core.accounts import User

MAX_NAME_LENGTH = 64
MAX_PASSWORD_LENGTH = 1024
CHECKS_AT_ONCE = 2  # argon2 takes 64 MiB and a core for each


class SignIn:
    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._checks = asyncio.Semaphore(CHECKS_AT_ONCE)

    async def form(self, request: Request) -> Response:
        return self._page(request, next_path=request.query_params.get("next", ""))

    async def submit(self, request: Request) -> Response:
        form = await read_form(request)
        name, next_path = form.get("name", "").strip(), form.get("next", "")
        address = client_address(request)
        wait_s = self._kit.throttle.try_once(address, name[:MAX_NAME_LENGTH])
        if wait_s > 0:
            return self._too_often(request, name, next_path, wait_s)
        found = await self._check(name, form.get("password", ""))
        if found is None:
            return self._page(request, 401, problem="wrong", name=name, next_path=next_path)
        token, user = found
        await users.note_sign_in(self._kit.desk.acting(actor_of(request, user)), user)
        self._kit.throttle.forget(address, name)
        response = RedirectResponse(safe_next(next_path), 303)
        start_session(request, response, token)
        return response

    async def sign_out(self, request: Request) -> Response:
        token = token_of(request)
        if token:
            await accounts.sign_out(self._kit.desk.store, token)
        response = RedirectResponse(SIGN_IN, 303)
        end_session(request, response)
        acting.remember(response, None)
        return response

    async def _check(self, name: str, password: str) -> tuple[str, User] | None:
        if len(name) > MAX_NAME_LENGTH or len(password) > MAX_PASSWORD_LENGTH:
            return None
        desk = self._kit.desk
        async with self._checks:
            return await accounts.sign_in(desk.store, desk.clock.now_ms(), name, password)

    def _too_often(self, request: Request, name: str, next_path: str, wait_s: float) -> Response:
        minutes = math.ceil(wait_s / 60)
        response = self._page(
            request, 429, problem="too_often", name=name, next_path=next_path, minutes=minutes
        )
        response.headers["Retry-After"] = str(math.ceil(wait_s))
        return response

    def _page(
        self,
        request: Request,
        status: int = 200,
        *,
        problem: str = "",
        name: str = "",
        next_path: str = "",
        minutes: int = 0,
    ) -> Response:
        return self._kit.pages.html(
            request,
            "sign_in.html",
            status,
            problem=problem,
            name=name[:MAX_NAME_LENGTH],
            next_path=safe_next(next_path),
            minutes=minutes,
        )


def routes(kit: Kit) -> list[Route]:
    page = SignIn(kit)
    return [
        Route("/sign-in", page.form),
        Route("/sign-in", page.submit, methods=["POST"]),
        Route("/sign-out", page.sign_out, methods=["POST"]),
    ]
