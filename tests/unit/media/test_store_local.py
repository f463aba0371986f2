"""The folder that media is kept in: whole files, and nothing outside of it."""

import asyncio
import os
from pathlib import Path

import pytest

from airhook.media.store.base import Key, StoreError
from airhook.media.store.local import LocalStore
from airhook.media.store.retention import DAY_MS, Keep, sweep
from support.media_store import key, local_store
from support.storage import SetClock

PATH = "2026-01-15/room1001.jpg"


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return local_store(tmp_path / "media")


def put(store: LocalStore, file: Path, where: Key, data: bytes = b"picture") -> str:
    file.unlink(missing_ok=True)  # a file that was put is not written any more
    file.write_bytes(data)
    return asyncio.run(store.put(file, where, "image/jpeg")).path


def test_a_file_is_there_under_its_key_and_the_caller_s_stays(store, tmp_path):
    assert put(store, tmp_path / "a", key(PATH)) == f"/{PATH}"
    found = store.find(key(PATH))
    assert found is not None
    assert found.read_bytes() == b"picture"
    assert (tmp_path / "a").read_bytes() == b"picture"


def test_a_repeat_replaces_the_object(store, tmp_path):
    put(store, tmp_path / "a", key(PATH), b"torn")
    put(store, tmp_path / "b", key(PATH), b"whole")
    found = store.find(key(PATH))
    assert found is not None
    assert found.read_bytes() == b"whole"
    assert [item.key for item in store.items()] == [key(PATH)]


def test_another_account_s_object_is_not_found(store, tmp_path):
    put(store, tmp_path / "a", key(PATH))
    assert store.find(key(PATH, account_id=8)) is None


@pytest.mark.parametrize(
    "path",
    [
        "../8/room.jpg",
        "a/../../8/room.jpg",
        "/etc/passwd",
        "a//b.jpg",
        "./a.jpg",
        "a/.hidden",
        "a\\b.jpg",
        "a\n.jpg",
        "a\0.jpg",
        "",
        "a/" + "x" * 300,
    ],
)
def test_a_path_that_leads_elsewhere_is_refused(store, tmp_path, path):
    (tmp_path / "a").write_bytes(b"x")
    with pytest.raises(ValueError, match="media path"):
        asyncio.run(store.put(tmp_path / "a", key(path), "image/jpeg"))
    assert store.find(key(path)) is None


def test_a_symbolic_link_out_of_the_folder_is_not_followed(store, tmp_path):
    put(store, tmp_path / "a", key(PATH))
    secret = tmp_path / "secret.key"
    secret.write_bytes(b"master key")
    (tmp_path / "media" / "7" / "out.jpg").symlink_to(secret)
    assert store.find(key("out.jpg")) is None


def test_removing_the_last_object_removes_its_folders(store, tmp_path):
    put(store, tmp_path / "a", key(PATH))
    store.remove(key(PATH))
    store.remove(key(PATH))  # gone already: no fault
    assert store.find(key(PATH)) is None
    assert list((tmp_path / "media" / "7").iterdir()) == []


def test_what_cannot_be_stored_says_so(store, tmp_path):
    with pytest.raises(StoreError, match=r"room1001.jpg cannot be stored: No such file"):
        asyncio.run(store.put(tmp_path / "missing", key(PATH), "image/jpeg"))
    assert list(store.items()) == []


def age(store: LocalStore, where: Key, days: float, clock: SetClock) -> None:
    found = store.find(where)
    assert found is not None
    at_s = clock.now_ms() / 1000 - days * DAY_MS / 1000
    os.utime(found, (at_s, at_s))


def test_pictures_and_recordings_have_ages_of_their_own(store, tmp_path):
    clock = SetClock()
    for name, days in (("old.jpg", 31), ("new.jpg", 29), ("old.mp4", 31), ("ancient.mp4", 91)):
        put(store, tmp_path / "a", key(name))
        age(store, key(name), days, clock)
    assert sweep(store, Keep(pictures_days=30, recordings_days=90), clock) == 2
    assert {item.key.path for item in store.items()} == {"new.jpg", "old.mp4"}


def test_the_oldest_go_until_the_rest_is_small_enough(store, tmp_path):
    clock = SetClock()
    for days in range(5):
        put(store, tmp_path / "a", key(f"{days}.mp4"), b"x" * 100)
        age(store, key(f"{days}.mp4"), days, clock)
    assert sweep(store, Keep(bytes=250), clock) == 3
    assert {item.key.path for item in store.items()} == {"0.mp4", "1.mp4"}


def test_without_bounds_everything_stays(store, tmp_path):
    clock = SetClock()
    put(store, tmp_path / "a", key(PATH))
    age(store, key(PATH), 10_000, clock)
    assert sweep(store, Keep(pictures_days=0), clock) == 0
