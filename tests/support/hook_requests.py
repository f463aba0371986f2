"""Requests as media servers send them, written after their documentation."""

import json
from typing import Any

from airhook.sources.reports import HookRequest

DOMAIN = "push.example.com"


def posted(event: str = "", **body: Any) -> HookRequest:
    return HookRequest(
        method="POST", event=event, query="", body=json.dumps(body).encode(), content_type="application/json"
    )


def srs(action: str, client_id: str = "9308h583", **more: Any) -> HookRequest:
    common = {
        "server_id": "vid-0xk989d", "service_id": "382a5d0x", "action": action, "client_id": client_id,
        "ip": "203.0.113.25", "vhost": "__defaultVhost__", "app": "live", "tcUrl": f"rtmp://{DOMAIN}:1935/live",
    }  # fmt: skip
    of_stream = {
        "stream": "room1001",
        "param": "?a=1",
        "stream_url": "/live/room1001",
        "stream_id": "vid-124q9y3",
    }
    return posted(**(common | ({} if action in ("on_connect", "on_close") else of_stream) | more))


def zlm(hook: str, **more: Any) -> HookRequest:
    stream = {"mediaServerId": "zlm-1", "hook_index": 1, "app": "live", "stream": "room1001", "vhost": DOMAIN}
    return posted(hook, **(stream | more))


def zlm_publish(client: str = "140186529001776-42", **more: Any) -> HookRequest:
    return zlm(
        "on_publish", id=client, ip="203.0.113.25", port=53000, params="a=1", schema="rtmp", originType=1,
        originTypeStr="rtmp_push", **more,
    )  # fmt: skip


def zlm_there(client: str = "140186529001776-42", schema: str = "rtmp", **more: Any) -> HookRequest:
    whole = {
        "regist": True, "schema": schema, "originType": 1, "originTypeStr": "rtmp_push", "aliveSecond": 0,
        "createStamp": 1768477801, "originSock": {"identifier": client, "peer_ip": "203.0.113.25", "peer_port": 53000},
        "tracks": [
            {"codec_id": 0, "codec_type": 0, "width": 1280, "height": 720, "fps": 25},
            {"codec_id": 2, "codec_type": 1, "channels": 2, "sample_rate": 44100},
        ],
    }  # fmt: skip
    return zlm("on_stream_changed", **(whole | more))


def zlm_gone(schema: str = "rtmp") -> HookRequest:
    return zlm("on_stream_changed", regist=False, schema=schema)


def zlm_flow(client: str = "140186529001776-42", *, player: bool = False) -> HookRequest:
    return zlm(
        "on_flow_report", id=client, ip="203.0.113.25", params="a=1", player=player, duration=6,
        totalBytes=1500000, schema="rtmp",
    )  # fmt: skip


def mtx_auth(client: str = "e0f1-1", action: str = "publish", path: str = "live/room1001") -> HookRequest:
    return posted(
        "auth", user="", password="", token="", ip="203.0.113.25", action=action, path=path, protocol="rtmp",
        id=client, query=f"a=1&vhost={DOMAIN}", userAgent="",
    )  # fmt: skip


def mtx_command(event: str, client: str = "e0f1-1", path: str = "live/room1001") -> HookRequest:
    body = f"path={path}&source_id={client}".encode()
    return HookRequest(method="POST", event=event, query="", body=body)
