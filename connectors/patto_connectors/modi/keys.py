"""The keys that somebody gave us: partners' public ones, found by what a token's header says, and our private one."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from patto_connectors.errors import Refused
from patto_connectors.json import parse_unique
from patto_connectors.modi.compact import base64url
from patto_connectors.modi.refusal import Untrusted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

Key: TypeAlias = RSAKey | ECKey | OKPKey
Carry: TypeAlias = Literal["kid", "x5c", "x5t#S256"]
"""How a token names the key that signed it: PDND's `kid` (INTEGRITY_REST_02), or a certificate (all other profiles)."""

LEAST_BITS: Final = 2048
"""Of an RSA key (NIST SP 800-131A)."""
_CURVE: Final = "secp256r1"


@dataclass(frozen=True, slots=True)
class Known:
    """One public key that may have signed."""

    key: Key = field(repr=False)
    kid: str = ""
    """Its name at PDND, or in the partner's key set."""
    certificate: bytes = field(default=b"", repr=False)
    """The X.509 certificate that holds it, DER; empty for a bare key."""
    since: datetime | None = None
    until: datetime | None = None
    """When the certificate is valid."""

    @property
    def thumbprint(self) -> str:
        """The certificate's `x5t#S256` (RFC 7515 section 4.1.8), or the bare key's RFC 7638 thumbprint."""
        return base64url(sha256(self.certificate).digest()) if self.certificate else self.key.thumbprint()


Keys: TypeAlias = tuple[Known, ...]


@dataclass(frozen=True, slots=True)
class SigningKey:
    """Our own key, and how its signatures name it."""

    key: Key = field(repr=False)
    carry: Carry
    kid: str = ""
    certificate: bytes = field(default=b"", repr=False)

    @property
    def algorithm(self) -> str:
        """What it signs with."""
        return "RS256" if isinstance(self.key, RSAKey) else "ES256"

    def header(self) -> dict[str, Any]:
        """Give the JOSE header of its tokens."""
        reference: dict[str, Any] = {"kid": self.kid}
        if self.carry == "x5c":
            reference = {"x5c": [base64.b64encode(self.certificate).decode()]}
        elif self.carry == "x5t#S256":
            reference = {"x5t#S256": base64url(sha256(self.certificate).digest())}
        return {"alg": self.algorithm, "typ": "JWT", **reference}


def known_key(pem: bytes, kid: str = "") -> Known:
    """Take a partner's bare public key.

    Raises:
        Refused: `modi.key`; it cannot be used.
    """
    try:
        return Known(_public(serialization.load_pem_public_key(pem)), kid)
    except (ValueError, TypeError):
        raise _unusable("the public key") from None


def known_certificate(pem: bytes, kid: str = "") -> Known:
    """Take a partner's certificate: this very one is trusted, not whoever issued it.

    Raises:
        Refused: `modi.key`; it cannot be used.
    """
    try:
        found = x509.load_pem_x509_certificate(pem)
        der = found.public_bytes(serialization.Encoding.DER)
        return Known(_public(found.public_key()), kid, der, found.not_valid_before_utc, found.not_valid_after_utc)
    except (ValueError, TypeError):
        raise _unusable("the certificate") from None


def known_set(content: bytes, *, whole: bool = True) -> Keys:
    """Take a key set (RFC 7517 section 5), as PDND publishes it; keys of other kinds or uses are left out.

    Args:
        content: JSON.
        whole: whether a key of it that cannot be used makes all of it unusable; of a set that others keep, one strange
            key must not take the good ones away.

    Raises:
        Refused: `modi.key`; it is no key set, or holds no key that can be used.
    """
    try:
        members: list[dict[str, Any]] = [dict(member) for member in parse_unique(content)["keys"]]
        found = tuple(each for member in members if _signs(member) for each in _usable(member, whole=whole))
    except (ValueError, KeyError, TypeError):
        raise _unusable("the key set") from None
    if not found or len({known.kid for known in found}) < len(found):
        raise _unusable("the key set")
    return found


def _usable(member: Mapping[str, Any], *, whole: bool) -> Keys:
    try:
        return (known_jwk(member),)
    except Refused:
        if whole:
            raise
        return ()


