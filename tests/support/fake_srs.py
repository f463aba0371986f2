"""A media server that behaves as SRS does: it sends each hook once, refuses when it is not answered, and has an API.

Real SRS is in no Debian package; what it sends is written after its documentation (``hook_requests``).
"""

import http.server
import itertools
import json
import threading
import urllib.error
import urllib.request
from typing import Any, Self

from airhook.sources.reports import HookRequest
from support.hook_requests import DOMAIN, srs

ANSWER_WITHIN_S = 5


class FakeSrs:
    """A context manager. ``on`` are the streams it has, by the client's id; ``told`` those that were let in."""

    def __init__(self) -> None:
        self.on: dict[str, str] = {}
        self.told: set[str] = set()
        self.lost = 0  # hooks that nobody took
        self.hook_url = ""
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._api = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._api.serve_forever, name="fake-srs", daemon=True)

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self._api.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._api.shutdown()
        self._api.server_close()
        self._thread.join(10)

    def publish(self, stream: str) -> str | None:
        """Somebody begins to push; the client's id when the server let it in."""
        client = f"client{next(self._numbers)}"
        if not self._send(srs("on_publish", client, stream=stream)):
            return None
        with self._lock:
            self.on[client] = stream
            self.told.add(stream)
        return client

    def unpublish(self, client: str) -> None:
        with self._lock:
            stream = self.on.pop(client)
        self._send(srs("on_unpublish", client, stream=stream))
        self._send(srs("on_close", client))

    def _send(self, hook: HookRequest) -> bool:
        request = urllib.request.Request(self.hook_url, hook.body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_WITHIN_S) as answer:
                return bool(json.loads(answer.read()) == {"code": 0})
        except (OSError, ValueError):
            self.lost += 1
            return False

    def _streams(self) -> list[dict[str, Any]]:
        with self._lock:
            return [
                {
                    "name": stream,
                    "app": "live",
                    "tcUrl": f"rtmp://{DOMAIN}/live",
                    "recv_bytes": next(self._numbers),
                    "publish": {"active": True, "cid": client},
                    "video": {"codec": "H264", "width": 1280, "height": 720},
                }
                for client, stream in self.on.items()
            ]

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps({"code": 0, "pid": "1", "service": "s", "streams": server._streams()})
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: Any) -> None:
                return

        return Handler
