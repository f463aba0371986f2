"""From the settings to what each part takes."""

import msgspec

from airhook.cloudapi.catalogue import ACTIONS
from airhook.cloudapi.rates import Rates
from airhook.config import Settings
from airhook.core.clock import Clock
from airhook.core.errors import ConfigError
from airhook.core.operations import TEMPLATE as OPERATIONS_TEMPLATE
from airhook.core.operations import template as operations_template
from airhook.core.snapshot import Snapshot
from airhook.delivery.plan import PlanSettings
from airhook.delivery.retry import Schedule, Schedules
from airhook.ingest.limits import IngestLimits
from airhook.storage.sqlite import Retention
from airhook.web.bounds import LOOPBACK, HttpLimits
from airhook.web.v1.calls import CallLimit


def first_snapshot(settings: Settings) -> Snapshot:
    """What no account owns: how operational events are signed."""
    return Snapshot(templates={OPERATIONS_TEMPLATE: operations_template(settings.operations.key)})


def log_retention(settings: Settings) -> Retention:
    """How long the log of callbacks is kept, and the audit log."""
    keep = settings.keep
    return Retention(
        days=keep.log_days, max_bytes=keep.log_max_mb * 1024 * 1024 or None, audit_days=keep.audit_days
    )


def schedules(settings: Settings) -> Schedules:
    """The retries of CSS, with what the settings say otherwise."""
    usual = Schedules()
    timeout_s = settings.delivery.timeout_s
    by_type = {
        kind: msgspec.structs.replace(known, timeout_s=timeout_s) for kind, known in usual.by_type.items()
    }
    given = {
        kind: Schedule(attempts=1 + chosen.retries, interval_s=chosen.interval_s, timeout_s=timeout_s)
        for kind, chosen in settings.delivery.schedules.items()
    }
    return Schedules(
        usual=msgspec.structs.replace(usual.usual, timeout_s=timeout_s), by_type={**by_type, **given}
    )


def plan_settings(settings: Settings) -> PlanSettings:
    return PlanSettings(
        order_hold_ms=round(settings.delivery.order_hold_s * 1000),
        max_age_ms=round(settings.delivery.max_age_s * 1000),
    )


def api_rates(settings: Settings, clock: Clock) -> Rates:
    """Raises ``ConfigError`` for an action that the API does not have."""
    chosen = settings.api.rate_limits
    for action in chosen:
        if action not in ACTIONS:
            raise ConfigError(f"api.rate_limits names {action}, which is no action of the cloud API")
    return Rates(clock, settings.api.rate_limit, chosen)


def events_limit(settings: Settings, clock: Clock) -> CallLimit:
    return CallLimit(clock, settings.v1.events_rate_limit, "v1.events_rate_limit")


def v1_limit(settings: Settings, clock: Clock) -> CallLimit:
    return CallLimit(clock, settings.v1.rate_limit, "v1.rate_limit")


def ingest_limits(settings: Settings) -> IngestLimits:
    rtmp = settings.rtmp
    return IngestLimits(
        connections=rtmp.max_connections,
        connections_per_address=rtmp.max_connections_per_address,
        idle_timeout_s=rtmp.idle_timeout_s,
    )


def http_limits(settings: Settings, open_files: int) -> HttpLimits:
    http = settings.http
    return HttpLimits(
        connections=min(http.max_connections, open_files // 4),  # the rest is for publishers and receivers
        connections_per_address=http.max_connections_per_address,
        exempt=(*LOOPBACK, *http.trusted_proxies),
    )
