"""``airhook bench`` as scripts call it: small sizes, every fixed name, figures of a run that has really happened.

Nothing here asserts a speed.
"""

import json

import pytest
from click.testing import CliRunner

from airhook.cli.app import app
from support.small_disk import small_disk

COMMON = {"bench", "libcurl_per_s", "fsync_p50_ms", "machine", "versions", "promises", "runs"}
SMALL = {
    "throughput": (
        ["--runs", "1", "--seconds", "0.3"],
        {
            "deliveries_per_s",
            "libcurl_per_s",
            "ratio",
            "accepts_per_s",
            "p50_ms",
            "p99_ms",
            "fsync_p50_ms",
            "rss_mb",
        },
    ),
    "latency": (["--runs", "1", "--seconds", "0.3"], {"p50_ms", "p99_ms", "fsync_p99_ms"}),
    "accept": (
        ["--runs", "1", "--seconds", "0.3", "--per-s", "200"],
        {"single_per_s", "batched_per_s", "p50_ms", "p99_ms"},
    ),
    "hooks": (
        ["--runs", "1", "--seconds", "0.3", "--per-s", "150", "--pushes", "20"],
        {"p50_ms", "p99_ms", "full_p50_ms", "full_p99_ms", "hooks_per_s", "full_per_s", "pushes"},
    ),
    "isolation": (
        ["--runs", "1", "--seconds", "0.3", "--hung", "8", "--names", "3"],
        {"healthy_throughput_ratio", "healthy_p99_ratio", "healthy_p99_ms", "baseline_p99_ms", "hung"},
    ),
    "recovery": (
        ["--pending", "2000"],
        {"pending", "first_delivery_s", "drained_per_s", "lost", "duplicated"},
    ),
    "growth": (
        ["--runs", "1", "--seconds", "0.3", "--count", "20"],
        {"delivery_ratio", "accept_ratio", "change_counts_s", "count"},
    ),
    "log": (
        ["--attempts", "3000", "--runs", "1", "--seconds", "0.4"],
        {"attempts", "search_p50_ms", "search_p95_ms", "stream_p95_ms", "drop_p99_ratio"},
    ),
    "console": (
        ["--attempts", "3000", "--queries", "1"],
        {"attempts", "page_p50_ms", "page_p95_ms", "overview_p95_ms", "records_p95_ms", "delivery_p95_ms"},
    ),
    "memory": (["--waiting", "500", "--seconds", "0.2"], {"rss_growth_mb", "rss_mb", "waiting"}),
    "rest": (["--runs", "1", "--seconds", "0.2"], {"ready_s", "console_s", "idle_cpu_percent", "rss_mb"}),
}
POSITIVE = {
    "throughput": [
        "cpu_us",
        "deliveries_per_s",
        "libcurl_per_s",
        "ratio",
        "accepts_per_s",
        "p50_ms",
        "fsync_p50_ms",
        "rss_mb",
    ],
    "latency": ["p50_ms", "p99_ms", "fsync_p99_ms"],
    "accept": ["single_per_s", "batched_per_s", "p50_ms", "p99_ms"],
    "hooks": ["p50_ms", "p99_ms", "full_p99_ms", "hooks_per_s"],
    "isolation": [
        "healthy_cpu_us",
        "baseline_cpu_us",
        "healthy_throughput_ratio",
        "healthy_p99_ms",
        "baseline_p99_ms",
        "newcomer_max_ms",
    ],
    "recovery": ["first_delivery_s", "behind_backlog_s", "drained_per_s", "delivered_before_kill"],
    "growth": ["delivery_ratio", "accept_ratio", "libcurl_per_s"],
    "log": ["attempts", "search_p50_ms", "drop_p99_ms", "calm_p99_ms", "written_per_s"],
    "console": ["attempts", "page_p50_ms", "records_of_stream_p95_ms"],
    "memory": ["rss_mb", "rss_waiting_mb", "rss_pending_mb"],
    "rest": ["ready_s", "console_s", "rss_mb"],
}


@pytest.fixture
def bench(tmp_path):
    def run(*args):
        result = CliRunner().invoke(app, ["bench", *args, "--folder", str(tmp_path)], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        assert list(tmp_path.iterdir()) == []  # nothing is left behind
        return result.stdout

    return run


@pytest.mark.parametrize("name", SMALL)
def test_json_has_its_names(bench, name):
    options, names = SMALL[name]
    figures = json.loads(bench(name, *options, "--json"))
    assert names | COMMON <= figures.keys()
    assert figures["bench"] == name
    assert all(figures[figure] > 0 for figure in POSITIVE[name]), figures
    if name == "recovery":
        assert (figures["pending"], figures["lost"]) == (2000, 0)
        assert figures["duplicated"] <= figures["unsettled_at_kill"]
    if name == "isolation":
        assert figures["hung"] == 8


def test_table_is_for_people(bench):
    lines = bench("rest", "--runs", "1", "--seconds", "0.2").splitlines()
    assert lines[0].startswith("airhook bench rest on ")
    assert {line.split()[0] for line in lines[2:]} >= {"ready_s", "idle_cpu_percent", "rss_mb"}


@pytest.mark.parametrize(
    ("name", "option", "value"),
    [
        ("isolation", "--hung", "1000000"),
        ("throughput", "--destinations", "1000000"),
        ("media", "--pushes", "1000000"),
        ("latency", "--per-s", "0"),
        ("throughput", "--folder", "missing"),
    ],
)
def test_what_no_machine_bears_is_refused_by_its_option(name, option, value):
    result = CliRunner().invoke(app, ["bench", name, option, value])
    assert (result.exit_code, f"Invalid value for '{option}'" in result.stderr) == (2, True)


@pytest.mark.parametrize("name", ["recovery", "log"])
def test_a_disk_without_room_is_told_with_a_way_out(tmp_path, name):
    size = {"recovery": "--pending", "log": "--attempts"}[name]
    with small_disk(tmp_path / "disk", 6) as disk:
        result = CliRunner().invoke(app, ["bench", name, size, "100000", "--folder", str(disk)])
        assert list(disk.iterdir()) == []
    assert result.exit_code == 1
    assert result.stderr.startswith("airhook: --folder: ")
    assert "more room" in result.stderr


def test_media_are_measured_on_real_pushes(bench):
    cases = ["--case", "ingest", "--case", "flv"]
    figures = json.loads(bench("media", "--pushes", "2", "--seconds", "0.5", *cases, "--json"))
    assert {"ingest_percent", "flv_percent", "flv_rss_mb", "machine", "versions"} <= figures.keys()
    assert "mp4_adds_percent" not in figures
    assert set(figures["promises"]) == {"flv_percent"}
    assert figures["flv_rss_mb"] > figures["ingest_rss_mb"], "a worker is among the processes"
