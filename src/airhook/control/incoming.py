"""Events as callers send them to ``/v1/events``: one object each, checked before anything is planned."""

import hashlib
import re

import msgspec

from airhook.control.complaints import MALFORMED, complaint
from airhook.control.event_data import SCHEMAS, facts_of, read_data
from airhook.control.when import milliseconds
from airhook.core.accounts import Account
from airhook.core.domains import normalize_domain
from airhook.core.errors import InvalidError
from airhook.core.events import EventType, Facts
from airhook.core.sessions import NodeIdentity
from airhook.core.streams import check_name

DIGEST_BYTES = 16

_ID = re.compile(r"[!-~]{1,128}\Z")
_SESSION_EVENT_ID = re.compile(r"[3-9][0-9]{18}-[01]\Z")


class Incoming(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One event of a request."""

    id: str  # the caller's, the same in every repeat
    domain: str
    app: str
    stream: str
    event_type: int
    occurred_at: int | float | str  # UNIX seconds or milliseconds, or RFC 3339
    data: msgspec.Raw


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """An event that obeys its schema. ``digest`` stands for its content: equal for repeats, whatever their layout."""

    id: str
    domain: str
    app: str
    stream: str
    event_type: EventType
    occurred_ms: int
    facts: Facts
    digest: bytes


_KINDS = {int(kind): kind for kind in SCHEMAS}
_decode = msgspec.json.Decoder(Incoming).decode
_encode = msgspec.json.Encoder().encode


def check(raw: bytes | msgspec.Raw, account: Account, node: NodeIdentity) -> Checked:
    """Raises ``InvalidError`` naming the field, what is wrong with it and what would be right."""
    try:
        sent = _decode(raw)
    except MALFORMED as error:
        raise complaint(error, Incoming) from None
    _check_id(sent.id)
    app, stream = check_name("app", sent.app), check_name("stream", sent.stream)
    occurred_ms = milliseconds(sent.occurred_at, "occurred_at")
    kind = _kind(sent.event_type)
    data = read_data(kind, sent.data, account.appid)
    domain = normalize_domain(sent.domain)
    content = _encode((domain, app, stream, kind, occurred_ms, data))
    return Checked(
        id=sent.id,
        domain=domain,
        app=app,
        stream=stream,
        event_type=kind,
        occurred_ms=occurred_ms,
        facts=facts_of(data, domain, app, stream, node),
        digest=hashlib.blake2b(content, digest_size=DIGEST_BYTES).digest(),
    )


def _check_id(text: str) -> None:
    if not _ID.match(text):
        raise InvalidError(
            "id", "must be 1 to 128 visible ASCII characters without spaces", rule="characters"
        )
    if _SESSION_EVENT_ID.match(text):
        raise InvalidError(
            "id",
            "has the form of the ids that Airhook gives to events of its own; put a word before it",
            rule="format",
        )


def _kind(event_type: int) -> EventType:
    kind = _KINDS.get(event_type)
    if kind is None:
        known = ", ".join(map(str, sorted(_KINDS)))
        raise InvalidError("event_type", f"{event_type} is none of {known}", rule="unknown")
    return kind
