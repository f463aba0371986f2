"""Sending again: one callback from its page; chosen ones or all of a search as a replay with its progress."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from airhook.console.forms import Form
from airhook.console.session import account_scope, signed_in_fragment, user_of
from airhook.console.views.base import Kit, done, read_fields
from airhook.console.views.records import query_of, wanted_of
from airhook.control import repeats, replays, shapes
from airhook.core.accounts import Role
from airhook.core.errors import AirhookError, ConflictError, InvalidError, NotFoundError
from airhook.core.replays import DEFAULT_RATE, MAX_RATE, OPEN_STATES, Replay
from airhook.core.search import NEWEST

LIST = "/console/replays"


class Replays:
    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    async def resend(self, request: Request) -> Response:
        old = request.path_params["delivery_id"]
        try:
            again = await repeats.resend(self._kit.desk_of(request), account_scope(request), old)
        except NotFoundError:
            raise HTTPException(404) from None
        except InvalidError as error:
            notice = "cannot_resend_yet" if error.rule == "state" else "cannot_resend"
            return done(request, f"/console/deliveries/{old}", notice)
        return done(request, f"/console/deliveries/{again.id}", "resent")

    async def index(self, request: Request) -> Response:
        text = request.query_params.get("below", "")
        below = int(text) if text.isdecimal() and len(text) <= 19 else NEWEST
        found = await replays.list_some(self._kit.desk, account_scope(request), below)
        more = found[-1].id if len(found) == replays.SHOWN else None
        return self._html(request, "list.html", found=found, more=more)

    async def ask(self, request: Request) -> Response:
        """What the search of the records page found, once more: is it meant, and how fast?"""
        form = Form([*request.query_params.multi_items(), ("rate", str(DEFAULT_RATE))])
        return self._ask(request, form)

    async def create(self, request: Request) -> Response:
        form = await read_fields(request)
        try:
            wanted = wanted_of(request, form)
            made = await replays.create(
                self._kit.desk_of(request), user_of(request).account_id, wanted, rate=_rate(form)
            )
        except AirhookError as error:
            return self._ask(request, form.refuse(error, _field(error)), status=422)
        return done(request, f"{LIST}/{made.id}", "replay_created")

    async def ask_chosen(self, request: Request) -> Response:
        """What was ticked on the records page, once more; without a tick, that one is needed."""
        form = Form([*request.query_params.multi_items(), ("rate", str(DEFAULT_RATE))])
        if form.all("chosen"):
            return self._ask_chosen(request, form)
        return self._ask_chosen(request, form.refuse(_NONE_CHOSEN, ""), status=422)

    async def create_chosen(self, request: Request) -> Response:
        form = await read_fields(request)
        try:
            made = await replays.create_chosen(
                self._kit.desk_of(request), account_scope(request), _chosen(form), rate=_rate(form)
            )
        except AirhookError as error:
            return self._ask_chosen(request, form.refuse(error, _field(error)), status=422)
        return done(request, f"{LIST}/{made.id}", "chosen_replay_created")

    async def show(self, request: Request) -> Response:
        return self._html(request, "show.html", replay=await self._find(request))

    async def progress(self, request: Request) -> Response:
        """Only the figures, for the script that renews them."""
        return self._html(request, "progress.html", replay=await self._find(request))

    async def order(self, request: Request) -> Response:
        verb = request.path_params["verb"]
        act = {"pause": replays.pause, "resume": replays.resume, "cancel": replays.cancel}.get(verb)
        if act is None:
            raise HTTPException(404)
        replay_id = request.path_params["replay_id"]
        try:
            await act(self._kit.desk_of(request), account_scope(request), replay_id)
        except NotFoundError:
            raise HTTPException(404) from None
        except ConflictError:
            raise HTTPException(409) from None
        return done(request, f"{LIST}/{replay_id}")

    async def _find(self, request: Request) -> Replay:
        try:
            return await replays.find(
                self._kit.desk, account_scope(request), request.path_params["replay_id"]
            )
        except NotFoundError:
            raise HTTPException(404) from None

    def _ask(self, request: Request, form: Form, *, status: int = 200) -> Response:
        return self._html(request, "new.html", status, form=form, query=query_of(form), most=MAX_RATE)

    def _ask_chosen(self, request: Request, form: Form, *, status: int = 200) -> Response:
        return self._html(request, "chosen.html", status, form=form, query=query_of(form), most=MAX_RATE)

    def _html(self, request: Request, name: str, status: int = 200, /, **values: object) -> Response:
        common = {"wanted": shapes.wanted, "open_states": OPEN_STATES}
        return self._kit.pages.html(request, f"replays/{name}", status, **common, **values)


_NONE_CHOSEN = InvalidError("ids", "is empty", rule="required")


def _chosen(form: Form) -> list[int]:
    """Raises ``InvalidError`` for what is no id."""
    texts = form.all("chosen")
    if not all(text.isdecimal() and len(text) <= 19 for text in texts):
        raise InvalidError("ids", "are numbers", rule="format")
    return [min(int(text), NEWEST) for text in texts]


def _field(error: AirhookError) -> str:
    """Beside which field of the form an error stands; empty: above all of them."""
    return "rate" if isinstance(error, InvalidError) and error.field == "rate" else ""


def _rate(form: Form) -> int:
    text = form.value("rate")
    return int(text) if text.isdecimal() and len(text) <= 6 else 0


def routes(kit: Kit) -> list[Route]:
    page, operator = Replays(kit), Role.OPERATOR
    one = "/replays/{replay_id:int}"
    return [
        kit.page("/deliveries/{delivery_id:int}/resend", page.resend, needs=operator, methods=["POST"]),
        kit.page("/replays", page.index),
        kit.page("/replays/new", page.ask, needs=operator),
        kit.page("/replays/new", page.create, needs=operator, methods=["POST"]),
        kit.page("/replays/chosen", page.ask_chosen, needs=operator),
        kit.page("/replays/chosen", page.create_chosen, needs=operator, methods=["POST"]),
        kit.page(one, page.show),
        Route(f"{one}/progress", signed_in_fragment(kit.desk, page.progress)),
        kit.page(f"{one}/{{verb:str}}", page.order, needs=operator, methods=["POST"]),
    ]
