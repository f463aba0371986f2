"""Delayed playback of single streams: kept for whoever plays them, since Airhook itself plays nothing (contract 3.3)."""

import msgspec

from airhook.core.streams import StreamKey

MAX_DELAY_S = 600
MAX_LIFE_MS = 7 * 86_400_000


class StreamDelay(msgspec.Struct, frozen=True, kw_only=True):
    account_id: int
    domain: str
    app: str
    stream: str
    delay_s: int
    created_ms: int
    expires_ms: int

    @property
    def key(self) -> StreamKey:
        return StreamKey(self.account_id, self.domain, self.app, self.stream)
