"""What pages load: for good under an address that changes with it, packed where that pays, and the plain look without it."""

import gzip
import shutil
from pathlib import Path

import pytest

from airhook.console import rendering
from airhook.console.assets import FETCHED, OWN, STATIC_DIR, Assets
from support.console_site import Site, open_site
from support.http_server import Browser, Switch


def test_addresses_change_with_what_a_file_holds(tmp_path: Path) -> None:
    shutil.copytree(STATIC_DIR, tmp_path / "static")
    before = Assets(tmp_path / "static")
    (tmp_path / "static" / "console.js").write_text("// another")
    after = Assets(tmp_path / "static")
    assert before["console.js"] != after["console.js"]
    assert before["console.css"] == after["console.css"]


@pytest.mark.parametrize("name", [*OWN, *FETCHED])
def test_every_file_is_kept_for_good_and_packed_where_it_pays(site: Site, name: str) -> None:
    browser = Browser(site.address)
    path = Assets()[name]
    plain = browser.get(path)
    data = (STATIC_DIR / name).read_bytes()
    assert (plain.status, plain.body) == (200, data)
    assert plain.headers["cache-control"] == "public, max-age=31536000, immutable"
    packed = browser.get(path, Accept_Encoding="gzip")
    if len(data) < 1024:
        assert "content-encoding" not in packed.headers
    else:
        assert packed.headers["content-encoding"] == "gzip"
        assert gzip.decompress(packed.body) == data
        assert len(packed.body) < len(data) / 2
    assert packed.headers["vary"] == "Accept-Encoding"
    again = browser.get(path, Accept_Encoding="gzip", If_None_Match=packed.headers["etag"])
    assert (again.status, again.body) == (304, b"")


def test_without_its_digest_a_file_is_asked_for_anew(site: Site) -> None:
    answer = Browser(site.address).get("/console/static/console.css?v=old")
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("name", ["../app.py", "vendor/.stamp", "nothing.css", "%2e%2e/app.py"])
def test_nothing_else_is_served(site: Site, name: str) -> None:
    assert Browser(site.address).get(f"/console/static/{name}").status == 404


def test_without_fetched_files_pages_say_how_to_get_them(
    switch: Switch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = tmp_path / "static"
    bare.mkdir()
    for name in OWN:
        shutil.copy(STATIC_DIR / name, bare / name)
    monkeypatch.setattr(rendering, "Assets", lambda: Assets(bare))
    with open_site(tmp_path, switch) as site:
        browser = site.browser("aiko")
        for path in ("/console/", "/console/callbacks", "/console/callbacks/new"):
            page = browser.get(path).text
            assert "<code>make assets</code>" in page
            assert "/static/plain.css" in page
            assert "/static/vendor/" not in page
