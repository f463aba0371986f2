"""Streams: live now, renewed every two seconds; history; forbidden ones; and one stream's own page."""

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from airhook.console.forms import Form
from airhook.console.pictured import FILE_TYPES, Files, pictured_all
from airhook.console.preferences import preferences_of
from airhook.console.session import account_scope, signed_in_fragment, user_of
from airhook.console.times import read_local
from airhook.console.views.base import Kit
from airhook.control import past_streams, search, streams
from airhook.control.streams import StreamFilter
from airhook.core.errors import AirhookError, InvalidError
from airhook.core.history import PastFilter, PastPage
from airhook.core.push_ports import PushMeasure
from airhook.core.reasons import TEXTS, Reason
from airhook.core.search import Filter
from airhook.core.sessions import Session

SHOWN = 200  # live streams
PAGE = 50
DAY_MS = 86_400_000
SESSIONS_SHOWN = 20
CALLBACKS_SHOWN = 50
FILES_SHOWN = 12  # of each kind


class Live(msgspec.Struct, frozen=True):
    session: Session
    measure: PushMeasure | None  # None: not connected to this process now


class Streams:
    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    # --- live ---

    async def live(self, request: Request) -> Response:
        return await self._live(request, "streams/live.html")

    async def live_table(self, request: Request) -> Response:
        """Only the table, for the script that renews it."""
        return await self._live(request, "streams/live_table.html")

    async def _live(self, request: Request, template: str) -> Response:
        desk = self._kit.desk
        found = await streams.online(desk, account_scope(request))
        measures = desk.live.measures()
        newest = sorted(found, key=lambda one: one.started_ms, reverse=True)[:SHOWN]
        return self._kit.pages.html(
            request,
            template,
            shown=[Live(one, measures.get(one.id)) for one in newest],
            total=len(found),
            now_ms=desk.clock.now_ms(),
        )

    # --- history ---

    async def history(self, request: Request) -> Response:
        form = Form(request.query_params.multi_items())
        now_ms = self._kit.desk.clock.now_ms()
        zone = preferences_of(request).zone or form.value("zone")
        number = form.value("page")
        page = max(1, int(number)) if number.isdecimal() and len(number) < 7 else 1
        try:
            since_ms = read_local(form.value("since"), "since", zone) or now_ms - DAY_MS
            until_ms = read_local(form.value("until"), "until", zone) or now_ms
            wanted = PastFilter(
                since_ms=since_ms,
                until_ms=until_ms,
                domain=form.value("domain") or None,
                app=form.value("app") or None,
                stream=form.value("stream") or None,
                part_of_name=True,
            )
            found = await past_streams.find(
                self._kit.desk, account_scope(request), wanted, page=page, size=PAGE
            )
        except InvalidError as error:
            fields = {"start_time": "since", "end_time": "until", "page_num": ""}
            form.refuse(error, fields.get(error.field, error.field))
            return self._history(request, form, None, page, status=422)
        return self._history(request, form, found, page)

    def _history(
        self, request: Request, form: Form, found: PastPage | None, page: int, *, status: int = 200
    ) -> Response:
        names = ("stream", "domain", "app", "since", "until", "zone")
        return self._kit.pages.html(
            request,
            "streams/history.html",
            status,
            form=form,
            found=found,
            page=page,
            size=PAGE,
            query=[(name, form.value(name)) for name in names if form.value(name)],
            reason=reason_text,
        )

    # --- forbidden ---

    async def banned(self, request: Request) -> Response:
        orders = await streams.bans(self._kit.desk, user_of(request).account_id)
        return self._kit.pages.html(request, "streams/banned.html", orders=orders)

    # --- one stream ---

    async def show(self, request: Request) -> Response:
        desk = self._kit.desk
        domain, app, stream = (request.path_params[name] for name in ("domain", "app", "stream"))
        now_ms = desk.clock.now_ms()
        account_id = account_scope(request)
        past = PastFilter(
            since_ms=now_ms - 30 * DAY_MS, until_ms=now_ms, domain=domain, app=app, stream=stream
        )
        open_ones = await streams.online(desk, account_id, StreamFilter(domain, app, stream))
        closed = await past_streams.find(desk, account_id, past, page=1, size=SESSIONS_SHOWN)
        wanted = Filter(domain=domain, app=app, stream=stream)
        callbacks = await search.page(desk.store, account_id, wanted, CALLBACKS_SHOWN)
        try:
            state = await streams.state(desk, user_of(request).account_id, domain, app, stream)
        except AirhookError:  # another account's, or its domain is gone
            state = None
        if state is None and not (open_ones or closed.sessions or callbacks.records):
            raise HTTPException(404)
        measures = desk.live.measures()
        return self._kit.pages.html(
            request,
            "streams/show.html",
            domain=domain,
            app=app,
            stream=stream,
            state=state,
            live=[Live(one, measures.get(one.id)) for one in open_ones],
            past=closed.sessions,
            callbacks=callbacks.records,
            files=await self._files(account_id, wanted),
            now_ms=now_ms,
            reason=reason_text,
        )

    async def _files(self, account_id: int | None, of: Filter) -> Files:
        """The newest pictures and recordings that callbacks tell of."""
        store, told = self._kit.desk.store, []
        for kind in FILE_TYPES:
            wanted = msgspec.structs.replace(of, event_type=kind.value)
            told += (await search.page(store, account_id, wanted, FILES_SHOWN)).records
        newest = sorted(told, key=lambda one: one.delivery.id, reverse=True)
        return pictured_all(one.delivery for one in newest)


def reason_text(session: Session) -> str:
    """Why a push ended, in the words of the callback."""
    if session.errcode is None:
        return ""
    return TEXTS.get(Reason(session.errcode, session.sub or 0), "")


def routes(kit: Kit) -> list[Route]:
    page = Streams(kit)
    return [
        kit.page("/streams", page.live),
        Route("/streams/live", signed_in_fragment(kit.desk, page.live_table)),
        kit.page("/streams/history", page.history),
        kit.page("/streams/banned", page.banned),
        kit.page("/streams/{domain:str}/{app:str}/{stream:str}", page.show),
    ]
