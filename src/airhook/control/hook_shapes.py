"""Hooks as programs outside see them. Ids are texts, times UNIX milliseconds."""

import json
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from airhook.core.hooks import HookOutcome, HookRecord


class ShownHook(msgspec.Struct, frozen=True, kw_only=True):
    """One request of a media server, and what was made of it; of periodic ones the last, and how many there were."""

    id: str
    source_id: str
    session_id: str | None
    hook: str
    at: int  # of the first
    last_at: int
    count: int
    remote: str
    outcome: HookOutcome
    detail: str
    request: str


def shown_hook(hook: HookRecord) -> ShownHook:
    return ShownHook(
        id=str(hook.id),
        source_id=hook.source_id,
        session_id=str(hook.session_id) if hook.session_id else None,
        hook=hook.hook,
        at=hook.at_ms,
        last_at=hook.last_ms,
        count=hook.count,
        remote=hook.remote,
        outcome=hook.outcome,
        detail=hook.detail,
        request=hook.request.decode(errors="replace"),
    )


def hook_fields(hook: HookRecord) -> list[tuple[str, str]]:
    """What a hook says, name by name: its query, then its body, be that a form or JSON.

    What is neither, such as a body that was cut off, is one field without a name.
    """
    head, _, body = hook.request.decode(errors="replace").partition("\n\n")
    return _of_form(head.partition("?")[2]) + _of_body(body.strip())


def _of_body(text: str) -> list[tuple[str, str]]:
    if not text.startswith("{"):
        return _of_form(text)
    try:
        said: dict[str, Any] = json.loads(text)
    except ValueError:
        return [("", text)]
    return [
        (name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for name, value in said.items()
    ]


def _of_form(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True)
    except ValueError:
        return [("", text)]
