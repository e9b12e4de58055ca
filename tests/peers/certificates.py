# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Certificates that nobody signed, and authorities of our own, for tests that speak TLS."""

from datetime import UTC, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from chassis.clock import SystemClock


def self_signed(folder: Path, address: str) -> tuple[Path, Path]:
    """Write a certificate for an IP address and its key, valid today; answer their paths."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)])
    now = SystemClock().now().astimezone(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return paths


class Authority:
    """One that signs certificates; `path` is its own."""

    def __init__(self, folder: Path, name: str, *, days: int = 1) -> None:
        """Make it in this folder."""
        self._folder, self._name = folder, x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.path = folder / f"{name}.pem"
        own = self._begun(self._name, self._key, days=days).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        self._write(own, self.path)

    def sign(
        self, file: str, *, address: str = "", name: str = "", days: int = 1, kind: str = "EC"
    ) -> tuple[Path, Path]:
        """Write a certificate for an address or a name and its key; with `days` below 0 it has ended."""
        key = _key(kind)
        whom = x509.IPAddress(ip_address(address)) if address else x509.DNSName(name)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, file)])
        made = self._begun(subject, key, days=days).add_extension(
            x509.SubjectAlternativeName([whom]), critical=False
        )
        paths = self._folder / f"{file}.pem", self._folder / f"{file}-key.pem"
        self._write(made, paths[0])
        paths[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return paths

    def _begun(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, *, days: int
    ) -> x509.CertificateBuilder:
        now = SystemClock().now().astimezone(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=30))
            .not_valid_after(now + timedelta(days=days))
        )

    def _write(self, made: x509.CertificateBuilder, path: Path) -> None:
        signed = made.sign(self._key, hashes.SHA256())
        path.write_bytes(signed.public_bytes(serialization.Encoding.PEM))


def _key(kind: str) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    if kind == "RSA":
        return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key(ec.SECP256R1())
