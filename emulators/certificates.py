"""A local certificate authority, and the server certificate it signs, for https."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from emulators.files import write_private
from emulators.settings import EVERY_ADDRESS, LOOPBACK, Settings

LIFETIME = timedelta(days=3650)
RENEW_BEFORE = timedelta(days=30)

CA_FILE = "ca.pem"
BUNDLE_FILE = "ca-bundle.pem"
SERVER_FILE = "server.pem"


def ensure_certificates(settings: Settings) -> Path:
    """Make the authority, the server certificate and the trust bundle unless they are there and valid.

    A certificate that does not name the host where the warehouse listens is made anew, and its authority too:
    clients on other machines need the new bundle.

    Args:
        settings: `settings.tls` receives `ca.pem`, `server.pem` (certificate and key, mode 0600) and
            `ca-bundle.pem` (the bundle in use so far, plus `ca.pem`). The authority's key is never kept.

    Returns:
        The bundle, for `REQUESTS_CA_BUNDLE` and `SSL_CERT_FILE`.
    """
    folder = settings.tls
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    names = _names(settings.warehouse_host)
    if not _is_valid(folder, names):
        authority, certificate, key = _issue(names)
        write_private(folder / CA_FILE, authority)
        write_private(folder / SERVER_FILE, certificate + key)
    bundle = folder / BUNDLE_FILE
    own = (folder / CA_FILE).read_bytes().strip()
    wanted = _trusted_so_far(bundle, own) + b"\n" + own + b"\n"
    if not bundle.exists() or bundle.read_bytes() != wanted:
        write_private(bundle, wanted)
    return bundle


def server_certificate(settings: Settings) -> Path:
    """File with the server's certificate and key; `ensure_certificates` makes it."""
    return settings.tls / SERVER_FILE


def _names(host: str) -> list[x509.GeneralName]:
    """What clients may call the server; one that listens everywhere goes by this machine's name too."""
    names = ["localhost", LOOPBACK, "::1", socket.gethostname() if host in EVERY_ADDRESS else host]
    return [_name(each) for each in dict.fromkeys(names)]


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _is_valid(folder: Path, names: Sequence[x509.GeneralName]) -> bool:
    """Whether the server's certificate is one of the authority, names the host, and lasts.

    After a kill between the two files they do not belong to each other.
    """
    try:
        authority = x509.load_pem_x509_certificate((folder / CA_FILE).read_bytes())
        server = (folder / SERVER_FILE).read_bytes()
        certificate = x509.load_pem_x509_certificate(server)
        key = serialization.load_pem_private_key(server, password=None)
        certificate.verify_directly_issued_by(authority)
        named = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    return (
        certificate.not_valid_after_utc > datetime.now(UTC) + RENEW_BEFORE
        and set(names) <= set(named)
        and key.public_key() == certificate.public_key()
    )


def _trusted_so_far(bundle: Path, own: bytes) -> bytes:
    """The authorities this shell already trusts: a company's proxy may have its own.

    A shell that has taken the emulators' environment names the bundle itself: all but our own in it counts.
    """
    for variable in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        named = os.environ.get(variable)
        if named and Path(named).is_file():
            found = Path(named).read_bytes()
            return (found.replace(own, b"") if Path(named).resolve() == bundle.resolve() else found).strip()
    return Path(certifi.where()).read_bytes().strip()


def _issue(names: Sequence[x509.GeneralName]) -> tuple[bytes, bytes, bytes]:
    """PEM of an authority, and of a server certificate and key that it signed for these names."""
    now = datetime.now(UTC)
    authority_key = ec.generate_private_key(ec.SECP256R1())
    server_key = ec.generate_private_key(ec.SECP256R1())
    authority_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Local SQL warehouse CA")])
    server_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])

    def builder(subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(authority_name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + LIFETIME)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
            )
        )

    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    authority = (
        builder(authority_name, authority_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key()), critical=False)
        .add_extension(usage, critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    server = (
        builder(server_name, server_key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = server_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return authority.public_bytes(pem), server.public_bytes(pem), private
