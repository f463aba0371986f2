"""``/media/...``: recordings and pictures, for whoever holds a signed link (design 8). No cookie and no key is read.

A playlist's link covers the files beside it. Files of this machine are sent with ranges; of a bucket's objects the
reader is told a URL that is good for some minutes; only playlists are read from there.
"""

import asyncio
import logging
from pathlib import Path
from typing import Literal, Protocol
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from airhook.media.store.base import UNKNOWN_TYPE, Key, StoreError, content_type_of
from airhook.media.store.links import PREFIX
from airhook.web.faults import error

PATH = PREFIX + "/{account}/{token}/{path:path}"
MAX_ACCOUNT_DIGITS = 19

log = logging.getLogger("airhook.web")

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",  # the link is the permission; a player on another site may use it
    "Cache-Control": "private, max-age=3600",
    "Referrer-Policy": "no-referrer",
}


class Judge(Protocol):
    def judge(self, key: Key, token: str) -> Literal["good", "expired", "bad"]: ...


class Finder(Protocol):
    def find(self, key: Key) -> Path | str | bytes | None: ...


def media_route(links: Judge, store: Finder) -> Route:
    async def media(request: Request) -> Response:
        params = request.path_params
        account = params["account"]
        if not (account.isascii() and account.isdecimal() and len(account) <= MAX_ACCOUNT_DIGITS):
            return _nothing()
        key = Key(int(account), params["path"])
        verdict = links.judge(key, params["token"])
        if verdict == "bad":
            return _nothing()
        if verdict == "expired":
            return error(
                410, "link_expired", "the link has expired; ask whoever gave it to you for a new one"
            )
        try:
            found = await asyncio.to_thread(store.find, key)
        except StoreError as fault:
            log.warning("a media link leads nowhere now: %s", fault)
            return error(503, "store_unavailable", "the store of this file is away; try again later")
        return _nothing() if found is None else _answer(found, key)

    return Route(PATH, media, methods=["GET", "HEAD"])


def _nothing() -> Response:
    """The same for what is not there and for what is another's."""
    return error(404, "not_found", "there is no such file, or the link to it is not valid")


def _answer(found: Path | str | bytes, key: Key) -> Response:
    if isinstance(found, str):
        return RedirectResponse(found, 302, headers={**HEADERS, "Cache-Control": "no-store"})
    kind = content_type_of(key.path)
    name = key.path.rpartition("/")[2]
    # What is no picture and no video is never shown in a browser.
    manner = "attachment" if kind == UNKNOWN_TYPE else "inline"
    headers = {**HEADERS, "Content-Disposition": f"{manner}; filename*=UTF-8''{quote(name, safe='')}"}
    if isinstance(found, bytes):
        return Response(found, media_type=kind, headers=headers)
    return FileResponse(found, media_type=kind, headers=headers)
