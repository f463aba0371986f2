"""``airhook serve`` as a process: an empty folder, a calm end, and errors in one line."""

import contextlib
import json
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request

import pytest

from airhook.storage.secretbox import load_or_create_secret_key
from airhook.storage.sqlite import migrate

SOON_S = 30
ANY_PORTS = {"AIRHOOK_HTTP__LISTEN": "127.0.0.1:0", "AIRHOOK_RTMP__LISTEN": "127.0.0.1:0"}


@contextlib.contextmanager
def serving(folder, monkeypatch, **environ):
    """The process; afterwards it is gone."""
    for name, value in {**ANY_PORTS, **environ}.items():
        monkeypatch.setenv(name, value)
    command = [sys.executable, "-m", "airhook", "serve"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def ready(folder, process):
    """Where the server is, once it answers."""
    deadline = time.monotonic() + SOON_S
    while True:
        with contextlib.suppress(OSError, ValueError):
            where = json.loads((folder / "airhook-data" / "serve.json").read_text())
            with urllib.request.urlopen(f"http://{where['http']}/readyz", timeout=5):
                return where
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_an_empty_folder_is_initialized_and_its_secrets_shown_once(commands, tmp_path, monkeypatch):
    for first in (True, False):
        with serving(tmp_path, monkeypatch) as process:
            where = ready(tmp_path, process)
            if first:
                added = commands.json("domain", "add", "push.example.com")
                assert commands.json("domain", "list") == [added], "commands work beside the server"
                url = commands.ok("domain", "push-url", "push.example.com", "live", "room1")
                assert f":{where['rtmp'].rpartition(':')[2]}/" in url
            process.send_signal(signal.SIGTERM)
            output, log = process.communicate(timeout=SOON_S)
        assert process.returncode == 0, log
        assert ("SecretId" in output) is first
        assert "SecretKey" not in log
        told = [json.loads(line) for line in log.splitlines()]  # JSON, where there is no terminal
        assert {line["logger"] for line in told} == {"airhook"}, "nothing that hides the secrets"


@pytest.mark.parametrize("setting", ["http", "rtmp"])
def test_a_port_in_use_is_told_in_one_line(commands, tmp_path, monkeypatch, setting):
    commands.ok("init")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with serving(tmp_path, monkeypatch, **{f"AIRHOOK_{setting.upper()}__LISTEN": address}) as process:
            _, errors = process.communicate(timeout=SOON_S)
    assert process.returncode == 1
    (line,) = [line for line in errors.splitlines() if line.startswith("airhook: ")]
    assert f"cannot listen on {address}" in line
    assert f"AIRHOOK_{setting.upper()}__LISTEN" in line
    assert "Traceback" not in errors


def test_a_folder_in_use_is_told_in_one_line(commands, tmp_path, monkeypatch):
    with serving(tmp_path, monkeypatch) as first:
        ready(tmp_path, first)
        with serving(tmp_path, monkeypatch) as second:
            _, errors = second.communicate(timeout=SOON_S)
        assert second.returncode == 1
        assert (
            errors
            == f"airhook: airhook-data is in use by process {first.pid}; stop it, or give this one another folder\n"
        )
        first.send_signal(signal.SIGINT)
        first.communicate(timeout=SOON_S)
        assert first.returncode == 0


@pytest.mark.parametrize("left", ["nothing", "an empty file", "tables without an account"])
def test_what_an_interrupted_first_start_left_out_is_made(commands, tmp_path, monkeypatch, left):
    data = tmp_path / "airhook-data"
    data.mkdir()
    if left != "nothing":
        (data / "airhook.db").touch()
    if left == "tables without an account":
        load_or_create_secret_key(data / "secret.key")
        migrate(data)
    with serving(tmp_path, monkeypatch) as process:
        ready(tmp_path, process)
        process.send_signal(signal.SIGTERM)
        output, log = process.communicate(timeout=SOON_S)
    assert process.returncode == 0, log
    assert "SecretKey" in output
    (key,) = commands.json("key", "list")
    assert key["secret_id"] in output


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGKILL])
def test_no_moment_of_a_first_start_loses_the_secrets(commands, tmp_path, monkeypatch, sign):
    for n in range(8):
        folder = tmp_path / str(n)
        folder.mkdir()
        with serving(folder, monkeypatch) as process:
            time.sleep(0.3 + 0.1 * n)
            process.send_signal(sign)
            output, _ = process.communicate(timeout=SOON_S)
        assert set(secret_ids(folder)) <= {word for word in output.split() if word.startswith("AKID")}


def secret_ids(folder):
    path = folder / "airhook-data" / "airhook.db"
    if not path.exists():
        return []
    with contextlib.closing(sqlite3.connect(path)) as raw:
        if not raw.execute("SELECT 1 FROM sqlite_master WHERE name = 'api_keys'").fetchall():
            return []
        return [name for (name,) in raw.execute("SELECT secret_id FROM api_keys")]


def test_of_two_first_starts_one_serves_and_one_tells_why_not(commands, tmp_path, monkeypatch):
    with serving(tmp_path, monkeypatch) as one, serving(tmp_path, monkeypatch) as other:
        loser = first_to_end(one, other)
        winner = other if loser is one else one
        where = ready(tmp_path, winner)
        assert where["pid"] == winner.pid
        winner.send_signal(signal.SIGTERM)
        output, _ = winner.communicate(timeout=SOON_S)
        said, errors = loser.communicate(timeout=SOON_S)
    assert "SecretKey" in output
    assert said == ""
    assert "is in use by process" in errors


def first_to_end(*processes):
    deadline = time.monotonic() + SOON_S
    while time.monotonic() < deadline:
        for process in processes:
            if process.poll() is not None:
                return process
        time.sleep(0.02)
    raise AssertionError("both go on")


def test_a_folder_in_the_place_of_its_file_is_told_in_one_line(commands, tmp_path, monkeypatch):
    commands.ok("init")
    (tmp_path / "airhook-data" / "serve.json").mkdir()
    with serving(tmp_path, monkeypatch) as process:
        _, errors = process.communicate(timeout=SOON_S)
    assert process.returncode == 1
    assert errors.splitlines()[-1] == "airhook: airhook-data/serve.json cannot be written: Is a directory"
    assert "Traceback" not in errors
