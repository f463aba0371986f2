"""What states, events and errors are called in front of people. English is the key of each translation."""

import msgspec

from airhook.control.records import LostReason
from airhook.core.accounts import Role
from airhook.core.audit import Deed, Face
from airhook.core.deliveries import DeliveryState, ErrorClass, ExhaustReason, Timings
from airhook.core.destinations import HealthState
from airhook.core.events import EventType
from airhook.core.hooks import HookOutcome
from airhook.core.inference import Source
from airhook.core.replays import ReplayState
from airhook.core.sessions import SessionState


def N_(text: str) -> str:  # noqa: N802 - the name that tools for catalogues know
    """Mark a text for translation; it is translated where it is shown."""
    return text


EVENTS = {
    EventType.PUSH_ENDED: N_("Push ended"),
    EventType.PUSH_STARTED: N_("Push started"),
    EventType.RECORD_FILE: N_("Recording file"),
    EventType.SCREENSHOT: N_("Screenshot"),
    EventType.RELAY: N_("Relay task"),
    EventType.AUDIO_AUDIT: N_("Audio audit"),
    EventType.IMAGE_AUDIT: N_("Image audit"),
    EventType.PUSH_EXCEPTION: N_("Push exception"),
    EventType.MONITOR: N_("Stream monitoring"),
    EventType.RECORD_STATUS: N_("Recording status"),
    EventType.SUBTITLE: N_("Live subtitles"),
    EventType.RECORD_EXCEPTION: N_("Recording exception"),
    EventType.QUALITY_CONTROL: N_("Quality control"),
    EventType.EVALUATION_THRESHOLD: N_("Evaluation threshold"),
    EventType.EVALUATION_AVERAGE: N_("Evaluation average"),
    EventType.SMART_ERASE: N_("Smart erase"),
    EventType.SUMMARY: N_("Live summary"),
    EventType.HIGHLIGHT: N_("Smart highlight"),
}

CONCLUDED = {
    Source.CRASH: N_("The server crashed or stopped, and nobody came back within the reconnect window"),
    Source.SILENCE: N_("No data came for a while"),
    Source.REPLACEMENT: N_("Another connection took the stream"),
    Source.LOST_CONNECTION: N_("The connection was lost, and nobody came back within the reconnect window"),
    Source.ORDER: N_("An operator ended it"),
}
"""From what the stop of a push was concluded."""

LOST = {
    LostReason.TEMPLATE_GONE: N_("the template is deleted, and with it the key"),
    LostReason.KEY_CHANGED: N_("the key that signed was changed since"),
    LostReason.DIFFERS: N_("what is made now differs from the hash that was stored then"),
}

SESSION_STATES = {
    SessionState.OPENING: N_("Starting"),
    SessionState.LIVE: N_("Live"),
    SessionState.LOST: N_("Lost"),
    SessionState.CLOSED: N_("Closed"),
}

DELIVERY_STATES = {
    DeliveryState.HELD: N_("Held"),
    DeliveryState.PENDING: N_("Pending"),
    DeliveryState.WAITING: N_("Waiting"),
    DeliveryState.DELIVERED: N_("Delivered"),
    DeliveryState.EXHAUSTED: N_("Exhausted"),
    DeliveryState.CANCELLED: N_("Cancelled"),
}

EXHAUST_REASONS: dict[str, str] = {
    ExhaustReason.ATTEMPTS: N_("all attempts used"),
    ExhaustReason.EXPIRED: N_("too old"),
    ExhaustReason.GONE: N_("receiver gone"),
}

