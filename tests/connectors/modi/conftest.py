"""Key pairs, certificates and a clock for tests of signed messages."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from patto_connectors.modi.keys import known_certificate, known_key, signing_key
from patto_connectors.ports import WORLD
from patto_connectors.testing.clock import StillClock

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Pair:
    """A key pair with a certificate, in PEM."""

    raw: object = field(repr=False)
    private: bytes
    public: bytes
    certificate: bytes

    def signing(self, carry="kid", kid="ours"):
        return signing_key(self.private, carry=carry, kid=kid, certificate=self.certificate)

    def known(self, kid="ours"):
        return known_key(self.public, kid)

    def pinned(self, kid=""):
        return known_certificate(self.certificate, kid)


def pair_of(raw, days=365):
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Ambito di prova")])
    start = NOW - timedelta(days=2)
    built = x509.CertificateBuilder(name, name, raw.public_key(), 7, start, start + timedelta(days=days))
    pem = form.Encoding.PEM
    return Pair(
        raw,
        raw.private_bytes(pem, form.PrivateFormat.PKCS8, form.NoEncryption()),
        raw.public_key().public_bytes(pem, form.PublicFormat.SubjectPublicKeyInfo),
        built.sign(raw, hashes.SHA256()).public_bytes(pem),
    )


@pytest.fixture(scope="session")
def rsa_pair():
    return pair_of(rsa.generate_private_key(65537, 2048))


@pytest.fixture(scope="session")
def ec_pair():
    return pair_of(ec.generate_private_key(ec.SECP256R1()))


@pytest.fixture(scope="session")
def other_pair():
    return pair_of(ec.generate_private_key(ec.SECP256R1()))


@pytest.fixture(scope="session", params=["rsa", "ec"])
def pair(request, rsa_pair, ec_pair):
    return rsa_pair if request.param == "rsa" else ec_pair


@pytest.fixture
def clock():
    clock = StillClock(start=NOW)
    token = WORLD.set(clock.world())
    yield clock
    WORLD.reset(token)
