"""Certificates and private keys in PEM (RFC 7468), checked when they are saved: a bad one would fail every delivery."""

from typing import TYPE_CHECKING

from airhook.core.errors import InvalidError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

MAX_PEM = 65_536  # characters


def check_authorities(field: str, pem: str) -> None:
    """Raise ``InvalidError`` unless ``pem`` holds certificates and nothing secret."""
    _certificates(field, pem)
    if "PRIVATE KEY" in pem:
        raise InvalidError(field, "holds a private key; give certificates only", rule="format")


def check_client_certificate(cert_field: str, cert_pem: str, key_field: str, key_pem: str) -> None:
    """Raise ``InvalidError`` unless the first certificate belongs to the key, which must not be encrypted."""
    # Imported here, so that the command line starts quickly.
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    certificate = _certificates(cert_field, cert_pem)[0]
    _check_size(key_field, key_pem)
    try:
        key = load_pem_private_key(key_pem.encode(), None)
    except TypeError:
        raise InvalidError(
            key_field,
            "is encrypted; decrypt it first (openssl pkey), it is encrypted at rest here",
            rule="format",
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise InvalidError(key_field, "is no private key in PEM", rule="format") from None
    if key.public_key() != certificate.public_key():
        raise InvalidError(key_field, "is not the key of the certificate", rule="mismatch")


def _certificates(field: str, pem: str) -> "list[Certificate]":
    from cryptography.x509 import load_pem_x509_certificates

    _check_size(field, pem)
    try:
        return load_pem_x509_certificates(pem.encode())
    except ValueError:
        raise InvalidError(field, "holds no certificate in PEM", rule="format") from None


def _check_size(field: str, pem: str) -> None:
    if len(pem) > MAX_PEM:
        raise InvalidError(field, f"is longer than {MAX_PEM} characters", rule="too_long")
