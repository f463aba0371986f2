"""Binding: every address of a host, ports as they are asked for, and errors that leave nothing behind."""

import asyncio
import socket

import pytest
import uvloop

from airhook.net.listening import listen_at
from support.ports import free_port

STREAM = socket.SOCK_STREAM


@pytest.fixture
def found_at(monkeypatch):
    """Make every host have the addresses that it is given as (family, address): a name server's answer is none of a test's."""

    def find(*addresses):
        async def getaddrinfo(*_, **__):
            return [(family, STREAM, 6, "", where) for family, where in addresses]

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)

    return find


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_the_system_chooses_a_port(host):
    async def main():
        (one,) = await listen_at(host, 0, 16)
        with one:
            where = one.getsockname()
            assert where[0] == host
            assert one.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)
            socket.create_connection(where[:2]).close()

    uvloop.run(main())


def test_without_a_host_it_listens_everywhere_and_both_families_may_have_the_port(found_at):
    async def main():
        port = free_port()
        found_at((socket.AF_INET, ("0.0.0.0", port)), (socket.AF_INET6, ("::", port, 0, 0)))
        sockets = await listen_at("", port, 16)
        for one, host in zip(sockets, ("127.0.0.1", "::1"), strict=True):
            with one, socket.create_connection((host, port)), one.accept()[0] as accepted:
                assert accepted.getpeername()[0] == host

    asyncio.run(main())


def test_an_address_that_is_found_twice_is_bound_once(found_at):
    async def main():
        found_at(*[(socket.AF_INET, ("127.0.0.1", 0))] * 2)
        (one,) = await listen_at("localhost", 0, 16)
        one.close()

    asyncio.run(main())


def test_an_address_of_a_family_that_the_system_lacks_is_left_out(found_at):
    async def main():
        lacking = (socket.AF_X25, ("::1", 0))  # as AF_INET6 where the kernel was told so
        found_at(lacking, (socket.AF_INET, ("127.0.0.1", 0)))
        (one,) = await listen_at("localhost", 0, 16)
        one.close()
        found_at(lacking)
        with pytest.raises(OSError, match="not supported"):
            await listen_at("localhost", 0, 16)

    asyncio.run(main())


def test_a_port_that_is_taken_leaves_none_of_the_others_open(found_at):
    async def main():
        (taken,) = await listen_at("127.0.0.1", 0, 16)
        with taken:
            free = ("127.0.0.1", free_port())
            found_at((socket.AF_INET, free), (socket.AF_INET, taken.getsockname()))
            with pytest.raises(OSError, match="in use"):
                await listen_at("localhost", 0, 16)
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(free)

    asyncio.run(main())
