"""Who may push: the domain, the names, the push authentication and orders about the stream, judged by the snapshot
(contract 2.2, 4.8).
"""

import ipaddress

from airhook.core import reasons
from airhook.core.domains import Domain, check_domain_name, check_push_auth, normalize_domain
from airhook.core.errors import InvalidError
from airhook.core.reasons import Reason
from airhook.core.sessions import NewPush
from airhook.core.snapshot import Snapshot
from airhook.core.streams import StreamKey, is_name

_PUSH = 0


def judge(snapshot: Snapshot, push: NewPush, now_ms: int) -> Domain | Reason:
    """The push domain that lets the publisher in, or the CSS reason (errcode 18) why it may not push."""
    domain = snapshot.domains.get(normalize_domain(push.domain))
    if domain is None or domain.domain_type != _PUSH:
        return _unknown_domain(push.domain)
    if not domain.enabled:
        return reasons.DOMAIN_DISABLED
    if not is_name(push.app):
        return reasons.APP_NAME_ILLEGAL
    if not is_name(push.stream):
        return reasons.STREAM_NAME_ILLEGAL
    if reason := check_push_auth(domain, push.stream, push.stream_param, now_ms):
        return reason
    key = StreamKey(domain.account_id, domain.name, push.app, push.stream)
    return reasons.STREAM_BANNED if snapshot.forbids(key, now_ms) else domain


def _unknown_domain(name: str) -> Reason:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        pass
    else:
        return reasons.IP_NOT_ALLOWED
    try:
        check_domain_name(name)
    except InvalidError:
        return reasons.DOMAIN_ILLEGAL
    return reasons.DOMAIN_UNKNOWN
