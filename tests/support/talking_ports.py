"""A process with an HTTP and an RTMP port, as the server opens them, and nothing else in it.

It prints both ports as JSON, then whatever is logged, and ends with its standard input.
"""

import asyncio
import json
import logging
import socket
import sys

import uvloop
from starlette.responses import PlainTextResponse

from airhook.core.clock import SystemClock
from airhook.ingest.server import RtmpServer
from airhook.web.server import HttpServer
from support.push_gate import RecordingGate


async def serve() -> None:
    http = socket.create_server(("127.0.0.1", 0))
    web, rtmp = HttpServer(PlainTextResponse("hello")), RtmpServer(RecordingGate(), SystemClock())
    await web.start(http)
    ports = {"http": http.getsockname()[1], "rtmp": await rtmp.start("127.0.0.1", 0)}
    print(json.dumps(ports), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await asyncio.gather(web.stop(), rtmp.stop())


if __name__ == "__main__":
    logging.basicConfig(stream=sys.stdout, format="%(message)s")
    uvloop.run(serve())
