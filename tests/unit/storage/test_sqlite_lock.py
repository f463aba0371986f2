"""One server on one folder."""

import fcntl
import os
import signal
import subprocess
import sys
import time

import pytest

from airhook.core.errors import ConfigError
from airhook.storage.sqlite import lock_folder
from airhook.storage.sqlite.lock import LOCK_FILE, is_locked

HOLD = """
import sys
from pathlib import Path
from airhook.storage.sqlite import lock_folder
lock = lock_folder(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_one_hears_who_holds_it(tmp_path):
    with lock_folder(tmp_path / "data"), pytest.raises(ConfigError, match=f"process {os.getpid()}"):
        lock_folder(tmp_path / "data")
    lock_folder(tmp_path / "data").release()


def test_the_lock_ends_with_its_process_however_that_ends(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"held\n"
            with pytest.raises(ConfigError, match=f"process {holder.pid};"):
                lock_folder(tmp_path)
            holder.send_signal(signal.SIGKILL)
            holder.wait(20)
        finally:
            holder.kill()
    with lock_folder(tmp_path):
        assert (tmp_path / "airhook.lock").read_text() == f"{os.getpid()}\n"


def test_releasing_twice_is_no_error(tmp_path):
    lock = lock_folder(tmp_path)
    lock.release()
    lock.release()


def test_a_place_that_is_no_folder_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="lock"):
        lock_folder(tmp_path / "file")


def test_whether_it_is_locked_can_be_asked(tmp_path):
    assert not is_locked(tmp_path)
    with lock_folder(tmp_path):
        assert is_locked(tmp_path)
    assert not is_locked(tmp_path)


def test_who_only_looks_stops_no_start(tmp_path, monkeypatch):
    lock_folder(tmp_path).release()
    with (tmp_path / LOCK_FILE).open() as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        monkeypatch.setattr(time, "sleep", lambda _: fcntl.flock(file, fcntl.LOCK_UN))
        lock_folder(tmp_path).release()
