"""Which push domain a push on a media server belongs to."""

import re
from collections.abc import Callable
from urllib.parse import parse_qsl

from airhook.core.domains import normalize_domain
from airhook.core.sources import DomainRule, Source
from airhook.sources.reports import PushTold

_HOST = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?@]*@)?(\[[^\]/?]*\]|[^/?:]*)")
_PORT = re.compile(r":\d*\Z")
_NO_VHOST = frozenset({"", "__defaultvhost__"})


def push_domain(source: Source, push: PushTold, known: Callable[[str], bool]) -> str:
    """The domain by the source's rule; "" when nothing names one.

    ``known`` tells the push domains of the source's account. Of what the push names the first known one counts, then the
    source's own domain, then the first one whatever it is, so that the refusal can say which domain is not known.
    """
    if source.domain_rule is DomainRule.FIXED:
        return source.domain
    named = [name for name in map(clean, push.vhosts) if name not in _NO_VHOST]
    return next(filter(known, named), "") or source.domain or next(iter(named), "")


def vhosts(*queries: str, vhost: str = "", tc_url: str = "") -> tuple[str, ...]:
    """What may name the domain, the best one first: ``vhost`` in a query, the server's own vhost, the host of tcUrl."""
    queried = (value for query in queries for key, value in parse_qsl(query) if key == "vhost")
    found = (*queried, vhost, host_of(tc_url))
    return tuple(dict.fromkeys(name for name in map(clean, found) if name not in _NO_VHOST))


def host_of(tc_url: str) -> str:
    found = _HOST.match(tc_url)
    return found[1].strip("[]") if found else ""


def clean(host: str) -> str:
    """A host as domains are compared: lower case, without port and final dot."""
    return normalize_domain(_PORT.sub("", host))
