"""Orders about one stream, each asked in a dialog before it is carried out: drop, forbid, resume (contract 3.3)."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from airhook.console.forms import Form
from airhook.console.session import user_of
from airhook.console.views.base import Kit, done, read_fields
from airhook.control import streams
from airhook.core.accounts import Role
from airhook.core.errors import AirhookError, InvalidError
from airhook.core.stream_orders import DAY_MS, MAX_BAN_MS

LIVE, BANNED = "/console/streams", "/console/streams/banned"
HOURS = {"hours": 1, "days": 24}
HOUR_MS = 3_600_000


class StreamOrders:
    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    async def ask_drop(self, request: Request) -> Response:
        return self._page(request, "streams/drop.html", Form(request.query_params.multi_items()))

    async def drop(self, request: Request) -> Response:
        form = await read_fields(request)
        try:
            dropped = await streams.drop(self._kit.desk_of(request), *self._stream(request, form))
        except AirhookError as error:
            return self._page(request, "streams/drop.html", form.refuse(error), status=422)
        return done(request, LIVE, "stream_dropped" if dropped else "stream_was_not_on")

    async def ask_forbid(self, request: Request) -> Response:
        given = Form(request.query_params.multi_items())
        names = {name: given.value(name) for name in ("domain", "app", "stream")}
        return self._page(request, "streams/forbid.html", Form.of({**names, "amount": "7", "unit": "days"}))

    async def forbid(self, request: Request) -> Response:
        form = await read_fields(request)
        try:
            until_ms = self._kit.desk.clock.now_ms() + _hours(form) * HOUR_MS
            await streams.forbid(
                self._kit.desk_of(request),
                *self._stream(request, form),
                until_ms=until_ms,
                reason=form.value("reason"),
            )
        except AirhookError as error:
            field = "amount" if isinstance(error, InvalidError) and error.field == "resume_time" else None
            return self._page(request, "streams/forbid.html", form.refuse(error, field), status=422)
        return done(request, BANNED, "stream_forbidden")

    async def resume(self, request: Request) -> Response:
        form = await read_fields(request)
        try:
            await streams.resume(self._kit.desk_of(request), *self._stream(request, form))
        except InvalidError:  # the form's names are hidden: nobody typed them
            raise HTTPException(404) from None
        return done(request, BANNED, "stream_resumed")

    def _stream(self, request: Request, form: Form) -> tuple[int, str, str, str]:
        return (
            user_of(request).account_id,
            form.value("domain"),
            form.value("app"),
            form.value("stream"),
        )

    def _page(self, request: Request, template: str, form: Form, *, status: int = 200) -> Response:
        return self._kit.pages.html(request, template, status, form=form, most_days=MAX_BAN_MS // DAY_MS)


def _hours(form: Form) -> int:
    amount = form.value("amount")
    if not amount.isdecimal() or len(amount) > 6:
        raise InvalidError("amount", "must be a whole number", rule="format")
    return int(amount) * HOURS.get(form.value("unit"), 1)


def routes(kit: Kit) -> list[Route]:
    page, operator = StreamOrders(kit), Role.OPERATOR
    return [
        kit.page("/streams/drop", page.ask_drop, needs=operator),
        kit.page("/streams/drop", page.drop, needs=operator, methods=["POST"]),
        kit.page("/streams/forbid", page.ask_forbid, needs=operator),
        kit.page("/streams/forbid", page.forbid, needs=operator, methods=["POST"]),
        kit.page("/streams/resume", page.resume, needs=operator, methods=["POST"]),
    ]
