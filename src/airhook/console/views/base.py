"""What every page has at hand."""

from collections.abc import Sequence
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from airhook.console.forms import Form
from airhook.console.notices import put_notice
from airhook.console.rendering import Pages, is_from_script
from airhook.console.session import Handler, actor_of, signed_in_page
from airhook.console.throttle import Throttle
from airhook.control.base import Desk
from airhook.control.bitrates import Bitrates
from airhook.control.trends import Trends
from airhook.control.trials import Trials
from airhook.core.accounts import Role
from airhook.core.domains import RTMP_PORT

MAX_FIELDS = 200
TRIALS_A_MINUTE = 20  # of one user: a test button is no load generator


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """How long, and how much. 0: without end."""

    log_days: int = 0
    log_max_mb: int = 0
    audit_days: int = 0
    recordings_days: int = 0
    pictures_days: int = 0
    media_gb: int = 0
    link_days: int = 0


class ConsoleSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What pages say about this server."""

    rtmp_port: int = RTMP_PORT
    public_url: str = ""  # empty: the address that the reader's browser uses
    kept: Kept = Kept()


class Kit:
    """The desk and its tools, the templates, and how often somebody has tried what is limited."""

    def __init__(
        self, desk: Desk, trials: Trials, settings: ConsoleSettings, trends: Trends, bitrates: Bitrates
    ) -> None:
        self.desk = desk
        self.trials = trials
        self.trends = trends
        self.bitrates = bitrates
        self.settings = settings
        self.pages = Pages()
        self.throttle = Throttle(desk.clock.monotonic)
        self.trial_throttle = Throttle(
            desk.clock.monotonic, window_s=60, per_name=TRIALS_A_MINUTE, per_address=TRIALS_A_MINUTE
        )

    def page(
        self, path: str, handler: Handler, *, needs: Role = Role.VIEWER, methods: Sequence[str] = ("GET",)
    ) -> Route:
        """The route of a page for signed-in users whose role includes ``needs``."""
        return Route(path, signed_in_page(self.desk, handler, needs), methods=list(methods))

    def desk_of(self, request: Request) -> Desk:
        """The desk with the request's user at it."""
        return self.desk.acting(actor_of(request))


def done(request: Request, path: str, notice: str = "") -> Response:
    """After a change: off to ``path``, which says ``notice`` (a key of ``NOTICES``)."""
    response: Response
    if is_from_script(request):
        response = Response(status_code=204, headers={"HX-Redirect": path})
    else:
        response = RedirectResponse(path, 303)
    if notice:
        put_notice(response, notice)
    return response


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a URL-encoded form; of a name that comes twice, the last. Too many fields: none."""
    return dict(await _pairs(request))


async def read_fields(request: Request) -> Form:
    """The fields of a URL-encoded form, names that come several times too."""
    return Form(await _pairs(request))


async def _pairs(request: Request) -> list[tuple[str, str]]:
    body = (await request.body()).decode("ascii", "replace")
    try:
        return parse_qsl(body, keep_blank_values=True, errors="replace", max_num_fields=MAX_FIELDS)
    except ValueError:
        return []


def client_address(request: Request) -> str:
    """Who asks: behind a trusted proxy, the address that the proxy saw."""
    return request.client.host if request.client else ""
