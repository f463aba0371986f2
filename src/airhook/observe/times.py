"""Times as logs and tables show them: ISO 8601, UTC."""

import functools
import time


def iso_ms(ms: int) -> str:
    """``ms`` since the UNIX epoch as ``2026-01-15T11:50:01.123Z``."""
    return f"{_second(ms // 1000)}.{ms % 1000:03d}Z"


def iso_s(ms: int) -> str:
    """The same without its milliseconds."""
    return f"{_second(ms // 1000)}Z"


@functools.lru_cache(maxsize=64)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
