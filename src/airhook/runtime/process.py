"""One serving process: its folder's lock, its signals, its loop."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable

import uvloop

from airhook.config import Settings
from airhook.core import garbage
from airhook.observe import log as logs
from airhook.runtime.files import raise_open_files
from airhook.runtime.server import Server
from airhook.storage.sqlite import lock_folder

log = logging.getLogger("airhook")


async def _nothing() -> None:
    """What there is to prepare in a folder that is made ready elsewhere."""


def run(settings: Settings, prepare: Callable[[], Awaitable[None]] = _nothing) -> None:
    """Serve until SIGTERM or SIGINT. Raises ``ConfigError`` when it cannot start."""
    logs.configure(settings.log.level, settings.log.format, background=True)
    over = False

    async def main() -> None:
        nonlocal over
        await serve(settings, prepare)
        over = True

    try:
        uvloop.run(main())
    except (OSError, RuntimeError) as error:  # its loop needs files once more, to be closed
        if not over:
            raise
        log.warning(
            "everything is stopped; only the event loop could not be closed: %s", error.__context__ or error
        )


async def serve(settings: Settings, prepare: Callable[[], Awaitable[None]] = _nothing) -> None:
    """Serve inside the running loop; ``prepare`` runs first, once the folder is ours alone.

    Raises ``ConfigError`` when it cannot start.
    """
    raise_open_files()
    _warn_of_plain_http(settings)
    with lock_folder(settings.data_dir):
        stop = _stop_signal()
        await prepare()
        server = Server(settings)
        try:
            await server.start()
            await _complete(server, stop)
            await stop.wait()
            log.info("stopping: live pushes may come back within their reconnect window")
        finally:
            await server.stop()


async def _complete(server: Server, stop: asyncio.Event) -> None:
    """Whoever stops the server does not wait for what it lacks, such as files to load the faces from."""
    completing, stopping = asyncio.create_task(server.complete()), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((completing, stopping), return_when=asyncio.FIRST_COMPLETED)
        if completing.done():
            completing.result()
            garbage.settle()
    finally:
        for task in (completing, stopping):
            task.cancel()


def _warn_of_plain_http(settings: Settings) -> None:
    host = settings.http.listen.host
    if host not in ("127.0.0.1", "::1", "localhost") and not settings.public_url.startswith("https://"):
        log.warning(
            "http.listen is %s without an https public_url: passwords and keys cross the network readable; "
            "put a TLS proxy in front and name it in public_url",
            settings.http.listen,
        )


def _stop_signal() -> asyncio.Event:
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, asked.set)
    return asked
