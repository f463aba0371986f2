"""A certificate authority of our own, for receivers that speak HTTPS."""

import datetime as dt
import hashlib
import ipaddress
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAME = "Test authority"
DAY = dt.timedelta(days=1)


class Authority:
    """``ca_file`` is what its friends trust."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
        self._count = 0
        self.ca_file = folder / "ca.pem"
        made = self._make(self._name, self._key, [], authority=True)
        self.ca_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))

    def server(self, *addresses: str, expired: bool = False) -> ssl.SSLContext:
        """A server's side for IP ``addresses``."""
        self._count += 1
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test server")])
        return self._context(key, self._make(name, key, list(addresses), expired=expired))

    def self_signed(self, *addresses: str) -> ssl.SSLContext:
        """A server's side whose certificate vouches for itself."""
        self._count += 1
        return self._context(self._key, self._make(self._name, self._key, list(addresses)))

    def _context(self, key: ec.EllipticCurvePrivateKey, made: x509.Certificate) -> ssl.SSLContext:
        file = self._folder / f"server{self._count}.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + made.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def server_for_clients(self, *addresses: str) -> ssl.SSLContext:
        """The same, for clients with a certificate of this authority and no others."""
        context = self.server(*addresses)
        context.load_verify_locations(self.ca_file)
        context.verify_mode = ssl.CERT_REQUIRED
        return context

    def hashed_folder(self) -> Path:
        """A folder as OpenSSL looks certificates up: by the SHA-1 of the subject in canonical DER, little-endian."""
        common_name = b"\x06\x03\x55\x04\x03\x0c" + bytes([len(NAME)]) + NAME.lower().encode()
        pair = b"\x30" + bytes([len(common_name)]) + common_name
        name = b"\x31" + bytes([len(pair)]) + pair
        folder = self._folder / "hashed"
        folder.mkdir()
        (folder / f"{hashlib.sha1(name).digest()[3::-1].hex()}.0").write_bytes(self.ca_file.read_bytes())
        return folder

    def client(self, name: str, *, password: bytes | None = None) -> tuple[str, str]:
        """Certificate and private key of a client, in PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = self._make(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), key, [])
        sealing = (
            serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
        )
        private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, sealing)
        return made.public_bytes(serialization.Encoding.PEM).decode(), private.decode()

    def _make(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        addresses: list[str],
        *,
        authority: bool = False,
        expired: bool = False,
    ) -> x509.Certificate:
        end = dt.datetime.now(dt.UTC) + (-DAY if expired else DAY)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(end - 3 * DAY)
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        if addresses:
            names = [x509.IPAddress(ipaddress.ip_address(one)) for one in addresses]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self._key, hashes.SHA256())
