"""What a push URL names: domain, app, stream and query, however an encoder splits the URL.

A URL ``rtmp://DOMAIN/APP/STREAM?QUERY`` reaches us in three texts: ``tcUrl`` (with the host), ``app`` and the
stream's name. Where the user typed a query decides which of them carries it. The rules:

- the query is the stream's if it has one, else the app's, else tcUrl's; it is kept as it came, ``vhost`` included;
- the domain is the first ``vhost`` in the stream's, the app's or tcUrl's query (how people push to an address),
  else the host of tcUrl; lower case, without port, brackets and final dot;
- slashes around app and stream are no part of them, nor is the default instance ``/_definst_`` of an app.

Whether the names are good is judged by the sessions, not here.
"""

import re
from typing import NamedTuple
from urllib.parse import parse_qsl

from airhook.core.domains import normalize_domain
from airhook.ingest.errors import ContentError

MAX_QUERY_LENGTH = 4096  # characters; it is kept with the session and sent in every callback
MAX_NAME_LENGTH = 512  # characters; far above what the sessions let in

_HOST = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?@]*@)?(\[[^\]/?]*\]|[^/?:]*)")
_PORT = re.compile(r":\d*\Z")
_INSTANCE = "/_definst_"


class PushAddress(NamedTuple):
    domain: str
    app: str
    stream: str
    stream_param: str


def push_address(tc_url: str, app: str, stream: str) -> PushAddress:
    """Read the three texts of a publish. Raises ``ContentError`` when one is longer than any real one."""
    tc_url, app, stream = map(_storable, (tc_url, app, stream))
    app_name, app_query = _split(app)
    stream_name, stream_query = _split(stream)
    _, url_query = _split(tc_url)
    queries = (stream_query, app_query, url_query)
    address = PushAddress(
        domain=_vhost(queries) or _host(tc_url),
        app=app_name.removesuffix(_INSTANCE),
        stream=stream_name,
        stream_param=next(filter(None, queries), ""),
    )
    if len(address.stream_param) > MAX_QUERY_LENGTH:
        raise ContentError(f"the push URL's query is longer than {MAX_QUERY_LENGTH} characters")
    if max(map(len, address[:3])) > MAX_NAME_LENGTH:
        raise ContentError(f"domain, app or stream is longer than {MAX_NAME_LENGTH} characters")
    return address


def _storable(text: str) -> str:
    """No database keeps NUL, so it becomes a replacement character."""
    return text.replace("\0", "\ufffd")


def _split(text: str) -> tuple[str, str]:
    """Name and query."""
    name, _, query = text.strip("/").partition("?")
    return name.strip("/"), query


def _vhost(queries: tuple[str, ...]) -> str:
    for query in queries:
        for key, value in parse_qsl(query):
            if key == "vhost":
                return normalize_domain(_PORT.sub("", value))
    return ""


def _host(tc_url: str) -> str:
    found = _HOST.match(tc_url)
    return normalize_domain(found[1].strip("[]")) if found else ""
