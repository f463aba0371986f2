"""A data folder as ``airhook init --local`` makes it. The command runs once in each process of the tests, and what it
made is copied: it takes as long as many a test.
"""

import functools
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from click.testing import CliRunner

from airhook.cli.app import app


class Entry(NamedTuple):
    path: Path
    mode: int
    content: bytes | None  # None: a folder


def initialize(settings: Mapping[str, str]) -> dict[str, Any]:
    """Make the data folder that ``settings``, variables of the environment, name, and give what the command printed."""
    others = {name: value for name, value in settings.items() if name != "AIRHOOK_DATA_DIR"}
    printed, entries = _made(tuple(sorted(others.items())))
    folder = Path(settings["AIRHOOK_DATA_DIR"])
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for entry in entries:
        _put(folder / entry.path, entry)
    made: dict[str, Any] = json.loads(printed)
    return made


@functools.cache
def _made(settings: tuple[tuple[str, str], ...]) -> tuple[str, list[Entry]]:
    elsewhere = dict.fromkeys(name for name in os.environ if name.startswith("AIRHOOK_"))
    with tempfile.TemporaryDirectory() as folder:
        environ = {**elsewhere, **dict(settings), "AIRHOOK_DATA_DIR": folder}
        done = CliRunner().invoke(app, ["init", "--local", "--json"], prog_name="airhook", env=environ)
        assert done.exit_code == 0, f"airhook init: {done.output} {done.exception!r}"
        return done.stdout, [_entry(path, Path(folder)) for path in sorted(Path(folder).rglob("*"))]


def _entry(path: Path, folder: Path) -> Entry:
    content = None if path.is_dir() else path.read_bytes()
    return Entry(path.relative_to(folder), path.stat().st_mode & 0o777, content)


def _put(path: Path, entry: Entry) -> None:
    if entry.content is None:
        path.mkdir(mode=entry.mode, exist_ok=True)
    else:
        path.write_bytes(entry.content)
        path.chmod(entry.mode)
