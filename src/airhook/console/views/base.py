"""What every page has at hand."""

from urllib.parse import parse_qsl

from starlette.requests import Request

from airhook.console.rendering import Pages
from airhook.console.throttle import Throttle
from airhook.control.base import Desk

MAX_FIELDS = 50


class Kit:
    """The desk, the templates, and how often somebody has tried to sign in."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.pages = Pages()
        self.throttle = Throttle(desk.clock.monotonic)


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a URL-encoded form; of a name that comes twice, the last. Too many fields: none."""
    body = (await request.body()).decode("ascii", "replace")
    try:
        return dict(parse_qsl(body, keep_blank_values=True, errors="replace", max_num_fields=MAX_FIELDS))
    except ValueError:
        return {}


def client_address(request: Request) -> str:
    """Who asks: behind a trusted proxy, the address that the proxy saw."""
    return request.client.host if request.client else ""