ERRORS = {
    ErrorClass.BAD_STATUS: N_("Not a success"),
    ErrorClass.ADDRESS_REFUSED: N_("Target address not allowed"),
    ErrorClass.DNS_FAILED: N_("Host name not found"),
    ErrorClass.DNS_TIMEOUT: N_("Name server did not answer"),
    ErrorClass.CONNECT_REFUSED: N_("Connection refused"),
    ErrorClass.CONNECT_FAILED: N_("Host could not be reached"),
    ErrorClass.CONNECT_TIMEOUT: N_("Connecting took too long"),
    ErrorClass.TLS_FAILED: N_("TLS handshake failed"),
    ErrorClass.TLS_UNTRUSTED: N_("Certificate not trusted"),
    ErrorClass.TLS_WRONG_HOST: N_("Certificate is for another host"),
    ErrorClass.SEND_FAILED: N_("Request could not be sent"),
    ErrorClass.CONNECTION_RESET: N_("Connection reset"),
    ErrorClass.EMPTY_ANSWER: N_("Connection closed without an answer"),
    ErrorClass.ANSWER_INVALID: N_("Answer was not HTTP"),
    ErrorClass.TIMEOUT: N_("No answer in time"),
    ErrorClass.URL_INVALID: N_("URL is not valid"),
    ErrorClass.INTERNAL: N_("Internal error of Airhook"),
}

ROLES = {
    Role.SYSTEM_OWNER: N_("System owner"),
    Role.OWNER: N_("Owner"),
    Role.OPERATOR: N_("Operator"),
    Role.VIEWER: N_("Viewer"),
}

HEALTH = {
    HealthState.HEALTHY: N_("Healthy"),
    HealthState.SLOW: N_("Slow"),
    HealthState.FAILING: N_("Failing"),
    HealthState.PAUSED: N_("Paused"),
}

HEALTH_TONES = {
    HealthState.HEALTHY: "good",
    HealthState.SLOW: "warn",
    HealthState.FAILING: "bad",
    HealthState.PAUSED: "busy",
}

FACES = {
    Face.CONSOLE: N_("Console"),
    Face.API: N_("Cloud API"),
    Face.V1: "/v1",
    Face.CLI: N_("Command line"),
    Face.SYSTEM: "Airhook",
}

DEEDS = {
    Deed.CREATED: N_("created"),
    Deed.CHANGED: N_("changed"),
    Deed.DELETED: N_("deleted"),
    Deed.SIGNED_IN: N_("signed in"),
    Deed.SENT_AGAIN: N_("sent again"),
}

DEED_TONES = {
    Deed.CREATED: "good",
    Deed.CHANGED: "busy",
    Deed.DELETED: "bad",
    Deed.SIGNED_IN: "quiet",
    Deed.SENT_AGAIN: "busy",
}

SEARCH_FIELDS = {
    "stream": "StreamName",
    "domain": N_("Domain"),
    "app": "AppName",
    "url": N_("Callback URL"),
    "destination": N_("Destination"),
    "id": N_("Delivery ID"),
    "event_id": N_("Event ID"),
    "event_type": N_("Event"),
    "state": N_("State"),
    "status": N_("Status of an attempt"),
    "error": N_("Error of an attempt"),
    "since": N_("From"),
    "until": N_("Until"),
}
"""What a search of the callback records may ask for."""

REPLAY_STATES = {
    ReplayState.COUNTING: N_("Counting"),
    ReplayState.PAUSED: N_("Paused"),
    ReplayState.RUNNING: N_("Running"),
    ReplayState.DONE: N_("Done"),
    ReplayState.CANCELLED: N_("Cancelled"),
}

REPLAY_TONES = {
    ReplayState.COUNTING: "busy",
    ReplayState.PAUSED: "warn",
    ReplayState.RUNNING: "busy",
    ReplayState.DONE: "good",
    ReplayState.CANCELLED: "quiet",
}

STREAM_STATES = {"active": N_("Live"), "inactive": N_("Not on"), "forbid": N_("Forbidden")}

STREAM_TONES = {"active": "good", "inactive": "quiet", "forbid": "bad"}

