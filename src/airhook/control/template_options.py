"""Filling in the options of a template: what is not named stays, what is empty is cleared, and old keys overlap."""

import msgspec

from airhook.core.delivery_options import DeliveryOptions, Profile, SignMode
from airhook.core.errors import InvalidError
from airhook.core.templates import CallbackTemplate

MAX_OVERLAP_MS = 30 * 86_400_000


class OptionsForm(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody filled in. None leaves a value as it is; an empty one clears it.

    ``headers`` are changed by name. ``overlap_ms``: a key or secret that is changed with it goes on for so long; 0 ends
    what overlaps now.
    """

    profile: Profile | None = None
    delays_s: tuple[float, ...] | None = None
    sign_mode: SignMode | None = None
    overlap_ms: int | None = None
    webhook_secret: str | None = None
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    ca_pem: str | None = None
    client_cert_pem: str | None = None
    client_key_pem: str | None = None
    http2: bool | None = None
    legacy_scores: bool | None = None


_PLAIN = (
    "profile",
    "delays_s",
    "sign_mode",
    "webhook_secret",
    "ca_pem",
    "client_cert_pem",
    "client_key_pem",
    "http2",
    "legacy_scores",
)


def fill(old: CallbackTemplate, key: str, form: OptionsForm, now_ms: int) -> DeliveryOptions | None:
    """The options of a template whose key becomes ``key``; None when nothing differs from CSS.

    Raises ``InvalidError`` for an overlap without anything that changes.
    """
    before = old.options or DeliveryOptions()
    given = {name: value for name in _PLAIN if (value := getattr(form, name)) is not None}
    if form.profile not in (None, Profile.CUSTOM) and form.delays_s is None:
        given["delays_s"] = ()
    given["headers"] = _headers(before.headers, form.headers)
    given.update(_overlaps(old, before, key, form, now_ms))
    after = msgspec.structs.replace(before, **given)
    return None if after == DeliveryOptions() else after


def _overlaps(
    old: CallbackTemplate, before: DeliveryOptions, key: str, form: OptionsForm, now_ms: int
) -> dict[str, object]:
    """What was in use until now goes on where an overlap is asked for; without one, nothing older does."""
    overlap_ms = form.overlap_ms or 0
    until_ms = now_ms + overlap_ms if overlap_ms else 0
    if not 0 <= overlap_ms <= MAX_OVERLAP_MS:
        raise InvalidError(
            "options.overlap", f"must be at most {MAX_OVERLAP_MS // 86_400_000} days", rule="range"
        )
    ends = form.overlap_ms == 0
    given: dict[str, object] = {}
    if key != old.callback_key or ends:
        kept = old.callback_key if until_ms and key else ""
        given.update(previous_key=kept, overlap_until_ms=until_ms if kept else 0)
    secret = before.webhook_secret if form.webhook_secret is None else form.webhook_secret
    if secret != before.webhook_secret or ends:
        kept = before.webhook_secret if until_ms and secret else ""
        given.update(previous_webhook_secret=kept, webhook_overlap_until_ms=until_ms if kept else 0)
    if overlap_ms and not (given.get("previous_key") or given.get("previous_webhook_secret")):
        raise InvalidError(
            "options.overlap", "needs a new key or secret in the same change, and an old one", rule="required"
        )
    return given


def _headers(before: tuple[tuple[str, str], ...], changes: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """The headers with those of the same name taken out, and the new ones that are not empty at the end."""
    changed = {name.lower() for name in changes}
    kept = [(name, value) for name, value in before if name.lower() not in changed]
    return (*kept, *((name, value) for name, value in changes.items() if value))
