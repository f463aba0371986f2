"""What becomes of a server whose console and APIs cannot be loaded."""

import asyncio

import pytest
from starlette.responses import PlainTextResponse

from airhook.config import load
from airhook.runtime import server
from airhook.runtime.server import FACES_TRIES, Server
from airhook.web.later import Later


@pytest.fixture
def completed(tmp_path, monkeypatch):
    """Completes a server whose faces fail by each of these in turn; gives how often they were tried."""
    monkeypatch.setattr(server, "FACES_AFTER_S", 0)
    monkeypatch.setattr(server, "RESTART_PAUSE_S", 0)

    def complete(*faults):
        tried: list[int] = []

        def make():
            tried.append(len(tried))
            if len(tried) <= len(faults):
                raise faults[len(tried) - 1]
            return PlainTextResponse("made")

        node = Server(load(None, {"AIRHOOK_DATA_DIR": str(tmp_path)}))
        node._faces = Later(make)
        try:
            asyncio.run(node.complete())
        except ImportError:
            return len(tried), "given up"
        return len(tried), "made"

    return complete


def test_a_lack_of_files_is_waited_out(completed):
    lacks = [OSError("Too many open files")] * (3 * FACES_TRIES)
    assert completed(*lacks, ImportError("a library: Too many open files")) == (3 * FACES_TRIES + 2, "made")


def test_what_is_wrong_for_good_ends_the_server(completed):
    assert completed(*[ImportError("no templates")] * 9) == (FACES_TRIES, "given up")
