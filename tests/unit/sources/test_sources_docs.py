"""The page of the sources tells what the program prints, and the printed texts are what the servers read."""

import configparser
import json
from pathlib import Path

from airhook.core.sources import Source, SourceKind
from airhook.sources.catalogue import ADAPTERS, configuration
from airhook.sources.docs import render

PAGE = Path(__file__).parents[3] / "docs" / "sources.md"
BASE = "https://hooks.example.com/"


def config_of(kind, **fields):
    source = Source(id="7fd117ec", account_id=1, kind=kind, name="edge-1", token="t0ken", **fields)
    return configuration(source, BASE)


def test_the_page_is_up_to_date():
    assert PAGE.read_text("utf-8") == render(), "run: python -m airhook.sources.docs > docs/sources.md"


def test_every_kind_prints_its_own_address():
    assert set(ADAPTERS) == set(SourceKind)
    for kind in SourceKind:
        assert "https://hooks.example.com/hooks/7fd117ec/t0ken" in config_of(kind)


def test_zlmediakit_s_text_is_its_format():
    parser = configparser.ConfigParser()
    parser.read_string(config_of(SourceKind.ZLMEDIAKIT))
    assert parser["hook"]["on_publish"].endswith("/hooks/7fd117ec/t0ken/on_publish")


def test_node_media_server_s_text_is_json_below_its_comment():
    text = config_of(SourceKind.NODE_MEDIA_SERVER)
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert json.loads("\n".join(lines))["notify"]["url"].endswith("/hooks/7fd117ec/t0ken")


def test_with_an_api_nginx_needs_no_updates():
    assert "on_update" in config_of(SourceKind.NGINX_RTMP)
    assert "on_update" not in config_of(SourceKind.NGINX_RTMP, api_url="http://127.0.0.1:8099/stat")


def test_the_interval_of_updates_follows_the_silence():
    assert "notify_update_timeout 5s;" in config_of(SourceKind.NGINX_RTMP)
    assert "notify_update_timeout 2s;" in config_of(SourceKind.NGINX_RTMP, silence_s=6)
