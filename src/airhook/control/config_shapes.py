"""Configuration as programs outside see it, in ``/v1``. Keys, secrets and the values of headers are never in it.

Times are milliseconds since the UNIX epoch, UTC.
"""

import msgspec

from airhook.core.delivery_options import DeliveryOptions, Profile, SignMode
from airhook.core.destinations import DestinationRow, HealthState
from airhook.core.domains import Domain
from airhook.core.media_rules import MediaRule
from airhook.core.record_templates import RecordParam, RecordTemplate
from airhook.core.rules import CallbackRule
from airhook.core.snapshot_templates import SnapshotTemplate
from airhook.core.templates import CallbackTemplate


class ShownOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a template's callbacks are repeated, signed and sent. Of what is secret: whether it is there."""

    profile: Profile
    delays_s: list[float]
    sign_mode: SignMode
    key_overlap_until: int | None  # null: no older key counts
    webhook_secret: bool
    webhook_overlap_until: int | None
    headers: list[str]  # their names
    ca: bool
    client_certificate: bool
    http2: bool
    legacy_scores: bool


class ShownTemplate(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    name: str
    description: str
    urls: dict[str, str]  # event type -> URL
    callback_key: bool
    record_exception_levels: list[str]
    ordered: bool
    options: ShownOptions
    created_at: int
    updated_at: int


class ShownRule(msgspec.Struct, frozen=True, kw_only=True):
    """``kind`` is callback, record or snapshot. An empty app or stream means every one."""

    kind: str
    domain: str
    app: str
    stream: str
    template_id: int
    created_at: int


class ShownDomain(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    type: str  # push, playback
    enabled: bool
    authentication: bool
    auth_delta_s: int
    reconnect_window_s: int
    created_at: int


class ShownFormat(msgspec.Struct, frozen=True, kw_only=True):
    interval_s: int
    storage_s: int
    file_name: str


class ShownRecordTemplate(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    name: str
    description: str
    formats: dict[str, ShownFormat]  # those that are recorded
    hls_continue_s: int
    created_at: int
    updated_at: int


class ShownAudit(msgspec.Struct, frozen=True, kw_only=True):
    """Scores from which on; 101: never; null: what the server's settings say."""

    block: int | None
    review: int | None
    review_hot: int | None
    send_pass: bool | None


class ShownSnapshotTemplate(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    name: str
    description: str
    interval_s: int
    width: int
    height: int
    audit: bool
    audit_options: ShownAudit
    prefix: str
    file_name: str
    created_at: int
    updated_at: int


class ShownDestination(msgspec.Struct, frozen=True, kw_only=True):
    """``rate_limit``: requests a second; null: as many as it takes."""

    url: str
    state: HealthState
    since: int
    last_error: str | None
    last_success_at: int | None
    paused: bool
    rate_limit: float | None


def options(template: CallbackTemplate) -> ShownOptions:
    held = template.options or DeliveryOptions()
    return ShownOptions(
        profile=held.profile,
        delays_s=list(held.delays_s),
        sign_mode=held.sign_mode,
        key_overlap_until=held.overlap_until_ms or None,
        webhook_secret=bool(held.webhook_secret),
        webhook_overlap_until=held.webhook_overlap_until_ms or None,
        headers=[name for name, _ in held.headers],
        ca=bool(held.ca_pem),
        client_certificate=bool(held.client_cert_pem),
        http2=held.http2,
        legacy_scores=held.legacy_scores,
    )


def template(one: CallbackTemplate) -> ShownTemplate:
    return ShownTemplate(
        id=one.id,
        name=one.name,
        description=one.description,
        urls={str(kind): url for kind, url in one.urls.items()},
        callback_key=bool(one.callback_key),
        record_exception_levels=one.record_exception_levels,
        ordered=one.ordered,
        options=options(one),
        created_at=one.created_ms,
        updated_at=one.updated_ms,
    )


def rule(one: CallbackRule | MediaRule, kind: str) -> ShownRule:
    return ShownRule(
        kind=kind,
        domain=one.domain,
        app=one.app,
        stream=one.stream if isinstance(one, MediaRule) else "",
        template_id=one.template_id,
        created_at=one.created_ms,
    )


def domain(one: Domain) -> ShownDomain:
    return ShownDomain(
        name=one.name,
        type="playback" if one.domain_type else "push",
        enabled=one.enabled,
        authentication=one.auth_enabled,
        auth_delta_s=one.auth_delta_s,
        reconnect_window_s=one.reconnect_window_s,
        created_at=one.created_ms,
    )


def record_template(one: RecordTemplate) -> ShownRecordTemplate:
    return ShownRecordTemplate(
        id=one.id,
        name=one.name,
        description=one.description,
        formats={format_.value: _format(param) for format_, param in one.enabled.items()},
        hls_continue_s=one.hls_continue_s,
        created_at=one.created_ms,
        updated_at=one.updated_ms,
    )


def snapshot_template(one: SnapshotTemplate) -> ShownSnapshotTemplate:
    return ShownSnapshotTemplate(
        id=one.id,
        name=one.name,
        description=one.description,
        interval_s=one.interval_s,
        width=one.width,
        height=one.height,
        audit=one.audit,
        audit_options=ShownAudit(
            block=one.audit_options.block,
            review=one.audit_options.review,
            review_hot=one.audit_options.review_hot,
            send_pass=one.audit_options.send_pass,
        ),
        prefix=one.prefix,
        file_name=one.file_name,
        created_at=one.created_ms,
        updated_at=one.updated_ms,
    )


def destination(one: DestinationRow) -> ShownDestination:
    return ShownDestination(
        url=one.key.origin,
        state=one.state,
        since=one.since_ms,
        last_error=one.last_error.value if one.last_error else None,
        last_success_at=one.last_success_ms,
        paused=one.paused,
        rate_limit=one.rate_limit,
    )


def _format(param: RecordParam) -> ShownFormat:
    return ShownFormat(interval_s=param.interval_s, storage_s=param.storage_s, file_name=param.file_name)
