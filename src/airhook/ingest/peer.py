"""What a publisher's socket tells: its address, how it was lost, and what lies unread in it."""

import ipaddress
import os
import socket

from airhook.core import reasons
from airhook.core.reasons import Reason

READ_BYTES = 65_536


def plain_address(peer: object) -> str:
    """The peer's address without port, zone, or the IPv6 form of an IPv4 one; "" when it is gone already."""
    if not isinstance(peer, tuple):
        return ""
    address = ipaddress.ip_address(str(peer[0]).partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def reason_of_loss(error: Exception | None) -> Reason:
    if error is None:
        return reasons.CONNECTION_CLOSED
    return reasons.READ_FAILED if isinstance(error, ConnectionError) else reasons.NETWORK_ERROR


def read_rest(lost: socket.socket) -> bytes:
    """Some of what lies unread in a lost connection; nothing when there is no more."""
    try:
        return os.read(lost.fileno(), READ_BYTES)
    except OSError:
        return b""
