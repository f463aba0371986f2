"""Commands run in this process, in an empty folder, without anybody's settings."""

import json
import os
import shutil

import pytest
from click.testing import CliRunner

from airhook.cli.app import app


class Commands:
    """``run`` gives click's result; ``ok`` its output, ``json`` what it printed, ``error`` the one line of an error."""

    def run(self, *args, **environ):
        return CliRunner().invoke(
            app, [str(arg) for arg in args], env=environ, prog_name="airhook", catch_exceptions=False
        )

    def ok(self, *args, **environ):
        result = self.run(*args, **environ)
        assert result.exit_code == 0, result.output
        return result.stdout

    def json(self, *args, **environ):
        return json.loads(self.ok(*args, "--json", **environ))

    def error(self, *args, **environ):
        result = self.run(*args, **environ)
        assert result.exit_code == 1, result.output
        assert result.stdout == ""
        (line,) = result.stderr.splitlines()
        return line


@pytest.fixture
def commands(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith("AIRHOOK_") or name == "COLUMNS":
            monkeypatch.delenv(name)
    return Commands()


@pytest.fixture(scope="session")
def initialized(tmp_path_factory):
    """A data folder as ``init --local`` makes it: made once, copied for each test."""
    data = tmp_path_factory.mktemp("initialized") / "airhook-data"
    Commands().ok("init", "--local", AIRHOOK_DATA_DIR=str(data))
    return data


@pytest.fixture
def ready(commands, initialized, tmp_path):
    """Initialized, with loopback allowed."""
    shutil.copytree(initialized, tmp_path / "airhook-data")
    return commands
