"""Hooks as programs outside see them. Ids are texts, times UNIX milliseconds."""

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
