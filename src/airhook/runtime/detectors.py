"""Who judges pictures, by the settings."""

from typing import Literal, cast

from msgspec.structs import replace

from airhook.config import Settings
from airhook.core.clock import Clock
from airhook.core.errors import ConfigError
from airhook.core.ports import AddressPolicy
from airhook.delivery.single import SinglePost
from airhook.media.detector.service import Service
from airhook.media.protocol import AuditSpec


def audit_spec(settings: Settings) -> AuditSpec:
    audit = settings.media.audit
    return AuditSpec(
        detector=cast("Literal['open_nsfw', 'http']", audit.detector),
        block=audit.block,
        review=audit.review,
        review_hot=audit.review_hot,
        send_pass=audit.send_pass,
    )


def audit_specs(settings: Settings) -> dict[int, AuditSpec]:
    """Of the snapshot templates that have thresholds of their own."""
    usual = audit_spec(settings)
    return {
        template_id: replace(usual, block=scores.block, review=scores.review, review_hot=scores.review_hot)
        for template_id, scores in settings.media.audit.templates.items()
    }


def detectors(settings: Settings, policy: AddressPolicy, clock: Clock) -> dict[str, Service]:
    """Those that are asked from the node's process; the built-in one works in media workers.

    Raises ``ConfigError``.
    """
    audit = settings.media.audit
    if audit.detector != "http":
        return {}
    if not audit.url:
        raise ConfigError("media.audit.url is empty; media.audit.detector = http needs it")
    post = SinglePost(policy, clock, proxy=settings.delivery.proxy)
    return {"http": Service(post, audit.url, audit.token, audit.timeout_s)}
