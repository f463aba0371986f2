"""A stream that its media server has only after a while."""

import http.server
import threading
import time

import pytest

from airhook.core import flv
from airhook.core.flv import Tag
from airhook.media.protocol import PullInput
from airhook.media.pull import Pull
from support.media import clip

WITHIN_S = 20


@pytest.fixture
def late():
    """A server that answers 404 for the first ``missing`` requests, and the clip afterwards."""

    class Late(http.server.BaseHTTPRequestHandler):
        missing = 2
        asked = 0

        def do_GET(self) -> None:
            Late.asked += 1
            if Late.asked <= Late.missing:
                self.send_error(404)
                return
            body = clip("plain", 1).read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Late) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Late, f"http://127.0.0.1:{server.server_address[1]}/live/room1.flv"
        server.shutdown()
        thread.join()


def pull(url: str, patience_s: float) -> tuple[list[Tag], str]:
    """Every tag, and why it ended."""
    reader, over = flv.TagReader(), threading.Event()
    tags: list[Tag] = []
    said: list[str] = []

    def end(why: str) -> None:
        said.append(why)
        over.set()

    source = PullInput(url=url, session_id=1, patience_s=patience_s)
    Pull(source, lambda data: tags.extend(reader.feed(data)), end)
    assert over.wait(WITHIN_S)
    return tags, said[0]


def test_a_stream_that_comes_soon_is_waited_for(late):
    _, url = late
    tags, why = pull(url, patience_s=10)
    assert why == ""
    assert any(tag.type == flv.VIDEO for tag in tags)


def test_without_patience_the_first_refusal_counts(late):
    server, url = late
    tags, why = pull(url, patience_s=0)
    assert (tags, server.asked) == ([], 1)
    assert "404" in why


def test_a_pull_that_is_closed_waits_no_longer(late):
    server, url = late
    server.missing = 1000
    over = threading.Event()
    closed = Pull(PullInput(url=url, session_id=1, patience_s=60), lambda _: None, lambda _: over.set())
    deadline = time.monotonic() + WITHIN_S
    while not server.asked:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    closed.close()
    assert over.wait(5)
