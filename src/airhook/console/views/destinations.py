"""Destinations: who receives callbacks, how they are doing, and operators' orders to pause them or limit their rate."""

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from airhook.console.forms import Form
from airhook.console.session import user_of
from airhook.console.views.base import Kit, done, read_fields
from airhook.control import destinations
from airhook.core.accounts import Role
from airhook.core.deliveries import DeliveryState
from airhook.core.destinations import DestinationRow
from airhook.core.errors import AirhookError, InvalidError
from airhook.core.ports import View
from airhook.core.search import Filter

LIST = "/console/destinations"
LOOKED_AT = 200  # latest callbacks of a destination that its figures are made of
COUNTED = 100  # a longer backlog is "100+"


class Backlog(msgspec.Struct, frozen=True):
    """Unsettled deliveries of a destination, counted up to a bound."""

    count: int
    is_more: bool


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Of the latest callbacks whose last attempt is known."""

    looked_at: int
    succeeded: int
    p50_ms: float | None
    p95_ms: float | None


class Destinations:
    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    async def index(self, request: Request) -> Response:
        account_id = user_of(request).account_id
        rows = await destinations.list_all(self._kit.desk, account_id)

        def look(view: View) -> list[Backlog]:
            return [backlog(view, account_id, row.key.origin) for row in rows]

        backlogs = await self._kit.desk.store.read(look)
        listed = sorted(zip(rows, backlogs, strict=True), key=lambda pair: pair[0].state == "healthy")
        return self._kit.pages.html(request, "destinations/list.html", listed=listed)

    async def show(self, request: Request) -> Response:
        row = await self._find(request)
        origin = row.key.origin

        def look(view: View) -> tuple[Backlog, Figures]:
            return backlog(view, row.account_id, origin), figures(view, row.account_id, origin)

        waiting, told = await self._kit.desk.store.read(look)
        return self._kit.pages.html(
            request, "destinations/show.html", row=row, origin=origin, waiting=waiting, figures=told
        )

    async def pause(self, request: Request) -> Response:
        row = await self._find(request)
        paused = (await read_fields(request)).value("paused") == "yes"
        order = destinations.pause if paused else destinations.resume
        await order(self._kit.desk_of(request), row.account_id, row.key.origin)
        return done(request, path_of(row), "destination_paused" if paused else "destination_resumed")

    async def rate(self, request: Request) -> Response:
        row = await self._find(request)
        text = "" if row.rate_limit is None else f"{row.rate_limit:g}"
        return self._rate(request, row, Form.of({"rate_limit": text}))

    async def limit(self, request: Request) -> Response:
        row = await self._find(request)
        form = await read_fields(request)
        try:
            rate = _rate_of(form.value("rate_limit"))
            await destinations.limit(self._kit.desk_of(request), row.account_id, row.key.origin, rate)
        except AirhookError as error:
            return self._rate(request, row, form.refuse(error), status=422)
        return done(request, path_of(row), "destination_limited")

    async def _find(self, request: Request) -> DestinationRow:
        wanted = tuple(request.path_params[name] for name in ("scheme", "host", "port"))
        for row in await destinations.list_all(self._kit.desk, user_of(request).account_id):
            if (row.scheme, row.host, row.port) == wanted:
                return row
        raise HTTPException(404)

    def _rate(self, request: Request, row: DestinationRow, form: Form, *, status: int = 200) -> Response:
        return self._kit.pages.html(
            request,
            "destinations/rate.html",
            status,
            row=row,
            origin=row.key.origin,
            form=form,
            back=path_of(row),
            bounds=(destinations.MIN_RATE, destinations.MAX_RATE),
        )


def path_of(row: DestinationRow) -> str:
    return f"{LIST}/{row.scheme}/{row.host}/{row.port}"


def backlog(view: View, account_id: int, origin: str) -> Backlog:
    count, is_more = 0, False
    for state in (DeliveryState.PENDING, DeliveryState.WAITING, DeliveryState.HELD):
        found = view.search(account_id, Filter(destination=origin, state=state), COUNTED)
        count += len(found.records)
        is_more = is_more or found.next is not None
    return Backlog(count, is_more)


def figures(view: View, account_id: int, origin: str) -> Figures:
    records = view.search(account_id, Filter(destination=origin), LOOKED_AT).records
    attempts = [record.last_attempt for record in records if record.last_attempt]
    took = sorted(one.timings.total_ms for one in attempts if one.status is not None)
    return Figures(
        looked_at=len(attempts),
        succeeded=sum(one.error is None for one in attempts),
        p50_ms=took[len(took) // 2] if took else None,
        p95_ms=took[min(len(took) - 1, len(took) * 95 // 100)] if took else None,
    )


def _rate_of(text: str) -> float | None:
    if not text:
        return None
    try:
        rate = float(text)
    except ValueError:
        rate = float("nan")
    if rate != rate:  # noqa: PLR0124 - only "not a number" differs from itself
        raise InvalidError("rate_limit", "must be a number of requests a second", rule="format")
    return rate


def routes(kit: Kit) -> list[Route]:
    page = Destinations(kit)
    one = "/destinations/{scheme:str}/{host:str}/{port:int}"
    return [
        kit.page("/destinations", page.index),
        kit.page(one, page.show),
        kit.page(f"{one}/pause", page.pause, needs=Role.OPERATOR, methods=["POST"]),
        kit.page(f"{one}/rate", page.rate, needs=Role.OPERATOR),
        kit.page(f"{one}/rate", page.limit, needs=Role.OPERATOR, methods=["POST"]),
    ]
