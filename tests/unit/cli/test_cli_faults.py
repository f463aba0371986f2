"""What the system refuses is told in one line, whatever the command."""

import subprocess
import sys
from pathlib import Path

import pytest

NOT_UTF8 = "caf\udce9"  # what Python makes of the byte E9 in an argument


@pytest.mark.parametrize("command", [("domain", "list"), ("init",), ("serve",), ("migrate",), ("verify",)])
def test_a_data_folder_that_cannot_be_looked_at(commands, command):
    line = commands.error(*command, AIRHOOK_DATA_DIR="x" * 300)
    assert line.startswith("airhook: xxx")
    assert line.endswith(": File name too long")


def test_output_that_cannot_be_written(ready, tmp_path):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "airhook", "key", "list"],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, "airhook: No space left on device\n")


@pytest.mark.parametrize(
    ("options", "option"),
    [
        (("--description", NOT_UTF8), "--description"),
        (("--url", f"100=https://hooks.example.com/{NOT_UTF8}"), "--url 100=URL"),
        (("--key", NOT_UTF8), "--key"),
        (("--header", f"X-Name:{NOT_UTF8}"), "--header X-Name"),
    ],
)
def test_an_argument_that_is_not_utf8(ready, options, option):
    line = ready.error("template", "add", "hooks", "--begin-url", "https://hooks.example.com/", *options)
    assert line.startswith(f"airhook: {option}")


def test_a_template_name_that_is_not_utf8(ready):
    line = ready.error("template", "add", NOT_UTF8, "--begin-url", "https://hooks.example.com/")
    assert line.startswith("airhook: name: may hold")
