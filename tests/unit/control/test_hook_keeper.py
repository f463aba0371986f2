"""Who looks after pushes of media servers looks while there are any, and rests while there are none."""

import asyncio

from airhook.control import hook_keeper
from support.desk import open_desk, wait
from support.hook_stage import REMOTE, set_hook_stage
from support.recorded_hooks import names, recorded

SOON_S = 10
KIND = "nginx-rtmp"


def test_it_looks_while_a_push_is_on_and_saves_notes_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(hook_keeper, "LOOK_S", 0)
    looked: asyncio.Queue[int] = asyncio.Queue()

    async def scenario(stage):
        look = stage.keeper.look

        async def watched():
            await look()
            looked.put_nowait(len(list(stage.hooks.pushes)))

        async def next_look():
            return await asyncio.wait_for(looked.get(), SOON_S)

        async def rests():
            for _ in range(20):
                await asyncio.sleep(0.005)
            return looked.empty()

        monkeypatch.setattr(stage.keeper, "look", watched)
        running = asyncio.create_task(stage.keeper.run())
        assert await rests()
        for name in names(KIND, "A-vhostparam"):
            await stage.hooks.handle(stage.media_server, REMOTE, recorded(KIND, name))
            if list(stage.hooks.pushes):
                break
        assert [await next_look() for _ in range(3)] == [1, 1, 1]
        for name in names(KIND, "A-vhostparam")[1:]:
            await stage.hooks.handle(stage.media_server, REMOTE, recorded(KIND, name))
        while await next_look():
            pass
        assert await rests()
        stage.keeper._save_at = stage.desk.clock.monotonic()
        running.cancel()
        again = asyncio.create_task(stage.keeper.run())
        assert await next_look() == 0, "what was noted is saved in time"
        again.cancel()

    with open_desk(tmp_path) as desk:
        wait(scenario(set_hook_stage(desk, KIND)))
