"""ZLMediaKit (``[hook]`` of config.ini): JSON; which hook it is stands in the path; ``code`` 0 allows.

on_publish asks for leave; that the stream is really there shows on_stream_changed (of rtmp, one of up to six schemas).
Its end carries no connection, only the stream's name; on_flow_report tells how long the push lasted, and how much came.
"""

from collections.abc import Sequence
from typing import ClassVar
from urllib.parse import quote, urlencode

import msgspec

from airhook.core import reasons
from airhook.core.reasons import Reason
from airhook.core.sources import Source
from airhook.sources.adapter import ApiCall, PushPlace, ServerState, UnreadableError
from airhook.sources.domains import vhosts
from airhook.sources.forms import json_body, read_answer, read_hook
from airhook.sources.reports import (
    Alive,
    Ended,
    HookAnswer,
    HookReport,
    HookRequest,
    MalformedHookError,
    Noted,
    PushTold,
    Report,
    Restarted,
    ServerAlive,
    Started,
)

_PUSHES = frozenset({1, 2, 3, 8})  # originType: rtmp, rtsp, rtp and rtc push; others are pulls and files
_VIDEO = 0  # codec_type
_SCHEMA = "rtmp"


class _Sock(msgspec.Struct):
    identifier: str = ""
    peer_ip: str = ""


class _Track(msgspec.Struct):
    codec_type: int = -1
    width: int = 0
    height: int = 0


class _Hook(msgspec.Struct):
    """The fields of all hooks; each has some of them."""

    app: str = ""
    stream: str = ""
    vhost: str = ""
    schema: str = ""
    params: str = ""
    ip: str = ""
    id: str = ""
    regist: bool = False
    player: bool = False
    duration: int = 0  # s
    totalBytes: int = 0  # noqa: N815 - ZLMediaKit's name
    originType: int = 0  # noqa: N815
    originSock: _Sock | None = None  # noqa: N815
    tracks: list[_Track] | None = None


class _State(msgspec.Struct):
    code: int
    msg: str = ""
    data: list[_Hook] | None = None


class ZlMediaKit:
    """Implements ``Adapter``."""

    silence_s: ClassVar[int] = 30
    unique_clients: ClassVar[bool] = False
    replaces: ClassVar[bool] = False
    confirms: ClassVar[bool] = True

    def read(self, request: HookRequest) -> HookReport:
        name = request.event.rpartition("/")[2]
        if not name.startswith("on_"):
            raise MalformedHookError("the path does not end in the hook's name, such as on_publish")
        return HookReport(hook=name, report=_report(name, read_hook(request.body or b"{}", _Hook)))

    def accept(self) -> HookAnswer:
        return HookAnswer(body=json_body(code=0, msg="success"), content_type="application/json")

    def refuse(self, reason: Reason) -> HookAnswer:
        return HookAnswer(body=json_body(code=-1, msg=reason.text), content_type="application/json")

    def config(self, source: Source, base_url: str) -> str:
        return _CONFIG.format(url=base_url + source.hook_path, name=source.name)

    def state_calls(self, source: Source) -> Sequence[ApiCall]:
        query = urlencode({"secret": source.api_secret, "schema": _SCHEMA})
        return [ApiCall(url=f"{_base(source)}/index/api/getMediaList?{query}")] if source.api_url else []

    def read_state(self, answers: Sequence[bytes]) -> ServerState:
        state = read_answer(answers[0], _State)
        if state.code != 0:
            raise UnreadableError(f"ZLMediaKit answered code {state.code}: {state.msg}")
        on = [one for one in state.data or () if one.schema == _SCHEMA and one.originType in _PUSHES]
        return ServerState(pushes=[_alive(one) for one in on if one.originSock and one.originSock.identifier])

    def kick_calls(self, source: Source, client: str, push: PushPlace) -> Sequence[ApiCall]:  # noqa: ARG002
        if not source.api_url:
            return []
        wanted = {"secret": source.api_secret, "app": push.app, "stream": push.stream, "force": "1"}
        query = urlencode(wanted, quote_via=quote)
        return [ApiCall(url=f"{_base(source)}/index/api/close_streams?{query}")]


def _report(name: str, hook: _Hook) -> Report:
    if name == "on_publish":
        return Started(client=_client(hook), push=_push(hook))
    if name == "on_stream_changed" and hook.schema == _SCHEMA:
        return _changed(hook)
    if name == "on_flow_report" and not hook.player:
        return Ended(
            client=_client(hook),
            reason=reasons.CLIENT_STOPPED,
            duration_ms=hook.duration * 1000,
            bytes=hook.totalBytes,
        )
    if name in ("on_server_started", "on_server_exited"):
        return Restarted()
    if name == "on_server_keepalive":
        return ServerAlive()
    return Noted(client=hook.id)


def _changed(hook: _Hook) -> Report:
    if not hook.regist:
        return Ended(client="", reason=reasons.CLIENT_STOPPED, push=_push(hook))
    if hook.originType not in _PUSHES or hook.originSock is None or not hook.originSock.identifier:
        return Noted()
    return _alive(hook)


def _alive(hook: _Hook) -> Alive:
    sock = hook.originSock or _Sock()
    video = next((one for one in hook.tracks or () if one.codec_type == _VIDEO), _Track())
    push = msgspec.structs.replace(_push(hook), user_ip=sock.peer_ip)
    return Alive(client=sock.identifier, push=push, width=video.width, height=video.height)


def _client(hook: _Hook) -> str:
    if not hook.id:
        raise MalformedHookError("the hook has no id")
    return hook.id


def _push(hook: _Hook) -> PushTold:
    return PushTold(
        app=hook.app,
        stream=hook.stream,
        stream_param=hook.params,
        user_ip=hook.ip,
        vhosts=vhosts(hook.params, vhost=hook.vhost),
    )


def _base(source: Source) -> str:
    return source.api_url.rstrip("/")


_CONFIG = """\
# config.ini of ZLMediaKit
[hook]
enable=1
on_publish={url}/on_publish
on_stream_changed={url}/on_stream_changed
on_flow_report={url}/on_flow_report
on_server_started={url}/on_server_started
on_server_exited={url}/on_server_exited
on_server_keepalive={url}/on_server_keepalive
stream_changed_schemas=rtmp
retry=1
alive_interval=10.0

[general]
flowThreshold=0
enableVhost=1

# So that Airhook can ask which streams are on; SECRET is api.secret of this file:
# airhook source set {name} --api-url http://127.0.0.1:80 --api-secret SECRET
"""
