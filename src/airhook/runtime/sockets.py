"""Listening, with errors that say how to choose another address."""

import os
import socket

from airhook.config import Address
from airhook.core.errors import ConfigError

BACKLOG = 2048  # connections that wait to be accepted


def bind(address: Address, setting: str) -> socket.socket:
    """Make a listening socket. Raises ``ConfigError`` naming the setting and the remedy."""
    try:
        family, kind, proto, _, where = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, proto)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(where)
        listening.listen(BACKLOG)
        listening.setblocking(False)
    except OSError as error:
        raise cannot_listen(setting, address, error) from None
    return listening


def cannot_listen(setting: str, address: Address, error: OSError) -> ConfigError:
    """Say which address, why, and how to choose another."""
    variable = "AIRHOOK_" + setting.upper().replace(".", "__")
    reason = os.strerror(error.errno) if error.errno else str(error)
    return ConfigError(
        f"{setting}: cannot listen on {address}: {reason}; choose another address or port with {setting} or {variable}"
    )
