"""What the tests need from the system: foreign publishers and a browser, which no Python package brings.

As root on Debian or Ubuntu it installs what is missing; otherwise it stops and prints the one command. Run by
``make test`` before pytest.
"""

import os
import shutil
import subprocess
import sys

# A probe command for each package; a package without a command of its own is asked of dpkg.
PACKAGES = {
    "ffmpeg": "ffmpeg",
    "gstreamer1.0-tools": "gst-launch-1.0",
    "gstreamer1.0-plugins-base": None,
    "gstreamer1.0-plugins-good": None,  # flvmux
    "gstreamer1.0-plugins-bad": None,  # rtmpsink, over librtmp
    "gstreamer1.0-plugins-ugly": None,  # x264enc
    "gir1.2-gst-rtsp-server-1.0": None,
    "python3-gi": None,
    "chromium": "chromium",
    "nginx": None,
    "libnginx-mod-rtmp": None,
}


def missing() -> list[str]:
    return [package for package, command in PACKAGES.items() if not _is_there(package, command)]


def _is_there(package: str, command: str | None) -> bool:
    if command:
        return shutil.which(command) is not None
    dpkg = shutil.which("dpkg-query")
    if dpkg is None:
        return False
    status = subprocess.run(
        [dpkg, "--show", "--showformat=${db:Status-Status}", package],
        capture_output=True,
        text=True,
        check=False,
    )
    return status.stdout == "installed"


def main() -> int:
    wanted = missing()
    if not wanted:
        return 0
    install = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *wanted]
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        print(
            f"The tests need programs from the system. Install them, then run make test again:\n  sudo {' '.join(install)}"
        )
        return 1
    print(f"Installing for the tests: {' '.join(wanted)}", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "--quiet"], install):
        done = subprocess.run(command, env=quiet, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            print(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
