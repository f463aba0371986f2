"""What was found: how much was looked at, and what does not fit together."""

import msgspec

from airhook.tools.terminal import clean

MEANINGS = {
    "log_file": "Log files that are missing or cannot be read",
    "damaged": "Database files that are damaged; put back a copy",
    "planned": "Events whose deliveries are not all recorded, or too many",
    "receipt": "Events that callers were told otherwise of",
    "unsettled": "Events that miscount their unsettled deliveries",
    "delivery_event": "Deliveries without their event",
    "delivery_state": "Deliveries in a state that does not belong there",
    "success": "Deliveries that are not delivered by exactly one successful attempt",
    "exhausted": "Deliveries that were given up without a good reason",
    "attempt_numbers": "Deliveries whose attempts are not all recorded, or too many",
    "attempt_delivery": "Attempts without their delivery",
    "attempt_status": "Attempts whose result and status contradict each other",
    "session_events": "Sessions without exactly one start and one stop",
    "event_session": "Starts and stops without their session",
    "replay": "Replays that miscount their deliveries",
    "repeated": "Deliveries that a replay sent again more than once",
    "lane_order": "Deliveries that did not wait for the one before them",
    "lane_head": "Lanes that stand still",
    "received_lost": "Delivered, but not received",
    "received_unknown": "Received, but not recorded",
    "received_repeated": "Received more often than sent",
    "received_order": "Received out of order",
}
"""What each kind of finding is, in the order in which they are checked and shown."""


class Finding(msgspec.Struct, frozen=True):
    kind: str  # a key of MEANINGS
    subject: str  # "delivery 7315508846120937714"
    detail: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """``findings`` holds the first of each kind; ``totals`` counts them all."""

    folder: str
    running: bool  # the server was running: the last half minute is not judged
    counted: dict[str, int]  # records looked at
    totals: dict[str, int]  # findings by kind, without the kinds that found nothing
    findings: list[Finding]

    @property
    def ok(self) -> bool:
        return not self.totals


def text(report: Report) -> str:
    """The report for people."""
    lines = [f"{report.folder}: " + ", ".join(f"{count:,} {what}" for what, count in report.counted.items())]
    if report.running:
        lines.append("The server is running: what happened within the last half minute is not judged.")
    if report.ok:
        lines.append("The records agree with each other.")
    for kind, total in report.totals.items():
        lines += ["", f"{MEANINGS[kind]} ({kind}): {total:,}"]
        shown = [one for one in report.findings if one.kind == kind]
        lines += [clean(f"  {one.subject} {one.detail}") for one in shown]
        if len(shown) < total:
            lines.append(f"  ... and {total - len(shown):,} more")
    return "\n".join(lines)
