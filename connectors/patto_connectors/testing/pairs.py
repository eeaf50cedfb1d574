"""Key pairs, each with a certificate of its own making, for tests of what is signed and of whom a key lets in."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.x509.oid import NameOID
from joserfc import jws

from patto_connectors.modi.compact import base64url
from patto_connectors.modi.keys import Carry, Known, SigningKey, known_certificate, known_key, signing_key
from patto_connectors.ports import WORLD

Raw: TypeAlias = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class Pair:
    """A key pair with a certificate, in PEM."""

    raw: Raw = field(repr=False)
    private: bytes = field(repr=False)
    public: bytes
    certificate: bytes

    def signing(self, carry: Carry = "kid", kid: str = "ours") -> SigningKey:
        """Give the key that signs."""
        return signing_key(self.private, carry=carry, kid=kid, certificate=self.certificate)

    def known(self, kid: str = "ours") -> Known:
        """Give the public key, as whoever was told it knows it."""
        return known_key(self.public, kid)

    def pinned(self, kid: str = "") -> Known:
        """Give the certificate, as whoever was told it knows it."""
        return known_certificate(self.certificate, kid)

    def jwk(self, kid: str = "ours") -> dict[str, Any]:
        """Give the public key as a JWK (RFC 7517)."""
        return {**self.known().key.as_dict(private=False), "kid": kid}


def proof_of(pair: Pair, voucher: str, method: str, address: str, **changes: Any) -> str:  # noqa: ANN401 - JSON
    """Give a proof of possession for a voucher (DPoP, RFC 9449 section 4.2).

    Args:
        pair: whose voucher it is.
        voucher: as it is shown.
        method: of the request.
        address: of the request.
        changes: claims that are to be otherwise, and `header`, members of the header that are; None leaves one out.
    """
    world = WORLD.get()
    key = pair.signing()
    header = {"typ": "dpop+jwt", "alg": key.algorithm, "jwk": pair.known().key.as_dict(private=False)}
    header = {name: value for name, value in {**header, **changes.pop("header", {})}.items() if value is not None}
    claims = {"htm": method, "htu": address, "iat": int(world.now().timestamp()), "jti": world.token()}
    claims |= {"ath": base64url(sha256(voucher.encode()).digest()), **changes}
    content = json.dumps({name: value for name, value in claims.items() if value is not None}).encode()
    registry = jws.JWSRegistry(algorithms=[key.algorithm], strict_check_header=False)
    return jws.serialize_compact(header, content, key.key, registry=registry)


def pair_of(raw: Raw, now: datetime) -> Pair:
    """Make a pair of a private key, with a certificate that began two days ago and is good for a year."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ente.example")])
    start = now - timedelta(days=2)
    built = x509.CertificateBuilder(name, name, raw.public_key(), 7, start, start + timedelta(days=365))
    signed = built.sign(raw, None if isinstance(raw, Ed25519PrivateKey) else hashes.SHA256())
    pem = form.Encoding.PEM
    return Pair(
        raw,
        raw.private_bytes(pem, form.PrivateFormat.PKCS8, form.NoEncryption()),
        raw.public_key().public_bytes(pem, form.PublicFormat.SubjectPublicKeyInfo),
        signed.public_bytes(pem),
    )
