"""``airhook demo``: play the story, sum it up, and stay up for a look around."""

import asyncio
import time

from airhook.core.errors import AirhookError
from airhook.tools.demo.server import DemoServer
from airhook.tools.demo.stage import Stage
from airhook.tools.demo.story import Story
from airhook.tools.listen import Listener
from airhook.tools.stopping import asked_to_stop, first_of
from airhook.tools.terminal import Paint

OBS_STREAM = "obs1"


def run(*, stay: bool) -> int:
    """The exit status: 0 when everything expected arrived."""
    return asyncio.run(_run(stay=stay))


async def _run(*, stay: bool) -> int:
    stage = Stage(Paint())
    stage.title(
        "Airhook demo",
        "Somebody pushes a live stream to Airhook; Airhook posts signed callbacks to a receiver.",
    )
    async with asked_to_stop() as asked:
        status = await first_of(_play(stage, stay=stay), asked)
    if status is None:
        print("\n  Stopped; nothing is left behind.", flush=True)
        return 0 if stage.summed_up else 1
    return status


async def _play(stage: Stage, *, stay: bool) -> int:
    began = time.monotonic()
    async with (
        Listener("127.0.0.1", 0, on_callback=stage.callback) as receiver,
        DemoServer() as server,
    ):
        stage.fact(
            "server", f"http://{server.http} and rtmp://{server.rtmp}, ready in {server.start_s:.1f} s"
        )
        stage.fact("receiver", f"{receiver.url}, checks every signature")
        story = Story(server, receiver, stage)
        try:
            await story.set_up()
            await story.play()
        except AirhookError as error:
            stage.failed(error.message, server.log_tail())
            return 1
        stage.sum_up(time.monotonic() - began)
        if stay:
            await _tell_around(stage, story, server)
            await server.died()
            stage.failed("the server ended by itself", server.log_tail())
            return 1
    return 0


async def _tell_around(stage: Stage, story: Story, server: DemoServer) -> None:
    link = await server.command("console-link", "--json")
    url = story.push_url(OBS_STREAM)
    folder, _, key = url.rpartition("/")
    stage.title("It stays up until Ctrl-C.", "Push something yourself, and its callbacks appear here.")
    stage.fact("console", f"{link['url']} (signs you in, once)")
    stage.fact("OBS", f"server      {folder}")
    stage.fact("", f"stream key  {key}")
    stage.fact("ffmpeg", f'ffmpeg -re -i VIDEO.mp4 -c:v libx264 -c:a aac -f flv "{url}"')
    stage.fact("or", f'airhook publish "{url}"')
    print(flush=True)
