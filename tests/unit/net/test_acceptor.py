"""Accepting from real sockets, on both event loops: what the system refuses is borne, and everyone has their turn."""

import asyncio
import contextlib
import errno
import logging
import os
import socket
from collections import Counter
from typing import Any

import pytest
import uvloop

from airhook.net import acceptor
from airhook.net.acceptor import BURST, Acceptor

SOON_S = 30
BOTH = pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
LACKS = [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EINVAL]


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
        self.peer = transport.get_extra_info("peername")

    def data_received(self, data):
        self.transport.write(data)


class Grudging(socket.socket):
    """A listening socket at which ``accept`` fails in the order of ``faults``; 0 lets one in."""

    faults: tuple[int, ...] = ()

    def accept(self):
        fault, *rest = self.faults or (0,)
        type(self).faults = tuple(rest)
        if fault:
            raise OSError(fault, os.strerror(fault))
        return super().accept()


@pytest.fixture
def listening():
    with Grudging(socket.AF_INET, socket.SOCK_STREAM) as one:
        one.bind(("127.0.0.1", 0))
        one.listen(512)
        Grudging.faults = ()
        yield one


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(acceptor, "REST_S", 0.02)
    monkeypatch.setattr(acceptor, "CALM_S", 0.1)


class Lines(logging.Handler):
    """What is logged, and who waits for it."""

    def __init__(self):
        super().__init__()
        self.said = []
        self.changed = asyncio.Event()

    def emit(self, record):
        self.said.append(record.getMessage())
        self.changed.set()

    async def wait(self, part):
        async with asyncio.timeout(SOON_S):
            while not any(part in line for line in self.said):
                self.changed.clear()
                await self.changed.wait()


@contextlib.asynccontextmanager
async def accepting(listening, make=Echo):
    """Gives what is logged meanwhile; nothing may fail inside the event loop."""
    lines, failed = Lines(), []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failed.append(context))
    acceptor.log.addHandler(lines)
    one = Acceptor("test", [listening], make)
    try:
        yield lines
    finally:
        one.close()
        await asyncio.sleep(2 * acceptor.REST_S)  # nothing may happen any more
        acceptor.log.removeHandler(lines)
    assert failed == []


async def echoed(where, said=b"hello"):
    """Connect, and wait for what was said to come back."""
    async with asyncio.timeout(SOON_S):
        reader, writer = await asyncio.open_connection(sock=where)
        writer.write(said)
        heard = await reader.readexactly(len(said))
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
    return heard == said


def call(listening):
    """A connection that waits in the backlog."""
    caller = socket.socket(listening.family, socket.SOCK_STREAM)
    caller.connect(listening.getsockname())
    caller.setblocking(False)
    return caller


@BOTH
def test_a_crowd_is_served_and_leaves_others_their_turn(run, listening):
    async def main():
        crowd = [call(listening) for _ in range(5 * BURST)]
        turns: Counter[int] = Counter()
        turn = 0

        def make():
            turns[turn] += 1
            return Echo()

        async def count():
            nonlocal turn
            while True:
                turn += 1
                await asyncio.sleep(0)

        counting = asyncio.create_task(count())
        async with accepting(listening, make):
            assert all(await asyncio.gather(*map(echoed, crowd)))
        counting.cancel()
        assert sum(turns.values()) == 5 * BURST
        assert 1 < max(turns.values()) <= BURST

    run(main())


@BOTH
@pytest.mark.parametrize("lack", LACKS, ids=map(errno.errorcode.get, LACKS))
def test_a_lack_is_waited_for_and_told_of_once(run, listening, lack):
    async def main():
        Grudging.faults = (lack,) * 3
        async with accepting(listening) as lines:
            assert await echoed(call(listening))
            await lines.wait("accepted again")
        assert (
            lines.said[0] == f"no test connection can be accepted: {os.strerror(lack)}; those that come wait"
        )
        assert lines.said[1].startswith("test connections are accepted again, after 0.")
        assert len(lines.said) == 2

    run(main())


def test_a_lack_that_comes_and_goes_is_one(listening):
    async def main():
        Grudging.faults = (errno.EMFILE, 0, errno.EMFILE, 0, errno.EMFILE, 0)
        async with accepting(listening) as lines:
            assert all([await echoed(call(listening)) for _ in range(3)])
            await lines.wait("accepted again")
        assert len(lines.said) == 2

    uvloop.run(main())


def test_a_second_lack_is_told_of_as_well(listening):
    async def main():
        async with accepting(listening) as lines:
            for _ in range(2):
                Grudging.faults = (errno.EMFILE,)
                assert await echoed(call(listening))
                await lines.wait("accepted again")
                assert len(lines.said) == 2
                lines.said.clear()

    uvloop.run(main())


def test_what_is_wrong_with_one_connection_holds_up_no_other(listening):
    async def main():
        Grudging.faults = (errno.ECONNABORTED, errno.EPROTO, errno.EHOSTUNREACH) * 20
        async with accepting(listening) as lines:
            assert await echoed(call(listening))
        assert lines.said == []

    uvloop.run(main())


@BOTH
def test_a_connection_that_cannot_be_served_is_closed_and_the_next_is_served(run, listening):
    async def main():
        broken = [RuntimeError("out of order")]

        def make():
            if broken:
                raise broken.pop()
            return Echo()

        async with accepting(listening, make) as lines:
            first = call(listening)
            reader, writer = await asyncio.open_connection(sock=first)
            async with asyncio.timeout(SOON_S):
                assert await reader.read() == b""
            writer.close()
            assert await echoed(call(listening))
        assert lines.said == ["a connection could not be served (test)"]

    run(main())


@BOTH
def test_it_can_be_closed_while_it_rests(run, listening):
    async def main():
        Grudging.faults = (errno.EMFILE,) * 1000
        with call(listening) as waiting:
            async with accepting(listening) as lines:
                await lines.wait("no test connection")
                left = len(Grudging.faults)
            assert len(Grudging.faults) == left
            assert await asyncio.to_thread(is_reset, waiting)

    run(main())


@BOTH
def test_what_was_accepted_before_the_close_is_told_so_and_goes_on(run, listening):
    async def main():
        made, accepted = [], asyncio.Event()

        class Last(Echo):
            def connection_made(self, transport):
                super().connection_made(transport)
                made.append(self)

        def make():
            one.close()
            accepted.set()
            return Last()

        with call(listening) as last:
            one = Acceptor("test", [listening], make)
            async with asyncio.timeout(SOON_S):
                await accepted.wait()
                await one.wait_opened()
            assert len(made) == 1
            assert await echoed(last)

    run(main())


@BOTH
@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6, socket.AF_UNIX], ids=lambda f: f.name)
def test_the_other_end_is_known(run, family, tmp_path):
    async def main():
        peers: asyncio.Queue[Any] = asyncio.Queue()

        class Known(Echo):
            def connection_made(self, transport):
                super().connection_made(transport)
                peers.put_nowait(self.peer)

        where: dict[int, Any] = {socket.AF_INET6: ("::1", 0), socket.AF_UNIX: str(tmp_path / "here")}
        with socket.socket(family, socket.SOCK_STREAM) as listening:
            listening.bind(where.get(family, ("127.0.0.1", 0)))
            listening.listen()
            async with accepting(listening, Known):
                caller = call(listening)
                named = caller.getsockname()
                assert await echoed(caller)
                assert (await peers.get() or "") == named

    run(main())


def is_reset(connection):
    connection.settimeout(SOON_S)
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True
