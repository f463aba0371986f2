"""Why a push ended: every (errcode, sub) of 267/31083 with its exact English text.

``sub`` is never on the wire; the text (``errmsg``) carries the precise reason instead (contract C-25, C-26).
"""

from typing import Final, NamedTuple


class Reason(NamedTuple):
    """One line of the table: ``errcode`` goes into the body, ``sub`` only tells texts apart."""

    errcode: int
    sub: int = 0

    @property
    def text(self) -> str:
        """The exact ``errmsg``; a pair that the table lacks is a fault of the caller."""
        return TEXTS[self]


_UNKNOWN: Final = "The reason is unknown"
_INTERNAL: Final = "An internal error of the live streaming service ended the push"
_NETWORK: Final = "A network error occurred on the push link"

TEXTS: Final[dict[Reason, str]] = {
    Reason(0): _UNKNOWN,
    Reason(1): "The push client actively stopped the push",
    Reason(2): "The push client closed the stream",
    Reason(3): "The push client closed the connection without stopping the push",
    Reason(4): "Reading from the push client failed",
    Reason(5): _INTERNAL,
    Reason(6): "The RTMP content is wrong",
    Reason(7): "A single RTMP frame is larger than allowed",
    Reason(8): "The service closed the push because no data arrived for a long time",
    Reason(9): _INTERNAL,
    Reason(10): "The proxy layer received an interruption command",
    Reason(11): _INTERNAL,
    **{Reason(code): _NETWORK for code in range(12, 18)},
    **{Reason(18, sub): _INTERNAL for sub in range(100, 105)},
    Reason(18, 200): "The user information for the push URL could not be read",
    Reason(18, 201): "The live streaming service is stopped",
    Reason(18, 202): "The live streaming service is stopped because the account is overdue",
    Reason(18, 203): "The live streaming service was forcibly stopped",
    Reason(18, 300): "Pushing by IP address is not allowed",
    Reason(18, 301): "The push domain is not recognized",
    Reason(18, 302): "The push domain is illegal",
    Reason(18, 303): "The push domain is disabled",
    Reason(18, 304): "The push path is disabled",
    Reason(18, 305): "The stream is banned",
    Reason(18, 306): "The channel has not been created",
    Reason(18, 307): "The channel is closed",
    Reason(18, 308): "The stream name contains illegal characters",
    Reason(18, 309): "The application name contains illegal characters",
    Reason(18, 400): "The client IP address is on the block list",
    Reason(18, 401): "The client IP address is not on the allow list",
    Reason(18, 500): "The push URL has no expiry parameter (txTime)",
    Reason(18, 501): "The push URL has expired",
    Reason(18, 502): "The push URL has no authentication parameter (txSecret)",
    Reason(18, 503): "The push authentication failed",
    Reason(18, 600): "There are too many streams",
    Reason(18, 601): "There are too many pushes of the same stream name",
    Reason(18, 602): "The push has a lower priority than the one already running",
    Reason(19): "The third-party authentication failed",
    Reason(20): "The service closed the push because no data arrived for a long time",
    Reason(21, 100): "The stream was stopped at your request",
    Reason(21, 101): "The stream was banned at your request",
    Reason(21, 102): "The push was replaced by a new push URL",
    Reason(21, 103): "The push was without data and was replaced by a new push URL",
    Reason(22): _UNKNOWN,
    Reason(23): "The RTMP content is wrong",
    Reason(24): _INTERNAL,
    **{Reason(code): _UNKNOWN for code in (*range(25, 33), 34, 36)},
    Reason(33): "The RTMP AMF data is wrong",
    Reason(35): "The push client stopped the push",
    Reason(37): "The push was closed because nobody plays the stream",
    Reason(38): _INTERNAL,
    Reason(39): "A frame is larger than allowed",
}

UNKNOWN: Final = Reason(0)
CLIENT_STOPPED: Final = Reason(1)
CLIENT_CLOSED_STREAM: Final = Reason(2)
CONNECTION_CLOSED: Final = Reason(3)
READ_FAILED: Final = Reason(4)
SERVICE_ERROR: Final = Reason(5)
CONTENT_ERROR: Final = Reason(6)
FRAME_TOO_LARGE: Final = Reason(7)
NO_DATA: Final = Reason(8)
NETWORK_ERROR: Final = Reason(12)
AMF_ERROR: Final = Reason(33)
DROPPED: Final = Reason(21, 100)
FORBIDDEN: Final = Reason(21, 101)
REPLACED: Final = Reason(21, 102)
REPLACED_SILENT: Final = Reason(21, 103)

IP_NOT_ALLOWED: Final = Reason(18, 300)
DOMAIN_UNKNOWN: Final = Reason(18, 301)
DOMAIN_ILLEGAL: Final = Reason(18, 302)
DOMAIN_DISABLED: Final = Reason(18, 303)
STREAM_BANNED: Final = Reason(18, 305)
STREAM_NAME_ILLEGAL: Final = Reason(18, 308)
APP_NAME_ILLEGAL: Final = Reason(18, 309)
TX_TIME_MISSING: Final = Reason(18, 500)
TX_TIME_EXPIRED: Final = Reason(18, 501)
TX_SECRET_MISSING: Final = Reason(18, 502)
TX_SECRET_WRONG: Final = Reason(18, 503)
TOO_MANY_STREAMS: Final = Reason(18, 600)