def known_jwk(member: Mapping[str, Any]) -> Known:
    """Take a public key in JWK form; its `use`, `key_ops` and `alg` stay in force.

    Raises:
        Refused: `modi.key`; it cannot be used.
    """
    try:
        kinds: dict[str, type[RSAKey | ECKey | OKPKey]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
        key: Key = kinds[member["kty"]].import_key(dict(member))
        _strong(key.public_key)
    except (JoseError, ValueError, KeyError, TypeError):
        raise _unusable("the key") from None
    return Known(key, str(member.get("kid", "")))


def signing_key(
    pem: bytes, *, carry: Carry, kid: str = "", certificate: bytes = b"", password: bytes | None = None
) -> SigningKey:
    """Take our private key.

    Args:
        pem: the private key.
        carry: how its tokens name it.
        kid: its name at PDND; needed for `kid`.
        certificate: the certificate of this key, PEM; needed for `x5c` and `x5t#S256`.
        password: of the private key.

    Raises:
        Refused: `modi.key`; the key cannot be used, or what `carry` needs is missing, or is of another key.
    """
    try:
        raw = serialization.load_pem_private_key(pem, password)
    except (ValueError, TypeError):
        raise _unusable("our private key") from None
    if not isinstance(raw, RSAPrivateKey | EllipticCurvePrivateKey):
        raise _unusable("our private key")
    key = _public(raw.public_key())
    own = known_certificate(certificate) if certificate else None
    if own is not None and own.key.thumbprint() != key.thumbprint():
        raise Refused(
            "modi.key", "our certificate is not that of our private key", hint="name the pair that belongs together"
        )
    if (carry == "kid" and not kid) or (carry != "kid" and own is None):
        raise Refused("modi.key", f"our key has no `{carry}` to be named by", hint="set kid or certificate")
    signing: Key = RSAKey.import_key(raw) if isinstance(raw, RSAPrivateKey) else ECKey.import_key(raw)
    return SigningKey(signing, carry, kid, own.certificate if own else b"")


def find_key(keys: Keys, header: Mapping[str, Any], now: datetime) -> Known:
    """Give the known key that a token's header names; all its references must mean the same one.

    An `x5u` is never fetched, and a certificate that is not among the known ones says nothing.

    Raises:
        Untrusted: `modi.key_unknown`, `modi.remote_key` or `modi.certificate`.
    """
    named = [name for name in ("kid", "x5t#S256", "x5c") if name in header]
    if not named:
        if "x5u" in header:
            raise Untrusted("modi.remote_key", "the token's header names its certificate by an address only")
        raise Untrusted("modi.key_unknown", "the token's header names no key: it has neither kid, x5t#S256 nor x5c")
    for known in keys:
        if all(_means(known, name, header[name]) for name in named):
            if (known.since and now < known.since) or (known.until and now > known.until):
                raise Untrusted("modi.certificate", "the certificate of the token is not valid now")
            return known
    raise Untrusted("modi.key_unknown", f"no known key is the one that the token names by {' and '.join(named)}")


def _means(known: Known, name: str, value: object) -> bool:
    if name == "kid":
        return isinstance(value, str) and value != "" and known.kid == value
    if not known.certificate:
        return False
    if name == "x5t#S256":
        return known.thumbprint == value
    leaf = value[0] if isinstance(value, list) and value else None
    try:
        return isinstance(leaf, str) and base64.b64decode(leaf, validate=True) == known.certificate
    except (binascii.Error, ValueError):
        return False


def _public(raw: object) -> Key:
    _strong(raw)
    if isinstance(raw, RSAPublicKey):
        return RSAKey.import_key(raw)
    return OKPKey.import_key(raw) if isinstance(raw, Ed25519PublicKey) else ECKey.import_key(raw)  # type: ignore[arg-type] # _strong leaves three kinds


def _strong(raw: object) -> None:
    good = (
        (isinstance(raw, RSAPublicKey) and raw.key_size >= LEAST_BITS)
        or (isinstance(raw, EllipticCurvePublicKey) and raw.curve.name == _CURVE)
        or isinstance(raw, Ed25519PublicKey)
    )
    if not good:
        raise ValueError("neither RSA of 2048 bits or more, P-256 nor Ed25519")


def _signs(member: Mapping[str, Any]) -> bool:
    return member.get("kty") in ("RSA", "EC", "OKP") and member.get("use", "sig") == "sig"


def _unusable(what: str) -> Refused:
    hint = "RSA of at least 2048 bits, EC P-256 or Ed25519"
    return Refused("modi.key", f"{what} cannot be used", hint=hint)
