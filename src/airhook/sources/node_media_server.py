"""Node-Media-Server 4 (``notify.url``): JSON with an ``action``; anything but 200 closes the session.

Releases before 4.4 send ``postPublish`` twice instead of ``prePublish`` and ``postPublish``. ``donePublish`` comes half a
minute after the end, with the true time; a publisher of a stream that is taken is told of as a player (``donePlay``).
"""

from collections.abc import Sequence
from typing import Any, ClassVar
from urllib.parse import urlencode

import msgspec

from airhook.core import reasons
from airhook.core.reasons import Reason
from airhook.core.sources import Source
from airhook.sources.adapter import ApiCall, PushPlace, ServerState, UnreadableError
from airhook.sources.domains import vhosts
from airhook.sources.forms import json_body, read_hook
from airhook.sources.reports import (
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


class _Hook(msgspec.Struct):
    action: str
    id: str
    ip: str = ""
    app: str = ""
    name: str = ""
    query: dict[str, Any] = {}
    createtime: int = 0
    endtime: int = 0
    inbytes: int = 0


class NodeMediaServer:
    """Implements ``Adapter``."""

    silence_s: ClassVar[int] = 0
    unique_clients: ClassVar[bool] = True
    replaces: ClassVar[bool] = False
    confirms: ClassVar[bool] = False

    def read(self, request: HookRequest) -> HookReport:
        hook = read_hook(request.body, _Hook)
        if not hook.id:
            raise MalformedHookError(f"{hook.action} has no id")
        return HookReport(hook=hook.action, report=_report(hook))

    def accept(self) -> HookAnswer:
        return HookAnswer(body=json_body(code=0), content_type="application/json")

    def refuse(self, reason: Reason) -> HookAnswer:
        body = json_body(code=reason.errcode, msg=reason.text)
        return HookAnswer(status=403, body=body, content_type="application/json")

    def config(self, source: Source, base_url: str) -> str:
        return _CONFIG.format(url=base_url + source.hook_path)

    def state_calls(self, source: Source) -> Sequence[ApiCall]:  # noqa: ARG002
        return []

    def read_state(self, answers: Sequence[bytes]) -> ServerState:  # noqa: ARG002
        raise UnreadableError("Node-Media-Server is not asked")

    def kick_calls(self, source: Source, client: str, push: PushPlace) -> Sequence[ApiCall]:  # noqa: ARG002
        return []


def _report(hook: _Hook) -> Report:
    if hook.action in ("prePublish", "postPublish"):
        return Started(client=hook.id, push=_push(hook), announced=hook.action == "postPublish")
    if hook.action == "donePublish":
        duration_ms = hook.endtime - hook.createtime if hook.endtime and hook.createtime else None
        return Ended(
            client=hook.id, reason=reasons.CLIENT_STOPPED, duration_ms=duration_ms, bytes=hook.inbytes
        )
    if hook.action == "donePlay":
        return Disconnected(client=hook.id)
    return Noted(client=hook.id)


def _push(hook: _Hook) -> PushTold:
    query = urlencode(hook.query, doseq=True)
    return PushTold(
        app=hook.app,
        stream=hook.name,
        stream_param=query,
        user_ip=_address(hook.ip),
        vhosts=vhosts(query),
    )


def _address(text: str) -> str:
    """Without the port."""
    host, _, port = text.rpartition(":")
    return host.strip("[]") if host and port.isdecimal() else text


_CONFIG = """\
# bin/config.json (Node-Media-Server 4): these keys beside the others.
# It does not tell the domain of a push: name one by --domain, or push with ?vhost=DOMAIN.
# It repeats no lost hook and has nothing to be asked: a push whose stop is lost stays on until its stream is pushed again.
{{
  "notify": {{
    "url": "{url}"
  }}
}}
"""
