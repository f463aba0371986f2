"""How much a publisher may ask of us. The defaults suit encoders; the settings may change them."""

import msgspec


class IngestLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Times are seconds. Memory for one connection stays below ``buffered_bytes`` plus one read (256 KiB)."""

    connections: int = 4096
    connections_per_address: int = 256
    handshake_s: float = 5.0
    setup_s: float = 15.0  # from the handshake, or the last unpublish, to the next publish
    setup_bytes: int = 65_536  # in that time
    idle_timeout_s: float = 30.0  # without audio, video or metadata
    announce_after_s: float = 1.0  # a push without a video header is reported then
    linger_s: float = 2.0  # how long a client may take to read our last words
    message_bytes: int = 4 * 1024 * 1024
    chunk_streams: int = 64
    buffered_bytes: int = 8 * 1024 * 1024  # of unfinished messages
