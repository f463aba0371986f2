"""MediaMTX: authentication over HTTP asks for leave, commands tell that a stream is there and that it is gone.

Commands get nothing that a publisher chooses but the path, which MediaMTX has checked: it puts variables into the command
before it takes that apart. The query comes with the authentication.
"""

from collections.abc import Sequence
from typing import ClassVar
from urllib.parse import parse_qs

import msgspec

from airhook.core import reasons
from airhook.core.reasons import Reason
from airhook.core.sources import Source
from airhook.sources.adapter import ApiCall, PushPlace, ServerState
from airhook.sources.domains import vhosts
from airhook.sources.forms import read_answer, read_hook
from airhook.sources.reports import (
    Alive,
    Ended,
    HookAnswer,
    HookReport,
    HookRequest,
    MalformedHookError,
    Noted,
    PushTold,
    Started,
)

USUAL_APP = "live"  # of a path that has one part only
_KICKS = {
    "rtmpConn": "rtmpconns", "rtmpsConn": "rtmpsconns", "rtspSession": "rtspsessions", "rtspsSession": "rtspssessions",
    "srtConn": "srtconns", "webRTCSession": "webrtcsessions",
}  # fmt: skip


class _Auth(msgspec.Struct):
    action: str
    path: str = ""
    ip: str = ""
    id: str | None = None
    query: str = ""


class _Source(msgspec.Struct):
    type: str = ""
    id: str = ""


class _Path(msgspec.Struct):
    name: str
    ready: bool = False
    online: bool = False
    source: _Source | None = None
    bytesReceived: int = 0  # noqa: N815 - MediaMTX's names
    inboundBytes: int = 0  # noqa: N815


class _State(msgspec.Struct):
    items: list[_Path] = []


class MediaMtx:
    """Implements ``Adapter``."""

    silence_s: ClassVar[int] = 0
    unique_clients: ClassVar[bool] = True
    replaces: ClassVar[bool] = True
    confirms: ClassVar[bool] = True

    def read(self, request: HookRequest) -> HookReport:
        if request.event == "auth":
            return _auth(read_hook(request.body, _Auth))
        fields = parse_qs(request.body.decode("utf-8", "replace"))
        path, client = fields.get("path", [""])[0], fields.get("source_id", [""])[0]
        if request.event not in ("ready", "gone") or not client:
            raise MalformedHookError("the path must end in auth, ready or gone, and the form hold source_id")
        push = _push(path)
        if request.event == "ready":
            return HookReport(hook="ready", report=Alive(client=client, push=push))
        return HookReport(hook="gone", report=Ended(client=client, reason=reasons.CLIENT_STOPPED))

    def accept(self) -> HookAnswer:
        return HookAnswer()

    def refuse(self, reason: Reason) -> HookAnswer:
        return HookAnswer(status=403, body=reason.text.encode())

    def config(self, source: Source, base_url: str) -> str:
        return _CONFIG.format(url=base_url + source.hook_path, name=source.name)

    def state_calls(self, source: Source) -> Sequence[ApiCall]:
        base = source.api_url.rstrip("/")
        return [ApiCall(url=f"{base}/v3/paths/list?itemsPerPage=1000")] if base else []

    def read_state(self, answers: Sequence[bytes]) -> ServerState:
        state = read_answer(answers[0], _State)
        on = [(path, path.source) for path in state.items if path.ready or path.online]
        return ServerState(
            pushes=[
                Alive(
                    client=source.id,
                    push=_push(path.name),
                    bytes=path.inboundBytes or path.bytesReceived,
                )
                for path, source in on
                if source is not None and source.id and source.type in _KICKS
            ]
        )

    def kick_calls(self, source: Source, client: str, push: PushPlace) -> Sequence[ApiCall]:  # noqa: ARG002
        """Whatever speaks the protocol of the client: the others answer that they do not know it."""
        base = source.api_url.rstrip("/")
        return [
            ApiCall(url=f"{base}/v3/{kind}/kick/{client}", method="POST")
            for kind in _KICKS.values()
            if source.api_url
        ]


def _auth(hook: _Auth) -> HookReport:
    name = f"auth {hook.action}"
    if hook.action != "publish":
        return HookReport(hook=name, report=Noted(client=hook.id or ""))
    if not hook.id:
        raise MalformedHookError("the publisher has no id")
    push = msgspec.structs.replace(
        _push(hook.path), stream_param=hook.query, user_ip=hook.ip, vhosts=vhosts(hook.query)
    )
    return HookReport(hook=name, report=Started(client=hook.id, push=push))


def _push(path: str) -> PushTold:
    app, _, stream = path.strip("/").rpartition("/")
    return PushTold(app=app or USUAL_APP, stream=stream)


_CONFIG = """\
# mediamtx.yml. MediaMTX does not tell the domain of a push: name one by --domain, or push with ?vhost=DOMAIN.
authMethod: http
authHTTPAddress: {url}/auth
authHTTPExclude:
  - action: read
  - action: playback
  - action: api
  - action: metrics
  - action: pprof

pathDefaults:
  runOnReady: curl -fsS --retry 5 --retry-all-errors -o /dev/null -d path=$MTX_PATH -d source_id=$MTX_SOURCE_ID {url}/ready
  runOnNotReady: curl -fsS --retry 5 --retry-all-errors -o /dev/null -d path=$MTX_PATH -d source_id=$MTX_SOURCE_ID {url}/gone

# So that Airhook can ask which streams are on:
api: yes
# airhook source set {name} --api-url http://127.0.0.1:9997
"""
