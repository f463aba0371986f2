"""The server's side of the RTMP handshake (RTMP 1.0, section 5.2).

Only the simple handshake is answered: a version of zero in S1 tells clients that also know the digest handshake
(ffmpeg, librtmp, Flash) to fall back. What C2 echoes is not checked, since some encoders send anything there.
"""

import os

from airhook.ingest.errors import ContentError

VERSION = 3
BLOCK_BYTES = 1536  # of C1, C2, S1 and S2


class Handshake:
    """Collects C0, C1 and C2. ``rest`` is what came after them; None until the handshake is done."""

    def __init__(self) -> None:
        self._held = b""
        self._answered = False
        self.rest: bytes | None = None

    def feed(self, data: bytes) -> bytes:
        """Take bytes in and give back what to send. Raises ``ContentError`` when this is no RTMP client."""
        self._held += data
        if not self._answered and self._held and self._held[0] != VERSION:
            raise ContentError(f"the first byte is {self._held[0]}, not RTMP version {VERSION}")
        answer = b""
        if not self._answered and len(self._held) > BLOCK_BYTES:
            self._answered = True
            answer = _answer(self._held[1 : 1 + BLOCK_BYTES])
            self._held = self._held[1 + BLOCK_BYTES :]
        if self._answered and len(self._held) >= BLOCK_BYTES:
            self.rest = self._held[BLOCK_BYTES:]
        return answer


def _answer(c1: bytes) -> bytes:
    """S0, S1 and S2."""
    s1 = bytes(8) + os.urandom(BLOCK_BYTES - 8)
    return bytes([VERSION]) + s1 + c1
