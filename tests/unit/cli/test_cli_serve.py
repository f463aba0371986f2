"""``airhook serve`` as a process: an empty folder, a calm end, and errors in one line."""

import contextlib
import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

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
        assert all(json.loads(line) for line in log.splitlines()), (
            "the log is JSON where there is no terminal"
        )


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
