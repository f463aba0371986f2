"""A real S3 service: ``rclone serve s3`` checks signatures, and keeps objects as plain files."""

import contextlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ACCESS_KEY = "AIRHOOKTEST"
SECRET_KEY = "n0t-a-real-secret"
BUCKET = "shots"


class Bucket(NamedTuple):
    endpoint: str
    folder: Path


@contextlib.contextmanager
def serve_s3(folder: Path) -> Iterator[Bucket]:
    (folder / BUCKET).mkdir(parents=True)
    process = subprocess.Popen(
        [
            str(Path(sys.executable).with_name("rclone")),
            *("serve", "s3", "--addr", "127.0.0.1:0", "--auth-key", f"{ACCESS_KEY},{SECRET_KEY}"),
            *("--vfs-cache-mode", "off", "--config", "", str(folder)),
        ],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        yield Bucket(_endpoint(process.stderr), folder / BUCKET)
    finally:
        process.terminate()
        process.wait(10)
        process.stderr.close()


def _endpoint(told: Iterator[str]) -> str:
    for line in told:
        found = re.search(r"Starting s3 server on \[(http://[^/]+)/\]", line)
        if found:
            return found[1]
    raise AssertionError("rclone ended at its start")
