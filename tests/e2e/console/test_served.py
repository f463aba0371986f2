"""The console of a real server."""

from pathlib import Path

from support.http_server import Browser
from support.publishers import ffmpeg_command, publishing
from support.receiver import Receiver
from support.server import AirhookServer


def test_a_served_console_shows_a_push_and_its_callbacks(tmp_path: Path) -> None:
    """Everything is real but the browser: ``airhook serve``, its link, a push, its callback."""
    with Receiver() as receiver, AirhookServer(tmp_path) as server:
        server.set_up(receiver)
        browser = Browser(server.where["http"])
        assert browser.get("/").headers["location"] == "/console/"
        link = server.json("console-link", "--json")["url"]
        path = link.removeprefix(server.http_url)
        assert browser.post(path).headers["location"] == "/console/"
        with publishing(ffmpeg_command(server.push_url())):
            receiver.wait_for(1, 45)
            overview = browser.get("/console/").text
        assert "room1001" in overview
        assert receiver.url("/begin") in overview
