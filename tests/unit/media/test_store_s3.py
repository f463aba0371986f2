"""Media in a bucket, against a real S3 service that checks signatures."""

import asyncio
import http.client
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.applications import Starlette

from airhook.core.errors import ConfigError
from airhook.media.store.base import StoreError
from airhook.media.store.retention import Keep, sweep
from airhook.media.store.s3 import S3Settings, S3Store
from airhook.web.media import media_route
from support.http_server import Answer, serve
from support.media import clip, codecs, probe
from support.media_store import key, links
from support.publishers import debian_ffmpeg
from support.s3_server import ACCESS_KEY, BUCKET, SECRET_KEY, Bucket, serve_s3
from support.storage import SetClock

PATH = "2026-01-15/room1001 測.jpg"


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    with serve_s3(tmp_path_factory.mktemp("s3")) as served:
        yield served


def store_of(bucket: Bucket, **changed: str) -> S3Store:
    given: dict[str, Any] = {"secret_key": SECRET_KEY, "prefix": "airhook/", **changed}
    return S3Store(
        S3Settings(bucket=BUCKET, access_key=ACCESS_KEY, endpoint=bucket.endpoint, **given), links()
    )


def get(url: str) -> Answer:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}")
        return Answer(connection.getresponse())
    finally:
        connection.close()


def test_an_object_can_be_read_by_its_link_when_put_returns(bucket, tmp_path):
    file = tmp_path / "a.jpg"
    file.write_bytes(b"picture" * 1000)
    stored = asyncio.run(store_of(bucket).put(file, key(PATH), "image/jpeg"))
    answer = get(stored.url)
    assert (answer.status, answer.body) == (200, b"picture" * 1000)
    assert answer.headers["content-type"] == "image/jpeg"
    assert stored.path == f"/airhook/7/{PATH}"
    assert (bucket.folder / "airhook" / "7" / PATH).read_bytes() == b"picture" * 1000


def test_a_link_that_was_tampered_with_opens_nothing(bucket, tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"picture")
    stored = asyncio.run(store_of(bucket).put(tmp_path / "a.jpg", key("mine.jpg"), "image/jpeg"))
    assert get(stored.url.replace("/7/", "/8/")).status == 403
    assert get(stored.url.partition("?")[0]).status in (400, 403)


def test_a_wrong_secret_is_said_and_nothing_is_stored(bucket, tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"picture")
    with pytest.raises(StoreError, match=r"wrong.jpg cannot be stored: .*SignatureDoesNotMatch"):
        asyncio.run(
            store_of(bucket, secret_key="another").put(tmp_path / "a.jpg", key("wrong.jpg"), "image/jpeg")
        )
    assert not (bucket.folder / "airhook" / "7" / "wrong.jpg").exists()


def test_a_file_in_many_parts_arrives_whole(bucket, tmp_path):
    file = tmp_path / "long.mp4"
    file.write_bytes(bytes(range(256)) * 40_000)  # 10 MB: more than one part
    asyncio.run(store_of(bucket).put(file, key("long.mp4"), "video/mp4"))
    assert (bucket.folder / "airhook" / "7" / "long.mp4").read_bytes() == file.read_bytes()


def test_a_public_bucket_has_plain_links(bucket):
    store = store_of(bucket, public_url="https://cdn.example.com/shots")
    assert store.link(key("a b.jpg")) == "https://cdn.example.com/shots/airhook/7/a%20b.jpg"


def test_a_playlist_s_link_leads_through_this_server(bucket):
    store = store_of(bucket)
    assert store.link(key("room/live.m3u8"), folder_link=True).startswith("http://airhook.test/media/7/")
    found = store.find(key("room/live-1.ts"))
    assert found is not None
    assert found.startswith(bucket.endpoint)
    assert store.find(key("../8/live-1.ts")) is None


def test_a_player_plays_a_playlist_from_the_bucket_by_its_one_link(bucket, tmp_path):
    command = [
        debian_ffmpeg(),
        "-v",
        "error",
        "-nostdin",
        "-i",
        str(clip("plain", 3)),
        "-c",
        "copy",
        "-f",
        "hls",
    ]
    hls = ["-hls_time", "1", "-hls_list_size", "0", "-hls_segment_filename", str(tmp_path / "live-%d.ts")]
    subprocess.run([*command, *hls, str(tmp_path / "live.m3u8")], check=True)
    store = store_of(bucket)
    with serve(Starlette(routes=[media_route(links(), store)])) as address:
        for segment in sorted(tmp_path.glob("*.ts")):
            asyncio.run(store.put(segment, key(f"room/{segment.name}"), "video/mp2t"))
        playlist = asyncio.run(store.put(tmp_path / "live.m3u8", key("room/live.m3u8"), "", folder_link=True))
        url = playlist.url.replace("http://airhook.test", f"http://{address}")
        seen = probe(url)
        assert abs(float(seen["format"]["duration"]) - 3) < 0.2
        assert codecs(seen) == {"video": "h264", "audio": "aac"}
        assert get(url.replace("live.m3u8", "other.m3u8")).status == 404


def test_a_bucket_that_is_away_is_no_fault_of_the_link(tmp_path, monkeypatch):
    monkeypatch.setattr("airhook.media.store.s3.TRIES", 1)
    store = store_of(Bucket("http://127.0.0.1:9", tmp_path))
    with serve(Starlette(routes=[media_route(links(), store)])) as address:
        url = links().make(key("room/live.m3u8"), folder=True)
        assert get(url.replace("http://airhook.test", f"http://{address}")).status == 503


def test_old_objects_are_swept_and_others_in_the_bucket_are_left(bucket, tmp_path):
    (tmp_path / "a").write_bytes(b"x")
    (bucket.folder / "somebody.jpg").write_bytes(b"not ours")
    store = store_of(bucket, prefix="swept/")
    asyncio.run(store.put(tmp_path / "a", key("a.jpg"), "image/jpeg"))
    asyncio.run(store.put(tmp_path / "a", key("a.mp4"), "video/mp4"))
    assert {item.key.path for item in store.items()} == {"a.jpg", "a.mp4"}
    in_a_year = SetClock(SetClock().now_ms() + 2 * 366 * 86_400_000)
    assert sweep(store, Keep(pictures_days=1), in_a_year) == 1
    assert [item.key for item in store.items()] == [key("a.mp4")]
    assert (bucket.folder / "somebody.jpg").exists()


def test_without_the_client_the_start_says_what_to_install(bucket, monkeypatch):
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(ConfigError, match=r'pip install "airhook\[s3\]"'):
        store_of(bucket)


def test_a_server_that_is_away_is_said_within_its_tries(tmp_path, monkeypatch):
    monkeypatch.setattr("airhook.media.store.s3.TRIES", 1)
    (tmp_path / "a").write_bytes(b"x")
    away = Bucket("http://127.0.0.1:9", Path())  # the discard port: nobody listens
    with pytest.raises(StoreError, match=r"cannot be stored: .*127.0.0.1:9"):
        asyncio.run(store_of(away).put(tmp_path / "a", key("a.jpg"), "image/jpeg"))
