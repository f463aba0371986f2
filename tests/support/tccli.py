"""The official ``tccli`` as a program of its own.

It needs the whole SDK of the cloud, so it lies in a virtual environment apart, made once of ``requirements-tccli.txt``.
"""

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
REQUIREMENTS = ROOT / "requirements-tccli.txt"
MADE_WITHIN_S = 300
ANSWERS_WITHIN_S = 60


class Ran(NamedTuple):
    status: int
    output: str
    error: str


def program() -> Path:
    """The Python that has it. A change of the requirements makes another environment."""
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    folder = ROOT / ".cache" / f"tccli-{sys.version_info.major}.{sys.version_info.minor}-{digest}"
    python = folder / "bin" / "python"
    complete = folder / ".complete"
    if not complete.exists():
        venv.create(folder, clear=True, with_pip=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--no-compile", "--require-hashes"]
        done = subprocess.run(
            [*install, "-r", str(REQUIREMENTS)],
            capture_output=True,
            text=True,
            timeout=MADE_WITHIN_S,
            check=False,
        )
        assert done.returncode == 0, f"tccli cannot be installed: {done.stderr[-2000:]}"
        complete.touch()
    return python


class Tccli:
    """Runs it as somebody would who has set the credentials in the environment."""

    def __init__(self, home: Path, endpoint: str, secret_id: str, secret_key: str) -> None:
        self._python = program()
        self._endpoint = endpoint
        self._environment = {
            **{name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "LC_ALL")},
            "HOME": str(home),
            "NO_PROXY": "*",
            "TENCENTCLOUD_SECRET_ID": secret_id,
            "TENCENTCLOUD_SECRET_KEY": secret_key,
            "TENCENTCLOUD_REGION": "ap-guangzhou",
        }

    def live(self, action: str, *options: str) -> Ran:
        """``tccli live ACTION OPTIONS --endpoint ...``."""
        return self.run("live", action, *options, "--endpoint", self._endpoint)

    def run(self, *arguments: str) -> Ran:
        start = "import sys; from tccli.main import main; sys.exit(main())"
        done = subprocess.run(
            [str(self._python), "-c", start, *arguments],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=ANSWERS_WITHIN_S,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)
