from __future__ import annotations

import socket
import ssl
from pathlib import Path

import certifi
import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from emulators.certificates import (
    BUNDLE_FILE,
    CA_FILE,
    SERVER_FILE,
    ensure_certificates,
    server_certificate,
)
from emulators.settings import Settings, load


@pytest.fixture(autouse=True)
def _no_bundle_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load({"EMULATORS_HOME": str(tmp_path)})


def test_the_bundle_trusts_everything_as_before_and_the_local_authority(settings: Settings) -> None:
    bundle = ensure_certificates(settings)

    assert bundle == settings.tls / BUNDLE_FILE
    text = bundle.read_text()
    assert Path(certifi.where()).read_text().strip() in text
    assert (settings.tls / CA_FILE).read_text().strip() in text


def test_the_server_certificate_names_the_loopback_and_is_private(settings: Settings) -> None:
    ensure_certificates(settings)

    file = server_certificate(settings)
    certificate = x509.load_pem_x509_certificate(file.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert "127.0.0.1" in [str(each) for each in names.get_values_for_type(x509.IPAddress)]
    assert file.stat().st_mode & 0o077 == 0
    assert b"PRIVATE KEY" not in (settings.tls / CA_FILE).read_bytes()
    assert "PRIVATE KEY" not in (settings.tls / BUNDLE_FILE).read_text()


def test_another_host_is_named_and_stays_named(tmp_path: Path) -> None:
    def names(host: str) -> set[str]:
        settings = load({"EMULATORS_HOME": str(tmp_path), "WAREHOUSE_HOST": host})
        ensure_certificates(settings)
        certificate = x509.load_pem_x509_certificate(server_certificate(settings).read_bytes())
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return {str(each.value) for each in found}

    loopback = {"localhost", "127.0.0.1", "::1"}
    assert names("") == loopback
    assert names("192.0.2.1") == {*loopback, "192.0.2.1"}
    assert names("") == {*loopback, "192.0.2.1"}
    assert names("warehouse.example") == {*loopback, "warehouse.example"}
    assert names("::") == {*loopback, socket.gethostname()}


def test_a_second_call_changes_nothing(settings: Settings) -> None:
    ensure_certificates(settings)
    before = {each.name: each.read_bytes() for each in settings.tls.iterdir()}

    ensure_certificates(settings)

    assert {each.name: each.read_bytes() for each in settings.tls.iterdir()} == before


def test_an_authority_of_the_shell_is_kept(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = tmp_path / "company.pem"
    company.write_text("-- the company's authorities --\n")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(company))

    bundle = ensure_certificates(settings)
    assert bundle.read_text().startswith("-- the company's authorities --\n")

    # `env` points the variable at the bundle itself: what it held stays in it.
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    ensure_certificates(settings)
    assert bundle.read_text().startswith("-- the company's authorities --\n")


def is_trusted(settings: Settings) -> bool:
    """Whether a client that trusts the authority can talk to the server."""
    authority = x509.load_pem_x509_certificate((settings.tls / CA_FILE).read_bytes())
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(server_certificate(settings))
        x509.load_pem_x509_certificate(server_certificate(settings).read_bytes()).verify_directly_issued_by(
            authority
        )
    except (ValueError, InvalidSignature, ssl.SSLError):
        return False
    return (settings.tls / CA_FILE).read_bytes().strip() in (settings.tls / BUNDLE_FILE).read_bytes()


@pytest.mark.parametrize("left", [CA_FILE, SERVER_FILE])
def test_a_kill_between_the_two_files_is_healed(settings: Settings, left: str) -> None:
    ensure_certificates(settings)
    former = (settings.tls / left).read_bytes()
    for name in (CA_FILE, SERVER_FILE):
        (settings.tls / name).unlink()
    ensure_certificates(settings)
    (settings.tls / left).write_bytes(former)
    assert not is_trusted(settings)

    ensure_certificates(settings)

    assert is_trusted(settings)


@pytest.mark.parametrize("name", [CA_FILE, SERVER_FILE])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.9])
def test_a_file_that_is_torn_is_made_anew(settings: Settings, name: str, share: float) -> None:
    ensure_certificates(settings)
    whole = (settings.tls / name).read_bytes()
    (settings.tls / name).write_bytes(whole[: int(len(whole) * share)])

    ensure_certificates(settings)

    assert is_trusted(settings)


def test_a_key_of_another_certificate_is_no_key(settings: Settings) -> None:
    ensure_certificates(settings)
    first = server_certificate(settings).read_bytes()
    server_certificate(settings).unlink()
    ensure_certificates(settings)
    second = server_certificate(settings).read_bytes()
    key = second.index(b"-----BEGIN PRIVATE KEY")
    server_certificate(settings).write_bytes(second[:key] + first[first.index(b"-----BEGIN PRIVATE KEY") :])

    ensure_certificates(settings)

    assert is_trusted(settings)
