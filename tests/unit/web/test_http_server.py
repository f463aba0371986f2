"""What the HTTP server does while nobody asks it anything."""

import time

import pytest
from starlette.responses import PlainTextResponse

from airhook.web import server
from support.http_server import Browser, serve_port

SOON_S = 10


def test_the_date_of_answers_goes_on():
    with serve_port(PlainTextResponse("here"), {}) as address:
        browser = Browser(address)
        first = browser.get("/").headers["date"]
        deadline = time.monotonic() + SOON_S
        while browser.get("/").headers["date"] == first:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_a_stop_waits_for_no_look_at_the_date(monkeypatch):
    monkeypatch.setattr(server, "TICK_S", 1000)
    with serve_port(PlainTextResponse("here"), {}) as address:
        assert Browser(address).get("/").status == 200
        began = time.monotonic()
    assert time.monotonic() - began < SOON_S
    with pytest.raises(ConnectionRefusedError):
        Browser(address).get("/")
