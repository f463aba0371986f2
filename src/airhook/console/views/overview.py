"""The first page: what is live, and the latest callbacks. Its tables are a fragment that a script fetches anew."""

import hashlib

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from airhook.console.rendering import language_of
from airhook.console.session import account_scope, signed_in_fragment, signed_in_page, user_of
from airhook.console.views.base import Kit
from airhook.core.deliveries import DeliveryState
from airhook.core.ports import View
from airhook.core.search import DeliveryRecord, Filter
from airhook.core.sessions import Session, SessionState

MAX_SESSIONS = 100
MAX_DELIVERIES = 50


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """What the page shows, read at once."""

    sessions: list[Session]  # newest first, at most MAX_SESSIONS
    session_count: int
    lost_count: int
    records: list[DeliveryRecord]  # newest first

    def count(self, *states: DeliveryState) -> int:
        """How many of the shown deliveries are in one of these states."""
        return sum(record.delivery.state in states for record in self.records)


class Overview:
    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    async def page(self, request: Request) -> Response:
        return self._render(request, "overview.html", await self._look(request))

    async def fragment(self, request: Request) -> Response:
        """Only the tables; 304 without rendering while nothing has changed."""
        picture = await self._look(request)
        tag = _etag(picture, language_of(request))
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers={"ETag": tag})
        response = self._render(request, "overview/tables.html", picture)
        response.headers["ETag"] = tag
        return response

    async def _look(self, request: Request) -> Picture:
        account_id = account_scope(user_of(request))
        return await self._kit.desk.store.read(lambda view: look(view, account_id))

    def _render(self, request: Request, template: str, picture: Picture) -> Response:
        now_ms = self._kit.desk.clock.now_ms()
        return self._kit.pages.html(request, template, picture=picture, now_ms=now_ms)


def look(view: View, account_id: int | None) -> Picture:
    """Read what one account, or everybody (None), has under way."""
    sessions = sorted(view.live_sessions(account_id), key=lambda one: one.started_ms, reverse=True)
    return Picture(
        sessions=sessions[:MAX_SESSIONS],
        session_count=len(sessions),
        lost_count=sum(one.state is SessionState.LOST for one in sessions),
        records=view.search(account_id, Filter(), MAX_DELIVERIES).records,
    )


def _etag(picture: Picture, language: str) -> str:
    digest = hashlib.sha256(msgspec.msgpack.encode((language, picture)))
    return f'"{digest.hexdigest()[:32]}"'


def routes(kit: Kit) -> list[Route]:
    page = Overview(kit)
    return [
        Route("/", signed_in_page(kit.desk, page.page)),
        Route("/overview/tables", signed_in_fragment(kit.desk, page.fragment)),
    ]
