"""The pool of workers: what a task goes through when all is well, and when its worker dies."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest
import uvloop

from airhook.core.clock import IdMaker, SystemClock
from airhook.media import spool
from airhook.media.protocol import RecordSpec, RecoverSpec, Subject
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
            "",
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
