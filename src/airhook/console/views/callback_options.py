"""The delivery options of a callback template as fields of its form (``core.delivery_options``)."""

import re

from airhook.console.forms import Form
from airhook.control.template_options import OptionsForm
from airhook.core.delivery_options import DeliveryOptions, Profile, SignMode
from airhook.core.errors import InvalidError
from airhook.core.templates import CallbackTemplate

HOUR_MS = 3_600_000

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_DELAY = re.compile(r"(\d{1,8}(?:\.\d{1,3})?)([smhd]?)", re.ASCII)


def options_shown(
    options: DeliveryOptions | None, *, with_certificate: bool = True
) -> dict[str, str | list[str]]:
    """Values of the fields. A private key is never shown; an empty field keeps it."""
    now = options or DeliveryOptions()
    return {
        "profile": now.profile.value,
        "delays_s": delays_text(now),
        "sign_mode": now.sign_mode.value,
        "webhook_secret": now.webhook_secret,
        "headers": "\n".join(f"{header}: {value}" for header, value in now.headers),
        "ca_pem": now.ca_pem,
        "client_cert_pem": now.client_cert_pem if with_certificate else "",
        "http2": ["on"] if now.http2 else [],
        "legacy_scores": ["on"] if now.legacy_scores else [],
    }


def delays_text(options: DeliveryOptions) -> str:
    return ", ".join(map(_delay_text, options.delays_s))


def _delay_text(seconds: float) -> str:
    """In the largest unit of which it is a whole number."""
    for unit in ("d", "h", "m"):
        if seconds and seconds % _UNITS[unit] == 0:
            return f"{seconds / _UNITS[unit]:g}{unit}"
    return f"{seconds:g}s"


def options_of(form: Form, old: CallbackTemplate | None) -> OptionsForm:
    """What the form wants. Raises ``InvalidError`` for what cannot be read.

    None of the headers that were there before stays unless the form has it.
    """
    before = (old.options if old else None) or DeliveryOptions()
    cert, key = form.value("client_cert_pem"), form.value("client_key_pem")
    return OptionsForm(
        profile=_profile(form.value("profile")),
        delays_s=_delays(form.value("delays_s")) if form.value("profile") == Profile.CUSTOM else None,
        sign_mode=SignMode.FROZEN if form.value("sign_mode") == SignMode.FROZEN else SignMode.FRESH,
        overlap_ms=_hours(form.value("overlap_hours")),
        webhook_secret=form.value("webhook_secret"),
        headers={**{name: "" for name, _ in before.headers}, **_headers(form.value("headers"))},
        ca_pem=_pem(form.value("ca_pem")),
        client_cert_pem=_pem(cert),
        client_key_pem=_pem(key) if key or not cert else None,
        http2=form.has("http2"),
        legacy_scores=form.has("legacy_scores"),
    )


def _profile(text: str) -> Profile:
    try:
        return Profile(text or Profile.CSS)
    except ValueError:
        raise InvalidError("profile", f"{text!r} is none of the choices", rule="unknown") from None


def _delays(text: str) -> tuple[float, ...]:
    """``5, 90`` or ``5s, 1.5m``: seconds unless a unit is named."""
    found = [_DELAY.fullmatch(part) for part in text.replace(",", " ").split()]
    if not all(found):
        raise InvalidError("delays_s", "must be such as 5s, 1m, 10m, 2h", rule="format")
    return tuple(float(one[1]) * _UNITS[one[2]] for one in found if one)


def _hours(text: str) -> int | None:
    """Nothing filled in leaves an overlap that is under way as it is."""
    if not text:
        return None
    if not text.isdecimal() or len(text) > 4:
        raise InvalidError("overlap_hours", "must be a whole number of hours", rule="format")
    return int(text) * HOUR_MS


def _headers(text: str) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, colon, value = line.partition(":")
        if not colon or not value.strip():
            raise InvalidError("headers", f"{line!r} is not of the form Name: value", rule="format")
        headers[name.strip()] = value.strip()
    return headers


def _pem(text: str) -> str:
    """Browsers send lines with CR LF."""
    return text.replace("\r\n", "\n") + "\n" if text else ""
