"""Tests start the program in other folders: where Python finds it must not depend on the working folder."""

import os
from pathlib import Path

if "PYTHONPATH" in os.environ:
    parts = filter(None, os.environ["PYTHONPATH"].split(os.pathsep))
    os.environ["PYTHONPATH"] = os.pathsep.join(str(Path(part).resolve()) for part in parts)
