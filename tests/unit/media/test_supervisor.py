"""The pool of workers: what a task goes through when all is well, and when its worker dies."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import uvloop

from airhook.core.clock import IdMaker, SystemClock
from airhook.ingest.outlet import Outlet
from airhook.ingest.outlets import Outlets
from airhook.media import spool, supervisor
from airhook.media.protocol import FormatSpec, Input, PullInput, PushInput, RecordSpec, RecoverSpec, Subject
from airhook.media.supervisor import PoolSettings, Supervisor

NOBODY = Subject(account_id=1, appid=1, domain="push.example.com", app="live", stream="room1001")
WITHIN_S = 20


class Pool:
    """A supervisor over an empty spool, and what it told."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.over: asyncio.Queue[str] = asyncio.Queue()
        self.retired: list[str] = []
        self.spool = folder / "spool"
        self.supervisor = Supervisor(
            self.spool,
            str(folder / "run" / "outlets.sock"),
            PoolSettings(**settings),
            IdMaker(SystemClock()),
            on_report=lambda _path: None,
            on_retired=self.retired.append,
            on_over=self.over.put_nowait,
        )

    async def until_over(self, *keys: str) -> None:
        left = set(keys)
        async with asyncio.timeout(WITHIN_S):
            while left:
                left.discard(await self.over.get())

    def record(self, source: Input) -> str:
        return self.supervisor.begin(NOBODY, 1, RecordSpec(formats=[FormatSpec(format="flv")]), source)

    async def workers_of(self, *keys: str, without: int = 0) -> list[int]:
        """The processes that run these tasks, once all are run, and none by ``without``."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                found = [self.supervisor.placements()[key] for key in keys]
                if all(found) and without not in found:
                    return found
                await asyncio.sleep(0.01)

    async def pid(self) -> int:
        async with asyncio.timeout(WITHIN_S):
            while not self.supervisor.pids():
                await asyncio.sleep(0.01)
        return self.supervisor.pids()[0]


def test_a_worker_starts_when_a_task_needs_it_and_tells_when_that_is_over(tmp_path):
    async def main():
        pool = Pool(tmp_path)
        assert pool.supervisor.stats().workers == 0
        first = pool.supervisor.begin(NOBODY, 1, RecoverSpec(folder="gone"))
        second = pool.supervisor.begin(NOBODY, 1, RecoverSpec(folder="gone too"))
        await pool.until_over(first, second)
        assert pool.supervisor.stats().workers == 1
        assert pool.supervisor.stats().tasks == 0
        assert sorted(pool.retired) == ["gone", "gone too"]
        await pool.supervisor.close()
        assert pool.supervisor.stats().workers == 0

    uvloop.run(main())


def test_a_worker_that_is_killed_is_replaced_and_its_task_done_by_the_next(tmp_path):
    async def main():
        pool = Pool(tmp_path)
        held = spool.TaskFolder(pool.spool / "held")
        held.path.mkdir(parents=True)
        held.hold()  # so that the task takes until we let go
        key = pool.supervisor.begin(NOBODY, 1, RecoverSpec(folder="held"))
        first = await pool.pid()
        os.kill(first, signal.SIGKILL)
        async with asyncio.timeout(WITHIN_S):
            while first in pool.supervisor.pids() or not pool.supervisor.pids():
                await asyncio.sleep(0.01)
        assert pool.supervisor.stats().deaths == 1
        held.close()
        await pool.until_over(key)
        await pool.supervisor.close()

    uvloop.run(main())


@contextlib.asynccontextmanager
async def outlets(pool: Pool, folder: Path) -> AsyncIterator[None]:
    """Pushes that say nothing; the pool ends with them."""
    silent = Outlets(lambda *_: Outlet())
    await silent.start(folder / "run" / "outlets.sock")
    try:
        yield
    finally:
        await pool.supervisor.close()
        await silent.stop()


def test_a_stream_that_kills_its_workers_is_soon_the_only_one_on_them(tmp_path, monkeypatch):
    monkeypatch.setattr(supervisor, "FIRST_PAUSE_S", 0.05)

    async def main():
        pool = Pool(tmp_path, workers=2)
        async with outlets(pool, tmp_path):
            hostile, *others = [pool.record(PushInput(session_id=n, epoch=1)) for n in range(8)]
            crowds: list[int] = []
            worker = 0
            while not crowds or crowds[-1] > 1:
                worker, *rest = await pool.workers_of(hostile, *others, without=worker)
                crowds.append(1 + rest.count(worker))
                os.kill(worker, signal.SIGKILL)
            assert crowds == [8, 4, 2, 1]
            before = await pool.workers_of(*others)
            (again,) = await pool.workers_of(hostile, without=worker)
            os.kill(again, signal.SIGKILL)
            await pool.workers_of(hostile, without=again)
            assert await pool.workers_of(*others) == before

    uvloop.run(main())


def test_who_has_lived_for_a_while_is_trusted_again(tmp_path, monkeypatch):
    monkeypatch.setattr(supervisor, "FIRST_PAUSE_S", 0.05)
    monkeypatch.setattr(supervisor, "TRUST_S", 1.0)

    async def main():
        pool = Pool(tmp_path, workers=1, streams_per_worker=3)
        async with outlets(pool, tmp_path):
            keys = [pool.record(PushInput(session_id=n, epoch=1)) for n in range(2)]
            worker, _ = await pool.workers_of(*keys)
            os.kill(worker, signal.SIGKILL)
            first, second = await pool.workers_of(*keys, without=worker)
            assert first != second
            joined: list[bool] = []
            async with asyncio.timeout(WITHIN_S):
                while not joined or not joined[-1]:
                    key = pool.record(PushInput(session_id=3, epoch=1))
                    joined.append(pool.supervisor.placements()[key] in (first, second))
                    pool.supervisor.stop(key)
                    await asyncio.sleep(0.05)
            assert not joined[0], "who is trusted joins no suspect"

    uvloop.run(main())


def test_what_is_pulled_shares_no_worker_with_pushes(tmp_path):
    async def main():
        pool = Pool(tmp_path, workers=1)
        async with outlets(pool, tmp_path):
            with socket.create_server(("127.0.0.1", 0)) as mute:
                url = f"http://127.0.0.1:{mute.getsockname()[1]}/live.flv"
                pushed = pool.record(PushInput(session_id=1, epoch=1))
                pulled = pool.record(PullInput(url=url, session_id=2))
                one, other = await pool.workers_of(pushed, pulled)
            assert one != other

    uvloop.run(main())


def test_a_worker_has_no_settings_no_secrets_and_no_handles_of_the_node(tmp_path, monkeypatch):
    monkeypatch.setenv("AIRHOOK_OPERATIONS__KEY", "whsec_secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")

    async def main():
        database = (tmp_path / "airhook.db").open("wb")
        os.set_inheritable(database.fileno(), True)
        pool = Pool(tmp_path)
        await pool.until_over(pool.supervisor.begin(NOBODY, 1, RecoverSpec(folder="gone")))
        process = Path(f"/proc/{await pool.pid()}")
        environment = (process / "environ").read_bytes().decode()
        open_files = [str(handle.readlink()) for handle in (process / "fd").iterdir()]
        limits = (process / "limits").read_text()
        await pool.supervisor.close()
        database.close()
        assert "AIRHOOK_" not in environment
        assert "secret" not in environment
        assert not [path for path in open_files if "airhook.db" in path]
        for name, bound in (("address space", 2 << 30), ("open files", 1024), ("core file size", 0)):
            line = next(line for line in limits.splitlines() if name in line)
            assert str(bound) in line.split(), line
        cpu = next(line for line in limits.splitlines() if "cpu time" in line)
        assert cpu.split()[3] != "unlimited", cpu

    uvloop.run(main())


@pytest.mark.parametrize("workers", [1, 2])
def test_no_more_workers_than_allowed_and_no_more_streams_on_one(tmp_path, workers):
    async def main():
        pool = Pool(tmp_path, workers=workers, streams_per_worker=1)
        folders = []
        for n in range(3):
            folder = spool.TaskFolder(pool.spool / f"held{n}")
            folder.path.mkdir(parents=True)
            folder.hold()
            folders.append(folder)
        keys = [pool.supervisor.begin(NOBODY, 1, RecoverSpec(folder=folder.path.name)) for folder in folders]
        stats = pool.supervisor.stats()
        assert (stats.workers, stats.waiting) == (workers, 3 - workers)
        for folder in folders:
            folder.close()
        await pool.until_over(*keys)
        await pool.supervisor.close()

    uvloop.run(main())


def test_a_signal_to_all_processes_leaves_the_end_of_workers_to_the_node(tmp_path):
    async def main():
        pool = Pool(tmp_path)
        await pool.until_over(pool.supervisor.begin(NOBODY, 1, RecoverSpec(folder="gone")))
        os.kill(await pool.pid(), signal.SIGTERM)
        os.kill(await pool.pid(), signal.SIGINT)
        await pool.until_over(pool.supervisor.begin(NOBODY, 1, RecoverSpec(folder="gone")))
        assert pool.supervisor.stats().deaths == 0
        await pool.supervisor.close()

    uvloop.run(main())


def test_what_a_worker_says_is_in_the_node_s_log(tmp_path, caplog):
    async def main():
        pool = Pool(tmp_path)
        key = pool.supervisor.begin(NOBODY, 1, RecordSpec(formats=[]), None)
        (pool.spool / key).mkdir(parents=True)  # its place is taken
        async with asyncio.timeout(WITHIN_S):
            while "a task cannot begin" not in caplog.text:
                await asyncio.sleep(0.01)
        pool.supervisor.stop(key)
        await pool.supervisor.close()
        assert "FileExistsError" in caplog.text

    uvloop.run(main())
