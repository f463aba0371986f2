"""What is kept for how long, and how much of it."""

import heapq
import logging

import msgspec

from airhook.core.clock import Clock
from airhook.media.store.base import Item, MediaStore, StoreError

DAY_MS = 86_400_000
BATCH = 10_000  # removed for their size in one sweep at most
PICTURES = (".jpg",)

log = logging.getLogger("airhook.media")


class Keep(msgspec.Struct, frozen=True, kw_only=True):
    """0 is without an end."""

    recordings_days: int = 0
    pictures_days: int = 30
    bytes: int = 0  # of everything together; the oldest go first


def sweep(store: MediaStore, keep: Keep, clock: Clock) -> int:
    """Remove what is too old, then the oldest until the rest is small enough; how many were removed. Blocking.

    One that cannot be removed is left for the next time. Raises ``StoreError`` when the store cannot be listed.
    """
    now_ms, removed, kept_bytes = clock.now_ms(), 0, 0
    for item in store.items():
        if _is_old(item, keep, now_ms) and _remove(store, item):
            removed += 1
        else:
            kept_bytes += item.bytes
    if keep.bytes and kept_bytes > keep.bytes:
        removed += _shrink(store, kept_bytes - keep.bytes)
    return removed


def _is_old(item: Item, keep: Keep, now_ms: int) -> bool:
    is_picture = item.key.path.endswith(PICTURES)
    days = keep.pictures_days if is_picture else keep.recordings_days
    return days > 0 and now_ms - item.stored_ms > days * DAY_MS


def _shrink(store: MediaStore, too_much: int) -> int:
    removed = 0
    for item in heapq.nsmallest(BATCH, store.items(), key=lambda item: item.stored_ms):
        if too_much <= 0:
            break
        if _remove(store, item):
            too_much -= item.bytes
            removed += 1
    return removed


def _remove(store: MediaStore, item: Item) -> bool:
    try:
        store.remove(item.key)
    except StoreError as error:
        log.warning("what is kept for too long stays: %s", error)
        return False
    return True
