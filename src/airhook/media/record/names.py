"""Ids that a repeat of the same fact repeats: digits, as the callbacks have them."""

import hashlib


def digits(*parts: str) -> str:
    """A positive integer of 63 bits made of the parts."""
    digest = hashlib.blake2b("/".join(parts).encode(), digest_size=8).digest()
    return str(int.from_bytes(digest, "big") >> 1)
