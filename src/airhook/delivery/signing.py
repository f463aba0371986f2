"""``t`` and ``sign`` of a callback (contract 1.3): made anew for each attempt (design D8)."""

import hashlib

import msgspec

LIFE_S = 600
"""A notification is good for ten minutes from the moment it is sent."""

_decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])
_encoder = msgspec.json.Encoder(order="sorted")


class SignedBody(msgspec.Struct, frozen=True):
    """``t`` is None when there was no key, and then the body carries neither ``t`` nor ``sign``."""

    body: bytes
    t: int | None


def signature(key: str, t: int) -> str:
    """Lower-case hex MD5 of the key and the decimal text of ``t``, nothing between."""
    return hashlib.md5(f"{key}{t}".encode()).hexdigest()


def sign(body: bytes, key: str, now_ms: int) -> SignedBody:
    """Put ``t`` and ``sign`` into a JSON object, each in its sorted place; every other value stays as it is."""
    if not key:
        return SignedBody(body, None)
    t = now_ms // 1000 + LIFE_S
    fields = _decoder.decode(body)
    fields["t"] = msgspec.Raw(b"%d" % t)
    fields["sign"] = msgspec.Raw(b'"%s"' % signature(key, t).encode())
    return SignedBody(_encoder.encode(fields), t)
