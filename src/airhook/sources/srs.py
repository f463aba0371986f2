"""SRS (``http_hooks`` of a vhost): JSON with an ``action``; allowed by 200 and ``{"code": 0}``.

SRS calls on_publish before it looks whether the stream is taken, so a publisher that it then refuses shows by its
on_close alone.
"""

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from airhook.core import reasons
from airhook.core.reasons import Reason
from airhook.core.sources import Source
from airhook.sources.adapter import ApiCall, PushPlace, ServerState, UnreadableError
from airhook.sources.domains import vhosts
from airhook.sources.forms import json_body, read_answer, read_hook
from airhook.sources.reports import (
    Alive,
    Disconnected,
    Ended,
    HookAnswer,
    HookReport,
    HookRequest,
    MalformedHookError,
    Noted,
    PushTold,
    Report,
    Started,
)

MAX_STREAMS = 10_000
_PERIODIC = frozenset({"on_hls", "on_hls_notify"})


class _Hook(msgspec.Struct):
    action: str
    client_id: str = ""
    ip: str = ""
    vhost: str = ""
    app: str = ""
    tcUrl: str = ""  # noqa: N815 - SRS's name
    stream: str = ""
    param: str = ""


class _Publish(msgspec.Struct):
    active: bool = False
    cid: str = ""


class _Video(msgspec.Struct):
    width: int = 0
    height: int = 0


class _Stream(msgspec.Struct):
    name: str = ""
    app: str = ""
    tcUrl: str = ""  # noqa: N815 - SRS's name
    recv_bytes: int = 0
    publish: _Publish = msgspec.field(default_factory=_Publish)
    video: _Video | None = None


class _State(msgspec.Struct):
    code: int
    streams: list[_Stream] = []
    pid: str = ""
    service: str = ""


class Srs:
    """Implements ``Adapter``."""

    silence_s: ClassVar[int] = 0
    unique_clients: ClassVar[bool] = True
    replaces: ClassVar[bool] = False
    confirms: ClassVar[bool] = False

    def read(self, request: HookRequest) -> HookReport:
        hook = read_hook(request.body, _Hook)
        return HookReport(hook=hook.action, report=_report(hook))

    def accept(self) -> HookAnswer:
        return HookAnswer(body=json_body(code=0), content_type="application/json")

    def refuse(self, reason: Reason) -> HookAnswer:
        body = json_body(code=reason.errcode, msg=reason.text)
        return HookAnswer(status=403, body=body, content_type="application/json")

    def config(self, source: Source, base_url: str) -> str:
        return _CONFIG.format(url=base_url + source.hook_path, name=source.name)

    def state_calls(self, source: Source) -> Sequence[ApiCall]:
        return [ApiCall(url=f"{_base(source)}/api/v1/streams?count={MAX_STREAMS}")] if source.api_url else []

    def read_state(self, answers: Sequence[bytes]) -> ServerState:
        state = read_answer(answers[0], _State)
        if state.code != 0:
            raise UnreadableError(f"SRS answered code {state.code}")
        on = [stream for stream in state.streams if stream.publish.active and stream.publish.cid]
        return ServerState(pushes=[_alive(one) for one in on], run=f"{state.service}/{state.pid}".strip("/"))

    def kick_calls(self, source: Source, client: str, push: PushPlace) -> Sequence[ApiCall]:  # noqa: ARG002
        if not source.api_url:
            return []
        return [ApiCall(url=f"{_base(source)}/api/v1/clients/{client}", method="DELETE")]


def _report(hook: _Hook) -> Report:
    if hook.action in ("on_publish", "on_unpublish", "on_close") and not hook.client_id:
        raise MalformedHookError(f"{hook.action} has no client_id")
    if hook.action == "on_publish":
        return Started(client=hook.client_id, push=_push(hook))
    if hook.action == "on_unpublish":
        return Ended(client=hook.client_id, reason=reasons.CLIENT_STOPPED)
    if hook.action == "on_close":
        return Disconnected(client=hook.client_id)
    return Noted(client=hook.client_id, periodic=hook.action in _PERIODIC)


def _push(hook: _Hook) -> PushTold:
    query = hook.param.removeprefix("?")
    _, _, url_query = hook.tcUrl.partition("?")
    return PushTold(
        app=hook.app,
        stream=hook.stream,
        stream_param=query or url_query,
        user_ip=hook.ip,
        vhosts=vhosts(query, url_query, vhost=hook.vhost, tc_url=hook.tcUrl),
    )


def _alive(stream: _Stream) -> Alive:
    _, _, query = stream.tcUrl.partition("?")
    return Alive(
        client=stream.publish.cid,
        push=PushTold(app=stream.app, stream=stream.name, vhosts=vhosts(query, tc_url=stream.tcUrl)),
        bytes=stream.recv_bytes,
        width=stream.video.width if stream.video else 0,
        height=stream.video.height if stream.video else 0,
    )


def _base(source: Source) -> str:
    return source.api_url.rstrip("/")


_CONFIG = """\
# srs.conf
http_api {{
    enabled on;
    listen 1985;
}}
vhost __defaultVhost__ {{
    http_hooks {{
        enabled on;
        on_publish {url};
        on_unpublish {url};
        on_close {url};
    }}
}}

# So that Airhook can ask which streams are on, since SRS repeats no lost hook:
# airhook source set {name} --api-url http://127.0.0.1:1985
"""
