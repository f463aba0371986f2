"""``/v1/templates/…``: how a template's callbacks are repeated, signed and sent. Secrets are taken, never given back;
one that is made here is told this once.
"""

from collections.abc import Awaitable
from typing import TypeVar

import msgspec

from airhook.control import config_shapes, templates
from airhook.control.config_shapes import ShownTemplate
from airhook.control.template_options import OptionsForm
from airhook.control.templates import TemplateForm
from airhook.core.delivery_options import Profile, SignMode, generate_webhook_secret
from airhook.core.errors import InvalidError
from airhook.web.v1.operations import Call, Operation

T = TypeVar("T")

PATH = "/v1/templates/{template}"


class TemplateOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is absent or null stays as it is; what is empty is cleared. ``headers`` are changed by name.

    ``overlap_s``: a secret that is changed with it goes on signing for so long; 0 ends what overlaps now.
    """

    ordered: bool | None = None
    profile: Profile | None = None
    delays_s: tuple[float, ...] | None = None
    sign_mode: SignMode | None = None
    overlap_s: int | None = None
    webhook_secret: str | None = None
    headers: dict[str, str] | None = None
    ca_pem: str | None = None
    client_cert_pem: str | None = None
    client_key_pem: str | None = None
    http2: bool | None = None
    legacy_scores: bool | None = None


class SecretRotation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For how many seconds the secret that is in use until now signs too."""

    overlap_s: int | None = None


class NewSecret(msgspec.Struct, frozen=True, kw_only=True):
    """``overlap_until``: UNIX milliseconds until which the old one signs too; null: it does not."""

    webhook_secret: str
    overlap_until: int | None


async def change(call: Call) -> ShownTemplate:
    asked: TemplateOptions = call.read(TemplateOptions)
    given = {name: value for name, value in msgspec.structs.asdict(asked).items() if value is not None}
    ordered = given.pop("ordered", None)
    overlap_ms = _ms(given.pop("overlap_s", None))
    form = TemplateForm(ordered=ordered, options=OptionsForm(**given, overlap_ms=overlap_ms))
    changed = templates.change(call.desk, call.account_id, call.number("template"), form)
    return config_shapes.template(await _in_our_words(changed))


async def rotate(call: Call) -> NewSecret:
    asked: SecretRotation = call.read(SecretRotation)
    secret = generate_webhook_secret()
    form = TemplateForm(options=OptionsForm(webhook_secret=secret, overlap_ms=_ms(asked.overlap_s)))
    changed = await _in_our_words(templates.change(call.desk, call.account_id, call.number("template"), form))
    shown = config_shapes.options(changed)
    return NewSecret(webhook_secret=secret, overlap_until=shown.webhook_overlap_until)


def _ms(seconds: int | None) -> int | None:
    return None if seconds is None else seconds * 1000


async def _in_our_words(changed: Awaitable[T]) -> T:
    """What is wrong with an option is told by its name here."""
    try:
        return await changed
    except InvalidError as error:
        field = error.field.removeprefix("options.")
        name = "overlap_s" if field == "overlap" else field
        raise InvalidError(name, error.reason, rule=error.rule) from None


OPERATIONS = (
    Operation(
        method="PATCH",
        path=PATH,
        name="changeTemplateOptions",
        summary="Change how a callback template's callbacks are repeated, signed and sent",
        act=change,
        body=TemplateOptions,
        answer=ShownTemplate,
        refusals=(400, 404),
    ),
    Operation(
        method="POST",
        path=f"{PATH}/webhook-secret",
        name="rotateWebhookSecret",
        summary="Make a new Standard Webhooks secret, which is told this once; the old one may overlap",
        act=rotate,
        body=SecretRotation,
        answer=NewSecret,
        refusals=(400, 404),
    ),
)
