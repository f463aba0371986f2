"""What the node's process and its media workers say to each other: plain values, no handles and no secrets.

A message on the channel is four bytes of length (big endian) and a MessagePack map whose ``type`` names it.
"""

from typing import Literal

import msgspec

MAX_MESSAGE_BYTES = 1 << 20
LENGTH_BYTES = 4

RecordFormat = Literal["flv", "hls", "mp4", "aac", "mp3"]


class Value(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Times are milliseconds since the UNIX epoch unless their name says otherwise."""


# --- a task: one job on one stream ------------------------------------------------------------------------------


class PushInput(Value, frozen=True, kw_only=True, tag="push"):
    """A push on this node's own ingest: its tags come from the outlets."""

    session_id: int
    epoch: int


class PullInput(Value, frozen=True, kw_only=True, tag="pull"):
    """A stream of another media server. Only the protocols that its scheme needs are opened."""

    url: str  # rtmp, http (FLV or HLS), rtsp and their TLS forms
    session_id: int
    epoch: int = 1
    open_s: float = 10.0
    read_s: float = 10.0  # silence that ends it
    patience_s: float = 0.0  # for so long it is opened again and again: the stream may not be there yet


Input = PushInput | PullInput


class FormatSpec(Value, frozen=True, kw_only=True):
    format: RecordFormat
    interval_s: float = 1800.0  # a new file at the first key frame after it; not for HLS
    continue_s: float = 0.0  # HLS alone: how long a broken push may come back into the same playlist
    folder: str = ""  # of the stored object, and its name: patterns of ``record.paths``; "": the usual ones
    file_name: str = ""


class RecordSpec(Value, frozen=True, kw_only=True, tag="record"):
    """Write files of a stream, packets copied."""

    formats: list[FormatSpec]
    template_id: int = 0  # 0: none
    api_task_id: str = ""  # of a task of the API; "" for a rule
    segment_s: float = 4.0  # HLS; a death loses the one that is not complete


class AuditSpec(Value, frozen=True, kw_only=True):
    """Every picture goes to a detector; the scores are those from which on (101: never)."""

    detector: Literal["open_nsfw", "http"] = "open_nsfw"
    block: int = 80
    review: int = 60
    review_hot: int = 90
    send_pass: bool = False


class SnapshotSpec(Value, frozen=True, kw_only=True, tag="snapshot"):
    """Take a picture of the newest key frame, every so often."""

    every_s: float = 10.0
    width: int = 0  # pixels; 0: as the stream has it, or as the other side's shape wants it
    height: int = 0
    prefix: str = ""  # of the object's path, and its name: patterns of ``pictures.names``; "": the usual ones
    file_name: str = ""
    template_id: int = 0
    api_task_id: str = ""  # of a task of the API; "" for a rule
    audit: AuditSpec | None = None


class RecoverSpec(Value, frozen=True, kw_only=True, tag="recover"):
    """Repair and report what a worker that died left in ``folder`` (a name within the spool)."""

    folder: str


JobSpec = RecordSpec | SnapshotSpec | RecoverSpec


class Subject(Value, frozen=True, kw_only=True):
    """Whose stream it is: what events and file names tell of it."""

    account_id: int
    appid: int
    domain: str
    app: str
    stream: str
    stream_param: str = ""


class Task(Value, frozen=True, kw_only=True):
    """``id`` is unique for ever (it is made of an ``IdMaker``'s number), since ids of files and events grow from it."""

    id: str
    subject: Subject
    session_id: int
    job: JobSpec
    input: Input | None = None  # None: the job needs none


# --- to the worker ----------------------------------------------------------------------------------------------


class Limits(Value, frozen=True, kw_only=True):
    """What a worker may take of the machine."""

    memory_bytes: int = 2 << 30  # of address space
    cpu_burst_s: int = 60  # of one core, without a turn of its event loop
    files: int = 1024
    file_bytes: int = 0  # of one file; 0: as much as there is room


class Setup(Value, frozen=True, kw_only=True, tag="setup"):
    """The first message."""

    spool: str  # an absolute path
    outlets: str  # of the ingest, an absolute path; "" when this node has none
    limits: Limits = Limits()


class Begin(Value, frozen=True, kw_only=True, tag="begin"):
    task: Task


class Attach(Value, frozen=True, kw_only=True, tag="attach"):
    """The stream came back, or came from elsewhere: the running task goes on with this input."""

    task_id: str
    input: Input


class Stop(Value, frozen=True, kw_only=True, tag="stop"):
    """Finish the task now, as if its stream had ended for good."""

    task_id: str


class Quit(Value, frozen=True, kw_only=True, tag="quit"):
    """Finish every task, then end."""


Order = Setup | Begin | Attach | Stop | Quit


# --- from the worker --------------------------------------------------------------------------------------------


class Ready(Value, frozen=True, kw_only=True, tag="ready"):
    pid: int


class Beat(Value, frozen=True, kw_only=True, tag="beat"):
    """Every ``BEAT_S``: the worker's event loop turns."""

    cpu_s: float  # since its start
    rss_bytes: int


class Reported(Value, frozen=True, kw_only=True, tag="reported"):
    """A report lies in the spool: ``path`` counts from there."""

    path: str


class Done(Value, frozen=True, kw_only=True, tag="done"):
    """The task is over. ``inputs``: how many it has had, so that an ``Attach`` that came too late is noticed."""

    task_id: str
    inputs: int = 0
    error: str = ""
    unfinished: bool = False  # something in its folder is still to be completed, such as after a full disk


News = Ready | Beat | Reported | Done

BEAT_S = 2.0


# --- reports: files in the spool --------------------------------------------------------------------------------


class FileReport(Value, frozen=True, kw_only=True, tag="file"):
    """A recording is complete. ``path`` is a file or, for HLS, a folder with ``entry`` in it; it counts from the
    task's folder.
    """

    id: str  # decimal digits: file_id of the callback
    path: str
    entry: str = ""
    format: RecordFormat
    start_ms: int  # of writing
    start_us: int = 0  # the part of it below a millisecond, in microseconds
    end_ms: int
    end_us: int = 0
    duration_ms: int  # of media
    bytes: int
    media_start_ms: int = 0  # timestamp of the first frame, as the publisher sent it
    video_codec: str = ""  # "h264", ...
    width: int = 0
    height: int = 0
    recovered: bool = False  # finished after its worker died


class StatusReport(Value, frozen=True, kw_only=True, tag="status"):
    """A recording began, paused, failed or ended: ``record_event`` of the callback."""

    id: str  # decimal digits: seq of the callback
    event: Literal[
        "record_start_succeeded",
        "record_start_failed",
        "record_paused",
        "record_resumed",
        "record_error",
        "record_ended",
    ]
    format: RecordFormat
    at_ms: int


class FaultReport(Value, frozen=True, kw_only=True, tag="fault"):
    """Something was wrong while recording: one kind, counted (contract 2.9)."""

    id: str
    fault: int  # -8 to -201
    level: Literal["info", "warning", "error"]
    occurs: int
    text: str
    format: RecordFormat
    at_ms: int


class PictureReport(Value, frozen=True, kw_only=True, tag="picture"):
    """A picture was taken. ``path`` counts from the task's folder."""

    id: str  # decimal digits
    path: str
    at_ms: int
    width: int
    height: int
    bytes: int
    nsfw: float | None = (
        None  # what the built-in detector says, from 0 to 1; None: it was not asked, or failed
    )


Report = FileReport | StatusReport | FaultReport | PictureReport


class Note(Value, frozen=True, kw_only=True):
    """A report as it lies in the spool: it says by itself what it is about."""

    task: Task
    report: Report
