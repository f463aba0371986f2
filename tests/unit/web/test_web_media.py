"""Media links: whoever has one reads that file, and nothing else (design 8)."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.applications import Starlette

from airhook.media.store.base import Key
from airhook.media.store.local import LocalStore
from airhook.web.media import media_route
from support.http_server import Answer, Browser, Switch, serve_switch
from support.media_store import key, links, local_store
from support.storage import SetClock

PICTURE = "2026-01-15/room1001.jpg"
DATA = bytes(range(200))
WEEK_MS = 7 * 86_400_000


class Site:
    def __init__(self, folder: Path) -> None:
        self.clock = SetClock()
        self.links = links("", self.clock)
        self.store: LocalStore = local_store(folder / "media", self.links)
        self.source = folder / "source"
        self.browser = Browser("")

    def put(self, where: Key, *, folder_link: bool = False) -> str:
        self.source.unlink(missing_ok=True)
        self.source.write_bytes(DATA)
        return asyncio.run(self.store.put(self.source, where, "", folder_link=folder_link)).url

    def get(self, path: str, **headers: str) -> Answer:
        return self.browser.get(path, **headers)


@pytest.fixture(scope="module")
def port() -> Iterator[Switch]:
    with serve_switch() as switch:
        yield switch


@pytest.fixture
def site(tmp_path: Path, port: Switch) -> Site:
    site = Site(tmp_path)
    port.app = Starlette(routes=[media_route(site.links, site.store)])
    site.browser.address = port.address
    return site


def test_a_link_opens_its_file_and_the_browser_is_kept_from_running_it(site):
    answer = site.get(site.put(key(PICTURE)))
    assert (answer.status, answer.body) == (200, DATA)
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"] == "inline; filename*=UTF-8''room1001.jpg"
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert "set-cookie" not in answer.headers


def test_what_is_no_media_is_only_downloaded(site):
    answer = site.get(site.put(key("page.html")))
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")


def test_a_player_may_ask_for_a_part(site):
    url = site.put(key("long.mp4"))
    answer = site.get(url, Range="bytes=10-19")
    assert (answer.status, answer.body) == (206, DATA[10:20])
    assert answer.headers["content-range"] == "bytes 10-19/200"
    assert site.get(url, Range="bytes=500-").status == 416
    head = site.browser.ask("HEAD", url)
    assert (head.status, head.headers["content-length"], head.body) == (200, "200", b"")


def test_a_link_ends_after_a_week(site):
    url = site.put(key(PICTURE))
    site.clock.now += WEEK_MS - 1000
    assert site.get(url).status == 200
    site.clock.now += 1000
    answer = site.get(url)
    assert (answer.status, json.loads(answer.body)["error"]["code"]) == (410, "link_expired")


def tampered(url: str, part: int, old: str, new: str) -> str:
    parts = url.split("/")  # "", "media", account, token, path...
    assert old in parts[part]
    parts[part] = parts[part].replace(old, new, 1)
    return "/".join(parts)


def test_every_part_of_a_link_is_covered(site):
    site.put(key(PICTURE, account_id=8))
    site.put(key("2026-01-15/room1002.jpg"))
    url = site.put(key(PICTURE))
    expiry = url.split("/")[3].partition("-")[0]
    for changed in (
        tampered(url, 2, "7", "8"),  # another account's file of the same name
        tampered(url, 3, expiry, str(int(expiry) + 86_400)),  # a longer life
        tampered(url, 3, "-f-", "-d-"),  # the whole folder
        tampered(url, 5, "room1001", "room1002"),  # the file beside it
        url.replace(url.split("/")[3], "x"),
        url[:-1],
    ):
        assert site.get(changed).status == 404, changed
    assert site.get(url).status == 200


def test_an_expired_link_that_was_tampered_with_tells_nothing(site):
    url = site.put(key(PICTURE))
    site.clock.now += WEEK_MS
    assert site.get(tampered(url, 5, "room1001", "room1002")).status == 404


def test_a_playlist_s_link_covers_the_files_beside_it_alone(site):
    site.put(key("room/live-1.ts"))
    site.put(key("room/deeper/live-2.ts"))
    site.put(key("other/live-1.ts"))
    url = site.put(key("room/live.m3u8"), folder_link=True)
    beside = url.rpartition("/")[0]
    assert site.get(url).headers["content-type"] == "application/vnd.apple.mpegurl"
    assert site.get(f"{beside}/live-1.ts").status == 200
    assert site.get(f"{beside}/deeper/live-2.ts").status == 404
    assert site.get(url.replace("/room/live.m3u8", "/other/live-1.ts")).status == 404


@pytest.mark.parametrize(
    "path", ["../../../secret.key", "..%2f..%2f..%2fsecret.key", "%2e%2e/%2e%2e/%2e%2e/secret.key", "%00"]
)
def test_no_path_leads_out_of_the_folder(site, tmp_path, path):
    (tmp_path / "secret.key").write_bytes(b"master key")
    url = site.put(key("live.m3u8"), folder_link=True)
    answer = site.get(url.replace("live.m3u8", path))
    assert answer.status == 404
    assert b"master" not in answer.body


def test_even_a_signed_path_does_not_lead_out(site, tmp_path):
    (tmp_path / "secret.key").write_bytes(b"master key")
    url = site.links.make(Key(7, "../../secret.key"))
    assert site.get(url).status == 404


@pytest.mark.parametrize("account", ["7" * 5000, "-7", "٧", "7.0", "seven"])
def test_an_account_that_is_no_number_has_no_files(site, account):
    url = site.put(key(PICTURE))
    assert site.get(url.replace("/7/", f"/{quote(account)}/", 1)).status == 404


def test_only_reading_is_possible(site):
    url = site.put(key(PICTURE))
    assert site.browser.ask("DELETE", url).status == 405
    assert site.get(url).status == 200
