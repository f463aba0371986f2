"""The database of a new folder. Its migrations run once in each process of the tests, and what they made is copied:
they take longer than most tests. What they do has tests of its own (``unit/storage``).
"""

import functools
import os
import tempfile
from pathlib import Path

from airhook.storage.sqlite import migrate
from airhook.storage.sqlite.connect import FILE_MODE, STATE_FILE
from airhook.storage.sqlite.store import FOLDER_MODE


def new_database(folder: Path) -> None:
    """What ``migrate`` makes in ``folder``; a database that is there stays as it is."""
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    path = folder / STATE_FILE
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE), "wb") as file:
            file.write(_migrated())


@functools.cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        migrate(Path(folder))
        return (Path(folder) / STATE_FILE).read_bytes()
