"""Facts of recordings: a file (100), a change of status (332), an exception (341)."""

from typing import Literal

from airhook.core.facts.base import Count, Fact, Integer, Part, Seconds, Text

Microseconds = Count


class CallbackExt(Part, frozen=True, kw_only=True, omit_defaults=True):
    video_codec: str | None = None
    resolution: str | None = None  # "1280x720"
    session_id: str | None = None


class RecordFile(Fact, frozen=True, kw_only=True, tag="record_file"):
    """A file is complete (267/38082). ``start_time`` and ``end_time`` are when it was written."""

    file_id: Text
    record_file_id: Text
    file_format: Literal["flv", "hls", "mp4", "aac", "mp3"]
    start_time: Seconds
    end_time: Seconds
    duration: Count  # seconds of media
    file_size: Count  # bytes
    video_url: Text
    start_time_usec: Microseconds | None = None  # the part below a second
    end_time_usec: Microseconds | None = None
    media_start_time: Integer | None = None  # presentation time of the first frame, ms
    record_bps: Count | None = None  # kbit/s of a transcoded stream; 0 the original
    record_temp_id: str | None = None
    task_id: str | None = None  # of a task of the API
    stream_param: str | None = None
    callback_ext: CallbackExt | None = None


class RecordDetail(Part, frozen=True, kw_only=True):
    file_format: Literal[1, 2, 3, 4, 5]  # FLV, HLS, MP4, AAC, MP3
    record_bps: Count = 0
    start_model: Literal[1, 5] = 1  # template rule, API
    record_content: Literal[1, 2, 3] = 1  # original, watermarked, transcoded
    source_type: Literal[1, 2] = 1  # live, relay
    codec_temp_id: Count = 0


class RecordStatus(Fact, frozen=True, kw_only=True, tag="record_status"):
    """A recording began, paused, failed or ended (267/58590)."""

    record_event: Literal[
        "record_start_succeeded",
        "record_start_failed",
        "record_paused",
        "record_resumed",
        "record_error",
        "record_ended",
    ]
    record_detail: RecordDetail
    session_id: Text  # of the recording
    seq: Text
    task_id: str | None = None


class RecordFault(Part, frozen=True, kw_only=True):
    type: Integer  # -8 to -201
    occurs: Count
    desc: str


class RecordException(Fact, frozen=True, kw_only=True, tag="record_exception"):
    """Something went wrong while recording (267/68622). Templates choose which levels they hear of."""

    session_id: Text
    file_format: Literal["flv", "ts", "mp4", "aac"]
    exception_level: Literal["info", "warning", "error"]
    exception: RecordFault
