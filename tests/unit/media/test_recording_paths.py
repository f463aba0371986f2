"""Where recordings go: the usual place, and what a template's patterns make of it."""

import pytest

from airhook.media.protocol import FileReport, FormatSpec, Subject
from airhook.media.record.paths import recording_path
from airhook.media.store.base import check_path

SUBJECT = Subject(account_id=1, appid=1, domain="push.example.com", app="live", stream="room1001")
REPORT = FileReport(
    id="42",
    path="mp4-000001.mp4",
    format="mp4",
    start_ms=1_768_477_801_250,  # 2026-01-15 19:50:01.250 in Beijing
    end_ms=1_768_477_861_000,
    duration_ms=60_000,
    bytes=1,
)


@pytest.mark.parametrize(
    ("folder", "name", "path"),
    [
        ("", "", "recordings/2026-01-15/room1001_2026-01-15-19-50-01_42"),
        ("/{AppName}/{StartYear}/", "", "live/2026/room1001_2026-01-15-19-50-01_42"),
        ("", "{StreamID}_{EndHour}{EndMinute}", "recordings/2026-01-15/room1001_1951_42"),
        ("/x", "{StartMillisecond}-{RandomID}", "x/250-42"),
        ("/../..//./x", "a/b\\c", "x/a-bc_42"),  # no pattern leads out of the account's folder
        ("/{Unknown}", "n", "{Unknown}/n_42"),
    ],
)
def test_patterns(folder, name, path):
    found = recording_path(SUBJECT, FormatSpec(format="mp4", folder=folder, file_name=name), REPORT)
    assert found == f"push.example.com/live/{path}"
    assert check_path(found) == found


def test_a_folder_of_any_length_leaves_a_path_that_a_store_takes():
    subject = Subject(account_id=7, appid=1, domain="d" * 250, app="a" * 200, stream="s" * 255)
    found = recording_path(subject, FormatSpec(format="hls", folder="{StreamID}/" * 20), REPORT)
    check_path(found + "/segment-000001.ts")
    assert found.endswith("_42")


def test_a_long_name_is_cut_to_what_a_store_takes():
    found = recording_path(SUBJECT, FormatSpec(format="mp4", file_name="ü" * 120), REPORT)
    check_path(found + "/playlist.m3u8")
    assert found.endswith("_42"), "what tells it from others stays"
