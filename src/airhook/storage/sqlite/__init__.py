"""Storage on SQLite: one live database and one log file a day, in one folder, written by one thread."""

from airhook.storage.sqlite.lock import FolderLock, lock_folder
from airhook.storage.sqlite.retention import Retention
from airhook.storage.sqlite.store import (
    SqliteStore,
    has_account,
    is_initialized,
    migrate,
    open_store,
    open_with_key_file,
)

__all__ = [
    "FolderLock",
    "Retention",
    "SqliteStore",
    "has_account",
    "is_initialized",
    "lock_folder",
    "migrate",
    "open_store",
    "open_with_key_file",
]
