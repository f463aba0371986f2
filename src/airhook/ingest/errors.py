"""What may be wrong with a publisher's bytes. Each error knows the reason that its push ends with."""

from airhook.core import reasons
from airhook.core.errors import AirhookError
from airhook.core.reasons import Reason


class RtmpError(AirhookError):
    """The connection cannot go on."""

    reason: Reason = reasons.SERVICE_ERROR


class ContentError(RtmpError):
    """The bytes are no RTMP, or break its rules."""

    reason = reasons.CONTENT_ERROR


class FrameTooLargeError(RtmpError):
    """A message is larger than allowed."""

    reason = reasons.FRAME_TOO_LARGE


class AmfError(RtmpError):
    """A command or the metadata is no AMF0, or larger than allowed."""

    reason = reasons.AMF_ERROR
