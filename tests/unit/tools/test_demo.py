"""The demo as its user sees it: what it shows, how it ends, and that nothing is left behind."""

import contextlib
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
import urllib.request

import pytest

SOON_S = 60
COMMAND = [sys.executable, "-m", "airhook", "demo"]

WAYS = [
    # of the camera: in this order, whatever comes between
    r"push started  camera1  signature ok  640x360\n",
    r"push ended    camera1  signature ok  lasted [56]\.\d s\n\s+errcode 1: The push client actively stopped the push\n",
    r"vanishes[^\n]*\n\s+\S+  push started  phone1  signature ok  640x360\n",
    r"push ended    phone1  signature ok  lasted [234]\.\d s\n\s+errcode [34]: ",
]
MEDIA = [
    r"screenshot    camera1  signature ok  640x360, \d+ KB\n\s+/push\.demo\.test/live/\S+-640x360\.jpg\n",
    r"porn audit    camera1  signature ok  Block: Porn \[\d+\]\n",
    r"recorded      camera1  signature ok  mp4, [567] s, \d+ KB\n\s+/push\.demo\.test/live/\S+\.mp4\n",
]


def check_story(shown):
    """All five callbacks of the camera, and the two of the phone."""
    assert re.search(".*".join(WAYS), shown, re.DOTALL), shown
    for one in MEDIA:
        assert len(re.findall(one, shown)) == 1, (one, shown)


@pytest.fixture
def environment(tmp_path):
    """The demo's folder is made below ``tmp_path``; settings of the user must not matter to it."""
    (tmp_path / "airhook.toml").write_text("nonsense = 1\n")
    return {
        **os.environ,
        "TMPDIR": str(tmp_path),
        "AIRHOOK_RTMP__LISTEN": "nowhere",
        "TERM": "xterm",
        "NO_COLOR": "1",
    }


def leftovers(tmp_path):
    """Folders of the demo, and processes that work in them."""
    listed = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout
    processes = [line for line in listed.splitlines() if str(tmp_path) in line]
    return [path.name for path in tmp_path.glob("airhook-demo-*")], processes


def test_it_shows_every_kind_of_callback_and_exits(tmp_path, environment):
    done = subprocess.run(
        COMMAND, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=SOON_S, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    check_story(done.stdout)
    assert "All of it arrived: 7 callbacks" in done.stdout
    assert "It stays up" not in done.stdout
    assert leftovers(tmp_path) == ([], [])


@contextlib.contextmanager
def on_a_terminal(tmp_path, environment):
    """The demo on a terminal of its own: ``read_until`` gives what it has shown so far."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        COMMAND,
        cwd=tmp_path,
        env=environment,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    shown = ""

    def read_until(text):
        nonlocal shown
        deadline = time.monotonic() + SOON_S
        while text not in shown:
            assert time.monotonic() < deadline, shown
            if select.select([master], [], [], 0.2)[0]:
                try:
                    shown += os.read(master, 65536).decode().replace("\r\n", "\n")
                except OSError:  # the other end is closed
                    assert text in shown, shown
        return shown

    try:
        yield process, read_until
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(SOON_S)
        os.close(master)


def sign_in_by(link):
    """Press the button behind a console link; give the URL where that ends."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    origin = link.partition("/console/")[0]
    with browser.open(urllib.request.Request(link, b"", {"Origin": origin}), timeout=10) as page:
        assert page.status == 200
        return page.url


def test_on_a_terminal_it_stays_up_and_says_how_to_go_on(tmp_path, environment):
    with on_a_terminal(tmp_path, environment) as (process, read_until):
        shown = read_until("airhook publish")
        check_story(shown)
        (link,) = re.findall(r"http://\S+/console/link/\S+", shown)
        assert sign_in_by(link).endswith("/console/")
        (url,) = re.findall(r'airhook publish "(rtmp://\S+)"', read_until('"\n\n'))
        publish = [
            sys.executable,
            "-m",
            "airhook",
            "publish",
            url,
            "--size",
            "320x180",
            "--duration",
            "1",
            "--quiet",
        ]
        subprocess.run(publish, timeout=SOON_S, check=True, cwd=tmp_path.parent)
        read_until("push ended    obs1  signature ok")
        process.send_signal(signal.SIGINT)
        assert process.wait(SOON_S) == 0
    assert leftovers(tmp_path) == ([], [])


def test_a_demo_that_is_stopped_early_leaves_nothing(tmp_path, environment):
    with on_a_terminal(tmp_path, environment) as (process, read_until):
        read_until("push started")
        process.send_signal(signal.SIGINT)
        assert process.wait(SOON_S) == 1
    assert leftovers(tmp_path) == ([], [])


def test_no_moment_of_its_start_leaves_anything(tmp_path, environment):
    for tenths in range(2, 30, 3):
        process = subprocess.Popen(
            COMMAND, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(tenths / 10)
        process.send_signal(signal.SIGINT)
        process.wait(SOON_S)
        assert leftovers(tmp_path) == ([], []), f"after {tenths / 10} s"
