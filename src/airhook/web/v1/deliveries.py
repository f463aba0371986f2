"""``/v1/deliveries``: searching, and all of an answer as a file."""

from typing import Any

from starlette.responses import Response, StreamingResponse

from airhook.control import export, search, shapes
from airhook.control.complaints import whole_number
from airhook.core.deliveries import DeliveryState, ErrorClass
from airhook.core.errors import InvalidError
from airhook.core.search import MAX_LIMIT
from airhook.web.v1.operations import Call, Operation, Parameter

PATH = "/v1/deliveries"

_TEXT: dict[str, Any] = {"type": "string"}
_NUMBER: dict[str, Any] = {"type": "integer", "minimum": 0, "maximum": search.MAX_NUMBER}
_TIME = "RFC 3339, UNIX seconds or milliseconds"
FILTERS = (
    Parameter(name="id", text="The delivery with this id", schema=_TEXT),
    Parameter(name="event_id", text="Deliveries of this event", schema=_TEXT),
    Parameter(name="domain", text="The push domain", schema=_TEXT),
    Parameter(name="app", text="The app", schema=_TEXT),
    Parameter(name="stream", text="The stream's name", schema=_TEXT),
    Parameter(name="event_type", text="The type of the event", schema=_NUMBER),
    Parameter(name="url", text="The callback URL, whole", schema=_TEXT),
    Parameter(name="destination", text="Scheme, host and port of callback URLs", schema=_TEXT),
    Parameter(
        name="state",
        text="The state now",
        schema={"type": "string", "enum": [one.value for one in DeliveryState]},
    ),
    Parameter(name="status", text="The HTTP status of any attempt", schema=_NUMBER),
    Parameter(
        name="error",
        text="Why any attempt failed",
        schema={"type": "string", "enum": [one.value for one in ErrorClass]},
    ),
    Parameter(name="since", text=f"Planned then or later: {_TIME}", schema=_TEXT),
    Parameter(name="until", text=f"Planned before: {_TIME}", schema=_TEXT),
)
_PAGING = (
    Parameter(
        name="limit",
        text="How many at most",
        schema={"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": search.DEFAULT_LIMIT},
    ),
    Parameter(name="cursor", text="The page after the one whose next this is", schema=_TEXT),
)


async def find(call: Call) -> shapes.ShownPage:
    query = dict(call.query)
    limit = whole_number("limit", query.pop("limit", str(search.DEFAULT_LIMIT)))
    query.pop("cursor", None)
    wanted = search.read(query)
    return shapes.page(await search.page(call.desk.store, call.account_id, wanted, limit, call.cursor()))


async def download(call: Call) -> Response:
    query = dict(call.query)
    form = _format(query.pop("format", "csv"))
    pieces = await export.pieces(call.desk, call.account_id, search.read(query), form)
    name = f'attachment; filename="deliveries.{form.value}"'
    return StreamingResponse(pieces, headers={"Content-Disposition": name}, media_type=form.media_type)


def _format(text: str) -> export.Format:
    try:
        return export.Format(text)
    except ValueError:
        raise InvalidError("format", "must be csv or jsonl", rule="unknown") from None


OPERATIONS = (
    Operation(
        method="GET",
        path=PATH,
        name="findDeliveries",
        summary="Find deliveries, newest first",
        act=find,
        parameters=(*FILTERS, *_PAGING),
        answer=shapes.ShownPage,
        refusals=(400,),
    ),
    Operation(
        method="GET",
        path=f"{PATH}/export",
        name="exportDeliveries",
        summary="All deliveries of a search as CSV or JSON lines, newest first",
        act=download,
        parameters=(
            *FILTERS,
            Parameter(
                name="format",
                text="csv or jsonl",
                schema={"type": "string", "enum": [one.value for one in export.Format], "default": "csv"},
            ),
        ),
        media_types=tuple(one.media_type.partition(";")[0] for one in export.Format),
        refusals=(400,),
    ),
)
