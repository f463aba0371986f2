"""Options of ``airhook template add`` and ``set`` that change how callbacks are repeated, signed and sent."""

import re
from pathlib import Path
from typing import Any

import click

from airhook.cli.shape import SectionOption
from airhook.control.template_options import OptionsForm
from airhook.core.delivery_options import DeliveryOptions, Profile, SignMode, generate_webhook_secret
from airhook.core.errors import InvalidError
from airhook.core.templates import CallbackTemplate

_UNITS_S = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_LENGTH = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)?\Z")

_REPEATING, _SIGNING, _SENDING = "Repeating", "Signing", "Sending"


def _option(section: str, *names: str, **attributes: Any) -> Any:
    return click.option(*names, cls=SectionOption, section=section, **attributes)


_OPTIONS = [
    _option(
        _REPEATING,
        "--profile",
        type=click.Choice([one.value for one in Profile]),
        help="css: as CSS, 200 alone succeeds. standard: about 3 days, any 2xx succeeds, Retry-After is heeded, 410 ends "
        "it. custom: your --delays, 200 alone succeeds.",
    ),
    _option(
        _REPEATING,
        "--delays",
        metavar="LIST",
        help="Waits before each retry, as 5s,1m,10m,2h; implies --profile custom.",
    ),
    _option(
        _SIGNING,
        "--sign-mode",
        type=click.Choice([one.value for one in SignMode]),
        help="fresh: each attempt has its own t. frozen: all have that of the first.",
    ),
    _option(
        _SIGNING,
        "--overlap",
        metavar="TIME",
        help="With a new key or secret: the old one goes on for so long, as 24h. 0 ends an overlap. A 401 or 403 is "
        "then followed by one request with the old key.",
    ),
    _option(
        _SIGNING,
        "--webhook-secret",
        metavar="SECRET",
        help="Adds the signature of Standard Webhooks: whsec_ and base64; '' adds none.",
    ),
    _option(_SIGNING, "--generate-webhook-secret", is_flag=True, help="Draw a webhook secret."),
    _option(
        _SENDING,
        "--header",
        "headers",
        metavar="NAME:VALUE",
        multiple=True,
        help="Sent with each callback; without a value it is removed; repeat it for more.",
    ),
    _option(
        _SENDING,
        "--ca",
        metavar="FILE",
        help="Certificates (PEM) to trust instead of the system's; '' goes back to those.",
    ),
    _option(
        _SENDING,
        "--client-cert",
        metavar="FILE",
        help="Certificate (PEM) to show to receivers; '' shows none.",
    ),
    _option(_SENDING, "--client-key", metavar="FILE", help="Its private key (PEM, not encrypted)."),
    _option(_SENDING, "--http2/--http1", default=None, help="Whether HTTP/2 is offered to https receivers."),
    _option(
        _SENDING,
        "--legacy-scores/--no-legacy-scores",
        default=None,
        help="Whether event 317 has the old score fields, too (normalScore, hotScore, pornScore, ...).",
    ),
]


def delivery_options(command: click.decorators.FC) -> click.decorators.FC:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def options_form(options: dict[str, Any]) -> OptionsForm:
    """The form that the options fill in. Raises ``InvalidError`` naming the option."""
    if options["generate_webhook_secret"] and options["webhook_secret"] is not None:
        raise click.UsageError("--webhook-secret and --generate-webhook-secret exclude each other")
    delays = options["delays"]
    secret = generate_webhook_secret() if options["generate_webhook_secret"] else options["webhook_secret"]
    without_cert = options["client_cert"] == "" and options["client_key"] is None
    profile = options["profile"] or (Profile.CUSTOM if delays else None)
    return OptionsForm(
        profile=Profile(profile) if profile else None,
        delays_s=None
        if delays is None
        else tuple(_seconds("--delays", one) for one in delays.split(",") if one),
        sign_mode=SignMode(options["sign_mode"]) if options["sign_mode"] else None,
        overlap_ms=None
        if options["overlap"] is None
        else round(_seconds("--overlap", options["overlap"]) * 1000),
        webhook_secret=secret,
        headers=dict(map(_header, options["headers"])),
        ca_pem=_text("--ca", options["ca"]),
        client_cert_pem=_text("--client-cert", options["client_cert"]),
        client_key_pem="" if without_cert else _text("--client-key", options["client_key"]),
        http2=options["http2"],
        legacy_scores=options["legacy_scores"],
    )


def shown(template: CallbackTemplate) -> list[str]:
    """What the list says of a template's options, in a few words each."""
    options = template.options or DeliveryOptions()
    words = {
        f"profile {options.profile}": options.profile is not Profile.CSS,
        "t of the first attempt": options.sign_mode is SignMode.FROZEN,
        "old key goes on": options.overlap_until_ms,
        "webhook signature": options.webhook_secret,
        f"headers {', '.join(name for name, _ in options.headers)}": options.headers,
        "own CA": options.ca_pem,
        "client certificate": options.client_cert_pem,
        "HTTP/2": options.http2,
        "old score fields": options.legacy_scores,
    }
    return [word for word, true in words.items() if true]


def _seconds(option: str, text: str) -> float:
    found = _LENGTH.match(text.strip())
    if not found:
        raise InvalidError(option, f"{text!r} is no length of time; give one as 30s, 5m, 2h or 1d")
    return float(found[1]) * _UNITS_S[found[2] or "s"]


def _header(item: str) -> tuple[str, str]:
    name, found, value = item.partition(":")
    if not found:
        raise InvalidError("--header", f"{item!r} is no NAME:VALUE")
    return name.strip(), value.strip(" \t")


def _text(option: str, file: str | None) -> str | None:
    if not file:
        return file
    try:
        return Path(file).read_text(encoding="ascii")
    except OSError as error:
        raise InvalidError(option, f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InvalidError(option, f"{file} is no PEM file") from None
