"""``airhook listen`` as a process."""

import contextlib
import hashlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from support.ports import free_port

KEY = "abc123"
SOON_S = 20


@contextlib.contextmanager
def listening(*options):
    """The process and the URL that it receives on."""
    port = free_port()
    command = [sys.executable, "-m", "airhook", "listen", "--listen", f"127.0.0.1:{port}", *options]
    # Buffered, as people's Python is: what cannot be written must not turn up at the end.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        wait_for_port(port)
        yield process, f"http://127.0.0.1:{port}/cb"
    finally:
        process.kill()
        process.communicate()


def wait_for_port(port):
    deadline = time.monotonic() + SOON_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert time.monotonic() < deadline, "it does not listen"
            time.sleep(0.02)
        else:
            return


def post(url, **body):
    t = int(time.time()) + 600
    body |= {"t": t, "sign": hashlib.md5(f"{KEY}{t}".encode()).hexdigest()}
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=SOON_S) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_json_is_one_object_a_callback_and_count_ends_it():
    with listening("--json", "--key", KEY, "--count", "2", "--fail-first", "1") as (process, url):
        assert [post(url, n=1), post(url, n=2)] == [500, 200]
        output, errors = process.communicate(timeout=SOON_S)
    first, second = map(json.loads, output.splitlines())
    assert list(first) == ["at", "path", "headers", "body", "signature"]
    assert (first["path"], first["body"]["n"], second["body"]["n"]) == ("/cb", 1, 2)
    assert first["headers"]["content-type"] == "application/json"
    assert first["signature"] == second["signature"] == "ok"
    assert (process.returncode, errors) == (0, "")


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_people_see_a_line_a_callback_and_a_summary_at_the_end(sign):
    with listening("--key", "other") as (process, url):
        assert post(url, event_type=1, app="a.b", appname="live", stream_id="room1", errmsg="ok") == 200
        process.send_signal(sign)
        output, errors = process.communicate(timeout=SOON_S)
    head, line, end = output.splitlines()
    assert head.startswith("Listening on http://127.0.0.1:")
    assert line.endswith("push started    a.b/live/room1  ok  signature bad: another key")
    assert end == "1 callback (signature: 1 bad)"
    assert (process.returncode, errors) == (0, "")


def test_a_reader_that_goes_away_ends_it_quietly():
    with listening("--json") as (process, url):
        process.stdout.close()
        with contextlib.suppress(http.client.RemoteDisconnected):  # it may end before it answers
            post(url, n=1)
        assert process.wait(SOON_S) == 0
        assert process.stderr.read() == ""


def test_a_port_in_use_is_told_in_one_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "airhook", "listen", "--listen", f"127.0.0.1:{port}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=SOON_S, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(
        f"airhook: cannot listen on 127.0.0.1 port {port}: address already in use; choose another"
    )
    assert len(done.stderr.splitlines()) == 1
