"""What needs somebody's attention, the worst first: shown on top of the overview, each with the way to mend it."""

from typing import Any

import msgspec

from airhook.console.words import HEALTH, HEALTH_TONES, N_
from airhook.core.deliveries import DeliveryState
from airhook.core.destinations import DestinationRow, HealthState
from airhook.core.ports import View
from airhook.core.search import Filter
from airhook.core.snapshot import Snapshot

HOUR_MS = 3_600_000
COUNTED = 100
LATE_MS = 60_000
SHOWN = 8


class Troubles(msgspec.Struct, frozen=True, kw_only=True):
    """What the database knows."""

    exhausted: int  # callbacks of the last hour, counted up to ``COUNTED``
    oldest_due_ms: int | None
    since_ms: int  # when that hour began, to the minute
    destinations: list[DestinationRow]  # not healthy


class Matter(msgspec.Struct, frozen=True):
    """One line. ``word`` and ``text`` are English, and translated where they are shown."""

    tone: str
    word: str
    text: str
    values: dict[str, Any]
    path: str


def look(view: View, account_id: int | None, own_account_id: int, now_ms: int) -> Troubles:
    since_ms = (now_ms - HOUR_MS) // 60_000 * 60_000  # to the minute, so that the page changes no oftener
    given_up = view.search(account_id, Filter(state=DeliveryState.EXHAUSTED, since_ms=since_ms), COUNTED)
    rows = view.destinations(own_account_id)
    due_ms = view.oldest_due() if account_id is None else None  # it is of all accounts
    return Troubles(
        exhausted=len(given_up.records),
        oldest_due_ms=due_ms if due_ms is not None and now_ms - due_ms > LATE_MS else None,
        since_ms=since_ms,
        destinations=[row for row in rows if row.state is not HealthState.HEALTHY],
    )


def found(config: Snapshot, account_id: int, troubles: Troubles, now_ms: int) -> list[Matter]:
    matters = [_destination(row) for row in troubles.destinations]
    if troubles.exhausted:
        text = N_("%(n)s callbacks of the last hour were given up.")
        path = f"/console/records?state=exhausted&since={troubles.since_ms}"
        matters.append(Matter("bad", N_("Exhausted"), text, {"n": _bounded(troubles.exhausted)}, path))
    if troubles.oldest_due_ms is not None:
        minutes = (now_ms - troubles.oldest_due_ms) // 60_000
        text = N_("The oldest callback has been due for %(n)s minutes.")
        matters.append(Matter("warn", N_("Late"), text, {"n": minutes}, "/console/destinations"))
    matters += _domains(config, account_id)
    return sorted(matters, key=lambda one: ("bad", "warn", "busy", "quiet").index(one.tone))[:SHOWN]


def _destination(row: DestinationRow) -> Matter:
    path = f"/console/destinations/{row.scheme}/{row.host}/{row.port}"
    return Matter(
        HEALTH_TONES[row.state], HEALTH[row.state], N_("Destination %(name)s"), {"name": row.key.origin}, path
    )


def _domains(config: Snapshot, account_id: int) -> list[Matter]:
    matters = []
    bound = {domain for domain, _ in config.rules}
    for domain in config.domains.values():
        if domain.account_id != account_id or domain.domain_type != 0 or not domain.enabled:
            continue
        path = f"/console/domains/{domain.name}"
        if domain.name not in bound:
            text = N_("Domain %(name)s has no callback template: nothing is sent.")
            matters.append(Matter("quiet", N_("Not bound"), text, {"name": domain.name}, path))
        if not domain.auth_enabled:
            text = N_("Everybody may push to %(name)s: push authentication is off.")
            matters.append(Matter("warn", N_("Open"), text, {"name": domain.name}, path))
    return matters


def _bounded(count: int) -> str:
    return f"{count}+" if count >= COUNTED else str(count)
