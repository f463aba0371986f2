"""Secrets at rest: AES-GCM with a key id (design 8).

A sealed value is: format byte, 4 bytes of the master key's id, 12 bytes of nonce, ciphertext with its tag. The
place it belongs to is authenticated, so that a value copied to another row does not open there.
"""

import base64
import binascii
import hashlib
import os
import secrets
import stat
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from airhook.core.errors import ConfigError

KEY_BYTES = 32
NONCE_BYTES = 12
KEY_ID_BYTES = 4
FORMAT = b"\x01"
KEY_FILE_MODE = 0o600

_HEAD = len(FORMAT) + KEY_ID_BYTES


class SecretBox:
    """Seals and opens texts with one master key of 32 bytes."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ConfigError(f"the secret key has {len(key)} bytes; it must have {KEY_BYTES}")
        self._cipher = AESGCM(key)
        self._prefix = FORMAT + hashlib.sha256(b"airhook key id" + key).digest()[:KEY_ID_BYTES]

    def seal(self, text: str, place: str) -> bytes:
        """Encrypt ``text`` for ``place`` (table, column and row). An empty text is no secret and stays empty."""
        if not text:
            return b""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return self._prefix + nonce + self._cipher.encrypt(nonce, text.encode(), place.encode())

    def open(self, sealed: bytes, place: str) -> str:
        """Decrypt. Raises ``ConfigError`` when it was sealed with another master key, or was tampered with."""
        if not sealed:
            return ""
        if sealed[:_HEAD] != self._prefix:
            raise ConfigError(
                f"{place} is encrypted with another secret key; give the key that belongs to this database"
            )
        nonce, ciphertext = sealed[_HEAD : _HEAD + NONCE_BYTES], sealed[_HEAD + NONCE_BYTES :]
        try:
            return self._cipher.decrypt(nonce, ciphertext, place.encode()).decode()
        except InvalidTag:
            raise ConfigError(f"{place} cannot be decrypted: its bytes were changed") from None


def load_or_create_secret_key(path: Path) -> bytes:
    """The master key in ``path`` (base64 of 32 bytes); made with mode 0600 when there is none.

    For a database that is about to be made. Raises ``ConfigError`` as ``load_secret_key`` does.
    """
    try:
        return _load(path)
    except FileNotFoundError:
        return _create(path)
    except OSError as error:
        raise ConfigError(f"{path}: the secret key cannot be read: {error.strerror}") from None


def load_secret_key(path: Path) -> bytes:
    """The master key in ``path``.

    Raises ``ConfigError`` naming the file when it is not there, holds no key, or others may read it.
    """
    try:
        return _load(path)
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: the secret key is missing; put back the file that was made with the database, or name its "
            "place with secret_key_file"
        ) from None
    except OSError as error:
        raise ConfigError(f"{path}: the secret key cannot be read: {error.strerror}") from None


def _load(path: Path) -> bytes:
    with path.open("rb") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        text = file.read(1024)
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise ConfigError(f"{path}: holds no secret key; it must be the base64 text of {KEY_BYTES} bytes")
    if mode & 0o077:  # judged last: a file that is no key is not ours to close
        raise ConfigError(f"{path}: others may read it (mode {mode:04o}); run: chmod 600 {path}")
    return key


def _create(path: Path) -> bytes:
    key = secrets.token_bytes(KEY_BYTES)
    # Written beside and linked into place: whoever finds the file finds it whole, and the first maker wins.
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, KEY_FILE_MODE)
        try:
            os.write(file, base64.b64encode(key) + b"\n")
            os.fsync(file)
        finally:
            os.close(file)
        os.link(draft, path)
    except FileExistsError:
        return _load(path)
    except OSError as error:
        raise ConfigError(f"{path}: the secret key cannot be made: {error.strerror}") from None
    finally:
        draft.unlink(missing_ok=True)
    return key
