"""One push: its events with their callbacks, its pictures and recordings, and what it carried over time."""

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from airhook.console import words
from airhook.console.pictured import pictured_all
from airhook.console.session import account_scope, signed_in_fragment
from airhook.console.views.base import Kit
from airhook.console.views.streams import reason_text
from airhook.control import trace
from airhook.control.hook_shapes import hook_fields
from airhook.control.trace import EventTrace, SessionTrace
from airhook.core.errors import NotFoundError

EVENTS_SHOWN = 60  # besides start and stop
MAX_ID = 2**63 - 1


class Pushes:
    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    async def show(self, request: Request) -> Response:
        found = await self._find(request, EVENTS_SHOWN)
        return self._kit.pages.html(
            request,
            "pushes/show.html",
            session=found.session,
            events=found.events,
            hooks=found.hooks,
            fields=hook_fields,
            server=self._kit.desk.config.current.sources.get(found.session.source),
            more=len(found.events) >= EVENTS_SHOWN,
            files=pictured_all(one.delivery for event in found.events for one in event.deliveries),
            carries=self._kit.desk.live.measures().get(found.session.id),
            charted=self._kit.bitrates.knows(found.session.id),
            concluded=_concluded,
            reason=reason_text,
            now_ms=self._kit.desk.clock.now_ms(),
        )

    async def bitrate(self, request: Request) -> Response:
        """What its chart is drawn from."""
        found = await self._find(request, 1)
        points = self._kit.bitrates.points(found.session.id)
        return Response(msgspec.json.encode(points), media_type="application/json")

    async def _find(self, request: Request, at_most: int) -> SessionTrace:
        session_id = min(request.path_params["session_id"], MAX_ID)
        try:
            return await trace.session(self._kit.desk.store, account_scope(request), session_id, at_most)
        except NotFoundError:
            raise HTTPException(404) from None


def _concluded(one: EventTrace) -> str | None:
    """From what a stop was concluded, in English; None for what was told."""
    source = trace.inferred(one.event)
    return words.CONCLUDED[source] if source else None


def routes(kit: Kit) -> list[Route]:
    page = Pushes(kit)
    return [
        kit.page("/pushes/{session_id:int}", page.show),
        Route("/pushes/{session_id:int}/bitrate.json", signed_in_fragment(kit.desk, page.bitrate)),
    ]
