"""Sockets that listen at every address of a host."""

import asyncio
import contextlib
import errno
import socket
from typing import Any


async def listen_at(host: str, port: int, backlog: int) -> list[socket.socket]:
    """One socket for each address; with ``port`` 0 the system chooses one for each. ``backlog`` is how many
    connections may wait at each.

    IPv6 addresses take no IPv4 connections. Raises ``OSError``.
    """
    found = await asyncio.get_running_loop().getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    with contextlib.ExitStack() as made:
        sockets = []
        for family, _, _, _, where in dict.fromkeys(found):
            try:
                sockets.append(made.enter_context(_listen(family, where, backlog)))
            except OSError as error:
                # A name may have an IPv6 address where the system has no IPv6.
                if error.errno != errno.EAFNOSUPPORT or len(found) == 1:
                    raise
        made.pop_all()
    return sockets


def _listen(family: int, where: Any, backlog: int) -> socket.socket:
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind(where)
        listening.listen(backlog)
    except OSError:
        listening.close()
        raise
    return listening
