"""The cloud API on a real port, and clients of the official SDK that call it."""

import dataclasses
import socket
import threading
import time
from types import TracebackType
from typing import Any, Self

import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from tencentcloud.common.credential import Credential
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.live.v20180801.live_client import LiveClient

from airhook.cloudapi.bodies import Bodies
from airhook.cloudapi.face import CloudApi
from airhook.cloudapi.rates import DOCUMENTED, UNLIMITED, Rates
from airhook.control.base import Desk
from airhook.core.accounts import ApiKey

START_WITHIN_S = 60


@dataclasses.dataclass
class Exchange:
    """A request and its answer, as they went over the wire."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    status: int
    answer_headers: dict[str, str]
    answer: bytes


class ApiServer:
    """Serves the cloud API of a desk on 127.0.0.1 and keeps every exchange."""

    def __init__(self, desk: Desk, bodies: Bodies | None = None, rates: Rates | None = None) -> None:
        # The desk's clock stands still, so that a limit would be reached sometime.
        unlimited = Rates(desk.clock, UNLIMITED, dict.fromkeys(DOCUMENTED, UNLIMITED))
        self._api = CloudApi(desk, rates or unlimited, bodies)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.exchanges: list[Exchange] = []
        config = uvicorn.Config(
            self._app,
            interface="asgi3",
            http="httptools",
            loop="uvloop",
            ws="none",
            lifespan="off",
            log_config=None,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]})

    def __enter__(self) -> Self:
        self._thread.start()
        deadline = time.monotonic() + START_WITHIN_S
        while not self._server.started:
            assert self._thread.is_alive(), "the server died at its start"
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.005)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(START_WITHIN_S)
        assert not self._thread.is_alive(), "the server did not stop"
        self._socket.close()

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = bytearray()

        async def heard() -> Message:
            message = await receive()
            body.extend(message.get("body", b""))
            return message

        request = Request(scope, heard)
        mine = self._api.is_mine(request)
        response = await self._api.handle(request) if mine else Response(status_code=404)
        self.exchanges.append(_exchange(scope, bytes(body), response))
        await response(scope, receive, send)


def client(
    key: ApiKey,
    port: int,
    *,
    endpoint: str = "127.0.0.1:{port}",
    sign_method: str = "TC3-HMAC-SHA256",
    http_method: str = "POST",
    language: str = "zh-CN",
    **profile: Any,
) -> Any:
    """The SDK's client as a user would make it."""
    http = HttpProfile(
        protocol="http", endpoint=endpoint.format(port=port), reqMethod=http_method, reqTimeout=10
    )
    settings = ClientProfile(signMethod=sign_method, httpProfile=http, language=language)
    for name, value in profile.items():
        setattr(settings, name, value)
    return LiveClient(Credential(key.secret_id, key.secret_key), "", settings)


def _exchange(scope: Scope, body: bytes, response: Response) -> Exchange:
    query = scope["query_string"].decode()
    return Exchange(
        method=scope["method"],
        target=scope["path"] + (f"?{query}" if query else ""),
        headers={name.decode(): value.decode("latin-1") for name, value in scope["headers"]},
        body=body,
        status=response.status_code,
        answer_headers={name.decode(): value.decode("latin-1") for name, value in response.raw_headers},
        answer=bytes(response.body),
    )
