"""Event Center → Callback records: search by every field, newest first, page by page; and the answer as a file."""

import datetime as dt

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from airhook.console import callback_events, words
from airhook.console.forms import Form
from airhook.console.preferences import preferences_of
from airhook.console.session import account_scope
from airhook.console.times import with_zone
from airhook.console.views.base import Kit
from airhook.control import export, search
from airhook.core.deliveries import DeliveryState, ErrorClass
from airhook.core.errors import InvalidError
from airhook.core.events import EventType
from airhook.core.search import Filter

PAGE = 50
TEXTS = (
    "stream",
    "domain",
    "app",
    "url",
    "destination",
    "id",
    "event_id",
    "event_type",
    "state",
    "status",
    "error",
)
TIMES = ("since", "until")
KINDS = (*callback_events.ALL, EventType.RELAY, EventType.MONITOR)


class Records:
    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    async def page(self, request: Request) -> Response:
        form = Form(request.query_params.multi_items())
        cursor = form.value("cursor")
        try:
            wanted = wanted_of(request, form)
            before = int(cursor) if cursor.isdecimal() and len(cursor) <= 19 else None
            found = await search.page(self._kit.desk.store, account_scope(request), wanted, PAGE, before)
        except InvalidError as error:
            return self._page(request, form.refuse(error), status=422)
        return self._page(request, form, found=found, narrow=wanted != Filter())

    async def export(self, request: Request) -> Response:
        form = Form(request.query_params.multi_items())
        kind = export.Format.CSV if form.value("format") != "jsonl" else export.Format.JSONL
        try:
            wanted = wanted_of(request, form)
        except InvalidError as error:
            return self._page(request, form.refuse(error), status=422)
        pieces = await export.pieces(self._kit.desk, account_scope(request), wanted, kind)
        name = f"callbacks-{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%SZ}.{kind.value}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return StreamingResponse(pieces, headers=headers, media_type=kind.media_type)

    def _page(
        self, request: Request, form: Form, *, status: int = 200, found: object = None, narrow: bool = True
    ) -> Response:
        query = query_of(form)
        return self._kit.pages.html(
            request,
            "records/list.html",
            status,
            form=form,
            found=found,
            narrow=narrow,
            query=query,
            is_first=not form.value("cursor"),
            kinds=[(int(kind), words.EVENTS[kind]) for kind in KINDS],
            states=[(state.value, words.DELIVERY_STATES[state]) for state in DeliveryState],
            errors=[(error.value, words.ERRORS[error]) for error in ErrorClass],
        )


def wanted_of(request: Request, form: Form) -> Filter:
    """The filter that a form asks for. Raises ``InvalidError``."""
    given: dict[str, object] = {name: form.value(name) for name in TEXTS if form.value(name)}
    zone = preferences_of(request).zone or form.value("zone")
    for name in TIMES:
        if form.value(name):
            given[name] = with_zone(form.value(name), zone)
    return search.read(given)


def query_of(form: Form) -> list[tuple[str, str]]:
    """What of a form is part of the search, for an address that leads to it again."""
    return [(name, form.value(name)) for name in (*TEXTS, *TIMES, "zone") if form.value(name)]


def routes(kit: Kit) -> list[Route]:
    page = Records(kit)
    return [kit.page("/records", page.page), kit.page("/records/export", page.export)]
