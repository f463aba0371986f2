"""Limits that the composition root makes of the settings and the machine."""

import pytest

from airhook.config import load
from airhook.runtime.parts import http_limits


@pytest.mark.parametrize(
    ("files", "connections"),
    [
        pytest.param(300, 75, id="few-files: most are left for publishers and receivers"),
        pytest.param(65_536, 500, id="many-files"),
    ],
)
def test_http_connections_leave_files_for_others(tmp_path, monkeypatch, files, connections):
    monkeypatch.chdir(tmp_path)
    settings = load(None, {"AIRHOOK_HTTP__MAX_CONNECTIONS": "500"})
    assert http_limits(settings, files).connections == connections


def test_trusted_proxies_stand_for_many(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = load(None, {"AIRHOOK_HTTP__TRUSTED_PROXIES": "10.0.0.0/8"})
    assert "10.0.0.0/8" in map(str, http_limits(settings, 1000).exempt)
