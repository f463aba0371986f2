"""Settings → Retention tells what the server was told, to everybody; and the side bar knows where one is."""

import re
from pathlib import Path

import pytest
from starlette.routing import Mount, Router

from airhook.config import load
from airhook.console.app import create_console
from airhook.runtime.faces import console_settings
from support.console_site import Site, accept, delivery, put_sessions, session, trials
from support.http_server import Browser, Switch


def rows(page: str) -> dict[str, str]:
    found = re.findall(r"<tr>(.*?)</tr>", page.partition("<tbody>")[2], re.DOTALL)
    texts = [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", one)).strip() for one in found]
    return {text.partition("  ")[0].split(" keep.")[0].split(" media.")[0]: text for text in texts}


def test_what_the_settings_say_is_told(site: Site, switch: Switch, tmp_path: Path) -> None:
    settings = load(
        None,
        {
            "AIRHOOK_DATA_DIR": str(tmp_path),
            "AIRHOOK_KEEP__LOG_DAYS": "90",
            "AIRHOOK_KEEP__LOG_MAX_MB": "2048",
            "AIRHOOK_MEDIA__KEEP_RECORDINGS_DAYS": "0",
        },
    )
    console = create_console(site.desk, trials(site.desk), console_settings(settings))
    switch.app = Router([Mount("/console", console)])
    told = list(rows(site.browser("wei").get("/console/retention").text))
    assert told[:4] == [
        "Callback records 90 days 2048 MB",
        "History of streams 92 days –",
        "Audit log 400 days –",
        "Recordings without end –",
    ]


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/console/", "/console/"),
        ("/console/deliveries/1", "/console/records"),
        ("/console/pushes/1", "/console/streams"),
        ("/console/streams/history", "/console/streams"),
        ("/console/retention", "/console/retention"),
    ],
)
def test_the_side_bar_marks_where_one_is(site: Site, path: str, place: str) -> None:
    put_sessions(site, session(1, "room1001"))
    accept(site, delivery(1, "room1001"))
    browser: Browser = site.browser("wei")
    bar = browser.get(path).text.partition("</aside>")[0]
    assert re.findall(r'href="([^"]+)" aria-current="page"', bar) == [place]
