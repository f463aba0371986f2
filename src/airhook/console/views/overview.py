"""The first page: what is live, and the latest callbacks. Its tables are a fragment that a script fetches anew."""

import hashlib

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from airhook.console import attention
from airhook.console.rendering import language_of
from airhook.console.session import account_scope, signed_in_fragment, signed_in_page, user_of
from airhook.console.views.base import Kit
from airhook.console.words import N_
from airhook.core.deliveries import DeliveryState
from airhook.core.ports import View
from airhook.core.search import DeliveryRecord, Filter
from airhook.core.sessions import Session, SessionState

MAX_SESSIONS = 100
MAX_DELIVERIES = 50

CHARTS: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    (
        N_("Attempts a minute"),
        (("delivered", N_("delivered"), "good"), ("failed", N_("failed"), "bad")),
    ),
    (
        N_("Answer time in milliseconds"),
        (
            ("p50_ms", "p50", "good"),
            ("p95_ms", "p95", "warn"),
            ("p99_ms", "p99", "bad"),
        ),
    ),
    (N_("Callbacks in the backlog"), (("backlog", N_("backlog"), "busy"),)),
    (N_("Live streams"), (("live", N_("live"), "good"),)),
)
"""Title, then lines: field of a point, what it is called, its tone."""


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """What the page shows, read at once."""

    sessions: list[Session]  # newest first, at most MAX_SESSIONS
    session_count: int
    lost_count: int
    records: list[DeliveryRecord]  # newest first
    troubles: attention.Troubles

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
        tag = _etag(picture, self._matters(request, picture), language_of(request))
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers={"ETag": tag})
        response = self._render(request, "overview/tables.html", picture)
        response.headers["ETag"] = tag
        return response

    async def _look(self, request: Request) -> Picture:
        user, now_ms = user_of(request), self._kit.desk.clock.now_ms()
        return await self._kit.desk.store.read(
            lambda view: look(view, account_scope(request), user.account_id, now_ms)
        )

    def _render(self, request: Request, template: str, picture: Picture) -> Response:
        now_ms = self._kit.desk.clock.now_ms()
        return self._kit.pages.html(
            request,
            template,
            picture=picture,
            now_ms=now_ms,
            charts=CHARTS if self._sees_trends(request) else (),
            attention=self._matters(request, picture),
        )

    def _matters(self, request: Request, picture: Picture) -> list[attention.Matter]:
        desk = self._kit.desk
        return attention.found(
            desk.config.current, user_of(request).account_id, picture.troubles, desk.clock.now_ms()
        )

    async def trends(self, request: Request) -> Response:
        """What the charts are drawn from."""
        if not self._sees_trends(request):
            raise HTTPException(404)
        return Response(msgspec.json.encode(self._kit.trends.points()), media_type="application/json")

    def _sees_trends(self, request: Request) -> bool:
        """The figures are of all accounts together: whoever is not the system's owner sees them only when alone."""
        alone = len(self._kit.desk.config.current.accounts) == 1
        return alone or account_scope(request) is None


def look(view: View, account_id: int | None, own_account_id: int, now_ms: int) -> Picture:
    """Read what one account, or everybody (None), has under way."""
    sessions = sorted(view.live_sessions(account_id), key=lambda one: one.started_ms, reverse=True)
    return Picture(
        sessions=sessions[:MAX_SESSIONS],
        session_count=len(sessions),
        lost_count=sum(one.state is SessionState.LOST for one in sessions),
        records=view.search(account_id, Filter(), MAX_DELIVERIES).records,
        troubles=attention.look(view, account_id, own_account_id, now_ms),
    )


def _etag(picture: Picture, matters: list[attention.Matter], language: str) -> str:
    digest = hashlib.sha256(msgspec.msgpack.encode((language, matters, picture)))
    return f'"{digest.hexdigest()[:32]}"'


def routes(kit: Kit) -> list[Route]:
    page = Overview(kit)
    return [
        Route("/", signed_in_page(kit.desk, page.page)),
        Route("/overview/tables", signed_in_fragment(kit.desk, page.fragment)),
        Route("/overview/trends.json", signed_in_fragment(kit.desk, page.trends)),
    ]
