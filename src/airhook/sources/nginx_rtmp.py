"""nginx with its RTMP module (``ngx_rtmp_notify_module``): forms, whose order tells the server's fields from the query.

The publisher's query follows the server's own fields in the same form, so a publisher can repeat every one of them.
Hence fields are read one after another in the order in which the module writes them, and what is left is the query.
"""

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from typing import ClassVar
from urllib.parse import quote, unquote

from airhook.core import reasons
from airhook.core.reasons import Reason
from airhook.core.sources import Source
from airhook.sources.adapter import ApiCall, PushPlace, ServerState, UnreadableError
from airhook.sources.domains import vhosts
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

_CONNECTION = ("app", "flashver", "swfurl", "tcurl", "pageurl", "addr")
_OF_CALL = {
    "publish": ("name", "type"),
    "publish_done": ("name",),
    "update_publish": ("time", "timestamp", "name"),
}
_PERIODIC = frozenset({"update_play"})
_INSTANCE = "/_definst_"
MAX_STATE_BYTES = 32 * 1024 * 1024

Fields = dict[str, str]


class NginxRtmp:
    """Implements ``Adapter``."""

    silence_s: ClassVar[int] = 30
    unique_clients: ClassVar[bool] = False  # a number that begins anew with the server
    replaces: ClassVar[bool] = False
    confirms: ClassVar[bool] = False

    def read(self, request: HookRequest) -> HookReport:
        text = request.query if request.method == "GET" else _text(request.body)
        fields, query = _fields(text)
        call = fields["call"]
        number = fields.get("clientid", "")
        client = client_name(number, fields["addr"]) if number else ""
        return HookReport(hook=f"on_{call}", report=_report(call, client, fields, query))

    def accept(self) -> HookAnswer:
        return HookAnswer()

    def refuse(self, reason: Reason) -> HookAnswer:
        return HookAnswer(status=403, body=reason.text.encode())

    def config(self, source: Source, base_url: str) -> str:
        url = base_url + source.hook_path
        update_s = _update_s(self.silence_s, source.silence_s)
        update = "" if source.api_url else _UPDATE.format(url=url)
        timeout = "" if source.api_url else f"    notify_update_timeout {update_s}s;\n"
        warning = _HTTPS if url.startswith("https:") else ""
        return warning + _CONFIG.format(url=url, update=update, timeout=timeout, name=source.name)

    def state_calls(self, source: Source) -> Sequence[ApiCall]:
        return [ApiCall(url=source.api_url)] if source.api_url else []

    def read_state(self, answers: Sequence[bytes]) -> ServerState:
        root = _xml(answers[0])
        pushes = [
            alive
            for application in root.iter("application")
            for stream in application.iter("stream")
            for alive in _publishers(application.findtext("name", ""), stream)
        ]
        return ServerState(pushes=pushes, run=root.findtext("pid", ""))

    def kick_calls(self, source: Source, client: str, push: PushPlace) -> Sequence[ApiCall]:  # noqa: ARG002
        """By ``rtmp_control`` beside ``rtmp_stat``: ``…/stat`` and ``…/control``."""
        if not source.api_url.endswith("/stat"):
            return []
        base = source.api_url.removesuffix("/stat")
        query = f"app={quote(push.app, safe='')}&name={quote(push.stream, safe='')}"
        return [ApiCall(url=f"{base}/control/drop/publisher?{query}")]


def client_name(number: str, address: str) -> str:
    """The number is only counted within a run of the server."""
    return f"{number}@{address}"


def _report(call: str, client: str, fields: Fields, query: str) -> Report:
    if call == "publish":
        return Started(client=client, push=_push(fields, query))
    if call == "update_publish":
        return Alive(client=client, push=_push(fields, query), media_ms=_number(fields, "timestamp"))
    if call == "publish_done":
        return Ended(client=client, reason=reasons.CLIENT_STOPPED)
    if call == "disconnect":
        return Disconnected(client=client)
    return Noted(client=client, periodic=call in _PERIODIC)


