"""What pages load beside their HTML: our own style sheet and scripts, and those that ``make assets`` fetched.

Without the fetched ones the console works all the same: every page reads and every form is sent without a script, and
``plain.css`` stands in for Tabler.
"""

import functools
import gzip
import hashlib
import logging
import mimetypes
from http import HTTPStatus
from pathlib import Path

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

STATIC_DIR = Path(__file__).parent / "static"
OWN = ("console.css", "plain.css", "theme.js", "console.js", "charts.js", "icon.svg")
FETCHED = (
    "vendor/tabler.min.css",
    "vendor/htmx.min.js",
    "vendor/uplot.min.js",
    "vendor/uplot.min.css",
    "vendor/icons.svg",
)
SMALLEST_TO_PACK = 1024  # bytes; below, the header costs more than packing saves
FOREVER = "public, max-age=31536000, immutable"

log = logging.getLogger(__name__)


class Assets:
    """The files that pages may name, each by an address that changes with what the file holds."""

    def __init__(self, folder: Path = STATIC_DIR) -> None:
        self._folder = folder
        self.complete = all((folder / name).is_file() for name in FETCHED)
        names = (*OWN, *(FETCHED if self.complete else ()))
        self._digests = {
            name: hashlib.sha256((folder / name).read_bytes()).hexdigest()[:12] for name in names
        }
        if not self.complete:
            log.warning(
                "the console has its plain look, without Tabler and htmx: run `make assets` in the source folder"
            )

    def __getitem__(self, name: str) -> str:
        return f"/console/static/{name}?v={self._digests[name]}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer for a file. Mount it at ``/static``."""
        name = str(scope["path"])[len(scope.get("root_path", "")) :].lstrip("/")
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED)
        if name not in self._digests:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        await self._answer(name, scope)(scope, receive, send)

    def _answer(self, name: str, scope: Scope) -> Response:
        digest = self._digests[name]
        asked = Headers(scope=scope)
        packed = _packed(self._folder / name, digest)
        takes_packed = packed is not None and "gzip" in asked.get("accept-encoding", "")
        tag = f'"{digest}{"-gz" if takes_packed else ""}"'
        current = scope["query_string"] == f"v={digest}".encode()
        headers = {
            "ETag": tag,
            "Cache-Control": FOREVER if current else "no-cache",
            "Vary": "Accept-Encoding",
        }
        if asked.get("if-none-match") == tag:
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        if takes_packed:
            headers["Content-Encoding"] = "gzip"
        data = packed if packed is not None and takes_packed else _plain(self._folder / name, digest)
        return Response(data, headers=headers, media_type=mimetypes.guess_type(name)[0])


@functools.lru_cache(maxsize=32)
def _plain(path: Path, _digest: str) -> bytes:
    return path.read_bytes()


@functools.lru_cache(maxsize=32)
def _packed(path: Path, digest: str) -> bytes | None:
    data = _plain(path, digest)
    return gzip.compress(data, mtime=0) if len(data) >= SMALLEST_TO_PACK else None
