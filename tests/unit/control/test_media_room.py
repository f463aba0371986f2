"""A disk that is nearly full: media jobs end before callbacks do, and begin again with room to spare."""

import asyncio
from pathlib import Path
from typing import Any

from airhook.control.media_room import MediaRoom, MediaSweeper
from airhook.core.clock import SystemClock
from airhook.media.store.base import StoreError
from airhook.media.store.retention import Keep
from support.media_store import key, local_store

MIN_FREE = 1000


class Disk:
    def __init__(self, folder: Path) -> None:
        self.free = 5000
        self.told: list[tuple[str, object]] = []
        self.jobs: list[str] = []
        self.room = MediaRoom(folder, MIN_FREE, self, self._tell, free_bytes=lambda _folder: self.free)

    def _tell(self, kind: str, data: dict[str, object]) -> None:
        self.told.append((kind, data["free_bytes"]))

    def hold(self, why: str) -> None:
        self.jobs.append(f"hold: {why}")

    def release(self) -> None:
        self.jobs.append("release")

    def look(self, free: int) -> None:
        self.free = free
        asyncio.run(self.room.look())


def test_jobs_end_below_the_limit_and_begin_again_with_some_room_to_spare(tmp_path):
    disk = Disk(tmp_path)
    for free in (1000, 999, 500, 1000, 1249, 1250, 5000):
        disk.look(free)
    assert disk.told == [("media_disk_low", 999), ("media_disk_recovered", 1250)]
    assert disk.jobs == ["hold: the disk is nearly full", "release"]


def test_the_room_of_a_folder_that_is_not_there_yet_is_its_parent_s(tmp_path):
    told: list[str] = []
    disk = Disk(tmp_path)
    room = MediaRoom(tmp_path / "not" / "yet", 1 << 62, disk, lambda kind, _data: told.append(kind))
    asyncio.run(room.look())
    assert told == ["media_disk_low"]


def test_old_pictures_are_swept(tmp_path):
    store = local_store(tmp_path / "media")
    (tmp_path / "a").write_bytes(b"x")
    asyncio.run(store.put(tmp_path / "a", key("a.jpg"), "image/jpeg"))
    ahead = SystemClock(offset_ms=2 * 86_400_000)
    asyncio.run(MediaSweeper(store, Keep(pictures_days=3), ahead).sweep())
    assert store.find(key("a.jpg")) is not None
    asyncio.run(MediaSweeper(store, Keep(pictures_days=1), ahead).sweep())
    assert store.find(key("a.jpg")) is None


def test_a_store_that_cannot_be_listed_ends_nothing(tmp_path, caplog):
    class Away:
        def items(self):
            raise StoreError("the bucket cannot be listed: it is away")

    away: Any = Away()
    asyncio.run(MediaSweeper(away, Keep(), SystemClock()).sweep())
    assert "it is away" in caplog.text