def _fields(text: str) -> tuple[Fields, str]:
    """The server's own fields, decoded, and the publisher's query as it was."""
    rest = text
    fields: Fields = {}
    for name in _CONNECTION:
        fields[name], rest = _take(name, rest)
    number = "epoch" if rest.startswith("epoch=") else "clientid"  # of a connection that has no number yet
    for name in (number, "call"):
        fields[name], rest = _take(name, rest)
    for name in _OF_CALL.get(fields["call"], ()):
        fields[name], rest = _take(name, rest)
    return fields, rest


def _take(name: str, rest: str) -> tuple[str, str]:
    first, _, rest = rest.partition("&")
    found, is_there, value = first.partition("=")
    if found != name or not is_there:
        raise MalformedHookError(f"the form has {found[:40]!r} where nginx-rtmp sends {name!r}")
    return unquote(value), rest


def _push(fields: Fields, query: str) -> PushTold:
    app, _, app_query = fields["app"].partition("?")
    _, _, url_query = fields["tcurl"].partition("?")
    return PushTold(
        app=app.strip("/").removesuffix(_INSTANCE),
        stream=fields["name"],
        stream_param=query or app_query or url_query,
        user_ip=fields["addr"],
        vhosts=vhosts(query, app_query, url_query, tc_url=fields["tcurl"]),
    )


def _number(fields: Fields, name: str) -> int:
    value = fields[name]
    if not value.isdecimal() or len(value) > 18:
        raise MalformedHookError(f"{name} is no number: {value[:40]!r}")
    return int(value)


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise MalformedHookError("the form is not UTF-8") from None


def _xml(answer: bytes) -> ET.Element:
    if len(answer) > MAX_STATE_BYTES or b"<!DOCTYPE" in answer[:1024] or b"<!ENTITY" in answer:
        raise UnreadableError("the answer is no list of streams of rtmp_stat")
    try:
        root = ET.fromstring(answer)  # noqa: S314 - without entities, which alone make it dangerous
    except ET.ParseError as error:
        raise UnreadableError(f"the answer is no XML: {error}") from None
    if root.tag != "rtmp":
        raise UnreadableError(f"the answer is <{root.tag}>, not the <rtmp> of rtmp_stat")
    return root


def _publishers(app: str, stream: ET.Element) -> list[Alive]:
    name = stream.findtext("name", "")
    return [
        Alive(
            client=client_name(client.findtext("id", ""), client.findtext("address", "")),
            push=PushTold(app=app, stream=name, user_ip=client.findtext("address", "")),
            media_ms=_whole(client, "timestamp"),
            bytes=_whole(stream, "bytes_in"),
            width=_whole(stream, "meta/video/width") or 0,
            height=_whole(stream, "meta/video/height") or 0,
        )
        for client in stream.iter("client")
        if client.find("publishing") is not None
    ]


def _whole(element: ET.Element, path: str) -> int | None:
    text = element.findtext(path, "")
    return int(text) if text.isdecimal() and len(text) <= 18 else None


def _update_s(usual_s: int, chosen_s: int | None) -> int:
    """Three updates may be lost before a push is taken for dead."""
    return min(5, max(1, (chosen_s or usual_s) // 3))


_HTTPS = """\
# nginx-rtmp CANNOT CALL https: let this text be printed with the http address by which it reaches Airhook, as by
# airhook source config NAME --base-url http://10.0.0.2:8080
"""
_UPDATE = """\
      # While Airhook does not answer, nginx-rtmp ends a push at its next update. With rtmp_stat (below) none is needed.
      on_update {url};
"""
_CONFIG = """\
# nginx.conf. nginx-rtmp calls http addresses only.
rtmp {{
  server {{
    listen 1935;
    notify_method post;
{timeout}    on_disconnect {url};

    application live {{
      live on;
      on_publish {url};
      on_publish_done {url};
{update}    }}
  }}
}}

# So that Airhook can ask which streams are on, in the http block:
#   server {{
#     listen 127.0.0.1:8099;
#     location /stat {{ rtmp_stat all; }}
#     location /control {{ rtmp_control all; }}
#   }}
# and tell it so: airhook source set {name} --api-url http://127.0.0.1:8099/stat
"""
