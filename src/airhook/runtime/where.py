"""``serve.json`` in the data folder: where a running server is, for other commands."""

from pathlib import Path

import msgspec

from airhook.config import Settings
from airhook.core.errors import ConfigError

WHERE_FILE = "serve.json"


class Where(msgspec.Struct, frozen=True):
    """What ``serve.json`` in the data folder tells: where a running server is, for other commands."""

    pid: int
    http: str  # host:port
    rtmp: str


def where_file(settings: Settings) -> Path:
    return settings.data_dir / WHERE_FILE


def tell_where(settings: Settings, where: Where) -> None:
    """Write the file whole or not at all. Raises ``ConfigError`` when it cannot be written."""
    path = where_file(settings)
    fresh = path.with_suffix(".new")
    try:
        fresh.write_bytes(msgspec.json.encode(where))
        fresh.replace(path)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from None