THINGS = {
    "stream": N_("stream"),
    "record_template": N_("recording template"),
    "record_rule": N_("recording rule"),
    "record_task": N_("recording task"),
    "snapshot_template": N_("screenshot template"),
    "snapshot_rule": N_("screenshot rule"),
    "screenshot_task": N_("screenshot task"),
    "stream_delay": N_("delay"),
    "replay": N_("replay"),
    "callback": N_("callback"),
    "account": N_("account"),
    "api_key": N_("API key"),
    "bearer_key": N_("key of /v1"),
    "callback_rule": N_("callback rule"),
    "callback_template": N_("callback template"),
    "destination": N_("destination"),
    "domain": N_("domain"),
    "source": N_("source"),
    "user": N_("user"),
}

HOOK_OUTCOMES = {
    HookOutcome.STARTED: N_("push began"),
    HookOutcome.STOPPED: N_("push ended"),
    HookOutcome.REFUSED: N_("refused"),
    HookOutcome.CONTENDING: N_("not decided yet"),
    HookOutcome.RETRACTED: N_("the server refused it"),
    HookOutcome.ALIVE: N_("push goes on"),
    HookOutcome.DUPLICATE: N_("repeat"),
    HookOutcome.UNKNOWN: N_("of no known push"),
    HookOutcome.NOTED: N_("noted"),
    HookOutcome.MALFORMED: N_("malformed"),
}

TONES: dict[str, str] = {
    HookOutcome.STARTED: "good",
    HookOutcome.STOPPED: "quiet",
    HookOutcome.REFUSED: "bad",
    HookOutcome.CONTENDING: "busy",
    HookOutcome.RETRACTED: "quiet",
    HookOutcome.ALIVE: "good",
    HookOutcome.DUPLICATE: "quiet",
    HookOutcome.UNKNOWN: "warn",
    HookOutcome.NOTED: "quiet",
    HookOutcome.MALFORMED: "bad",
    SessionState.OPENING: "quiet",
    SessionState.LIVE: "good",
    SessionState.LOST: "warn",
    SessionState.CLOSED: "quiet",
    DeliveryState.HELD: "quiet",
    DeliveryState.PENDING: "busy",
    DeliveryState.WAITING: "warn",
    DeliveryState.DELIVERED: "good",
    DeliveryState.EXHAUSTED: "bad",
    DeliveryState.CANCELLED: "quiet",
}
"""How a state looks: classes of the style sheet."""


def event_word(event_type: int) -> str:
    """A release that is older than the database may meet a type it does not know."""
    try:
        return EVENTS[EventType(event_type)]
    except ValueError:
        return N_("Unknown event")


def thing_word(thing: str) -> str:
    return THINGS.get(thing, thing)


def reason_word(reason: str) -> str:
    return EXHAUST_REASONS.get(reason, reason)


class TimingStep(msgspec.Struct, frozen=True, kw_only=True):
    """A part of an attempt's time, in milliseconds and as a part of the whole, in percent."""

    name: str
    title: str
    ms: float
    start_percent: float
    width_percent: float


def timing_steps(timings: Timings) -> list[TimingStep]:
    """An attempt's time, step by step; a step that was not reached is left out."""
    connected = timings.connect_ms is not None  # without it libcurl still says when it gave up the rest
    answered = connected and timings.first_byte_ms is not None
    ends = (
        ("dns", N_("name"), timings.dns_ms),
        ("connect", N_("connection"), timings.connect_ms),
        ("tls", N_("TLS handshake"), timings.tls_ms if connected else None),
        ("wait", N_("waiting for the answer"), timings.first_byte_ms if answered else None),
        ("read", N_("reading the answer") if answered else N_("waiting"), timings.total_ms),
    )
    whole = timings.total_ms
    steps: list[TimingStep] = []
    at = 0.0
    for name, title, end in ends:
        if end is None or end <= at or whole <= 0:
            continue
        start, width = round(100 * at / whole, 2), round(100 * (end - at) / whole, 2)
        steps.append(
            TimingStep(name=name, title=title, ms=end - at, start_percent=start, width_percent=width)
        )
        at = end
    return steps
