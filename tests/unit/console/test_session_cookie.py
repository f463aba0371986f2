"""The session's cookie behind a proxy that ends TLS."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from airhook.console.app import create_console
from airhook.web.app import create_app
from airhook.web.faces import create_faces
from support.console_site import PASSWORD, add_people, trials
from support.desk import open_desk, wait
from support.http_server import Browser, serve


class NoApi:
    def is_mine(self, _: Request) -> bool:
        return False

    async def handle(self, _: Request) -> Response:
        return JSONResponse({})


async def nothing(scope: Scope, receive: Receive, send: Send) -> None:
    await JSONResponse({})(scope, receive, send)


async def ready() -> list[str]:
    return []


def test_over_https_the_cookie_goes_back_over_https_to_this_host_only(tmp_path: Path) -> None:
    with open_desk(tmp_path) as desk:
        wait(desk.change(add_people))
        app = create_app(
            faces=create_faces(cloud_api=NoApi(), console=create_console(desk, trials(desk))),
            events_api=nothing,
            ready=ready,
            trusted_proxies=["127.0.0.1"],
        )
        with serve(app) as address:
            browser = Browser(address, X_Forwarded_Proto="https", Sec_Fetch_Site="same-origin")
            answer = browser.post("/console/sign-in", {"name": "aiko", "password": PASSWORD})
            cookie = answer.headers["set-cookie"]
            assert cookie.startswith("__Host-airhook=")
            assert "; Secure" in cookie
            assert "; Path=/;" in cookie
            assert browser.get("/console/").status == 200
            plain = Browser(address)
            plain.cookies = {"airhook": browser.cookies["__Host-airhook"]}
            assert plain.get("/console/", X_Forwarded_Proto="https").status == 303
            browser.post("/console/sign-out")
            assert not browser.cookies["__Host-airhook"]
