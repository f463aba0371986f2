"""Facts of tasks that name their own URL: relay (314) and monitoring (328)."""

from typing import Annotated, Literal

import msgspec

from airhook.core.facts.base import Count, Fact, Integer, Milliseconds, Part, Text


class RelayMessage(Part, frozen=True, kw_only=True, omit_defaults=True):
    """What belongs to a relay event; ``RELAY_FIELDS`` says which fields."""

    task_start_time: Milliseconds | None = None
    task_exit_time: Milliseconds | None = None
    code: Integer | None = None
    message: str | None = None
    url: str | None = None
    index: Count | None = None
    duration: Count | None = None  # seconds
    type: (
        Literal[
            "PullFileUnstable", "PushStreamUnstable", "PullFileFailed", "PushStreamFailed", "FileEndEarly"
        ]
        | None
    ) = None


RELAY_FIELDS = {
    "TaskStart": ("task_start_time",),
    "TaskExit": ("message", "code", "task_exit_time"),
    "VodSourceFileStart": ("url", "index", "duration"),
    "VodSourceFileFinish": ("url", "index", "duration"),
    "ResetTaskConfig": (),  # its contents were never published
    "TaskAlarm": ("type", "url", "message"),
}
"""Fields of the message of each relay event, in the order of the wire (267/42525)."""


class Relay(Fact, frozen=True, kw_only=True, tag="relay"):
    """A relay task started, stopped, changed its file or is in trouble. It is told to ``callback_url``."""

    callback_event: Literal[
        "TaskStart", "TaskExit", "VodSourceFileStart", "VodSourceFileFinish", "ResetTaskConfig", "TaskAlarm"
    ]
    callback_url: Text
    task_id: Text
    source_urls: Annotated[list[str], msgspec.Meta(min_length=1)]
    to_url: Text
    msg: RelayMessage = RelayMessage()


class Monitor(Fact, frozen=True, kw_only=True, tag="monitor"):
    """A monitor task noticed something (267/88050). It is told to ``callback_url``, which is not in the body."""

    callback_url: Text
    event_name: Text
    event_msg: str
    bizid: Count = 0
