"""A folder of this machine: ``<folder>/<account>/<path>``, handed out by ``web.media`` under signed links."""

import asyncio
import contextlib
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from airhook.media.store.base import Item, Key, Stored, StoreError, check_path
from airhook.media.store.links import Links

_DRAFTS = ".drafts"  # files under way; no account has such a name
_OLD_DRAFT_S = 86_400


class LocalStore:
    """Fulfils ``base.MediaStore``."""

    def __init__(self, folder: Path, links: Links) -> None:
        self._folder = folder.absolute()
        self._links = links
        self._drop_old_drafts()

    async def put(self, file: Path, key: Key, content_type: str, *, folder_link: bool = False) -> Stored:
        del content_type  # told by the suffix when it is read
        check_path(key.path)
        try:
            await asyncio.to_thread(self._put, file, self._place(key))
        except OSError as error:
            raise StoreError(f"{key.path} cannot be stored: {error.strerror or error}") from error
        return Stored(self.link(key, folder_link=folder_link), f"/{key.path}")

    def link(self, key: Key, *, folder_link: bool = False) -> str:
        return self._links.make(key, folder=folder_link)

    def find(self, key: Key) -> Path | None:
        try:
            check_path(key.path)
        except ValueError:
            return None
        place = self._place(key)
        # Nobody but this server writes here; a link that leads out would be somebody's mischief.
        is_ours = place.is_file() and place.resolve().is_relative_to(self._folder.resolve())
        return place if is_ours else None

    def items(self) -> Iterator[Item]:
        for account in self._accounts():
            top = self._folder / str(account)
            for folder, _, names in os.walk(top):
                for name in names:
                    path = Path(folder, name)
                    with contextlib.suppress(FileNotFoundError):
                        seen = path.stat()
                        key = Key(account, path.relative_to(top).as_posix())
                        yield Item(key, seen.st_size, seen.st_mtime_ns // 1_000_000)

    def remove(self, key: Key) -> None:
        place = self._place(key)
        try:
            place.unlink(missing_ok=True)
            self._prune(place.parent)
        except OSError as error:
            raise StoreError(f"{key.path} cannot be removed: {error.strerror or error}") from error

    def _accounts(self) -> list[int]:
        try:
            names = [entry.name for entry in self._folder.iterdir()]
        except FileNotFoundError:
            return []
        return sorted(int(name) for name in names if name.isdecimal())

    def _place(self, key: Key) -> Path:
        return self._folder / str(key.account_id) / key.path

    def _put(self, file: Path, place: Path) -> None:
        """The object is there whole or not at all, also after a power cut."""
        drafts = self._folder / _DRAFTS
        drafts.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = drafts / secrets.token_hex(16)
        try:
            _take(file, draft)
            os.utime(draft)  # retention counts from now on
            self._move(draft, place)
        finally:
            draft.unlink(missing_ok=True)

    def _move(self, draft: Path, place: Path) -> None:
        for last in (False, False, True):
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                draft.replace(place)
            except FileNotFoundError:  # the folder was pruned in between
                if last:
                    raise
            else:
                break
        _sync(place.parent)

    def _drop_old_drafts(self) -> None:
        """What a crash left. Another node may share the folder, so that fresh ones are nobody's to remove."""
        with contextlib.suppress(OSError):
            for draft in (self._folder / _DRAFTS).glob("*"):
                if draft.stat().st_mtime < time.time() - _OLD_DRAFT_S:
                    draft.unlink(missing_ok=True)

    def _prune(self, folder: Path) -> None:
        """Remove folders that are empty now, up to the account's own."""
        while folder.parent != self._folder:
            try:
                folder.rmdir()
            except OSError:  # something is in it
                return
            folder = folder.parent


def _take(file: Path, draft: Path) -> None:
    """A second name for the file where that is possible, since recordings are large; else a copy."""
    try:
        os.link(file, draft)
    except OSError:
        shutil.copyfile(file, draft)
    _sync(draft)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
