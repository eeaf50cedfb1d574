"""Keys of webhooks as people pass them on: `whsec_` for both sides, or `whsk_` here and `whpk_` there.

Source: Standard Webhooks 1.0.0, "Signature scheme". A shared secret has 24 to 64 bytes; a key pair is ed25519.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from patto_connectors.errors import Refused

if TYPE_CHECKING:
    from patto_connectors.ports import World

_SHORTEST, _LONGEST = 24, 64
_FRESH = 32
_SEED = 32
_PAIR = 64
"""A secret key is told as its seed, or as the seed and the public key behind it."""


@dataclass(frozen=True, slots=True)
class SharedKey:
    """A secret that both sides know: HMAC-SHA256, `v1`."""

    secret: bytes = field(repr=False)
    label: str = field(default="v1", init=False)

    def sign(self, content: bytes) -> bytes:
        """Give the signature of a content."""
        return hmac.digest(self.secret, content, hashlib.sha256)

    def vouches(self, content: bytes, signature: bytes) -> bool:
        """Say whether the signature is of this key, in constant time."""
        return hmac.compare_digest(self.sign(content), signature)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The secret half of a key pair: ed25519, `v1a`."""

    seed: bytes = field(repr=False)
    label: str = field(default="v1a", init=False)

    def sign(self, content: bytes) -> bytes:
        """Give the signature of a content."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(content)

    def vouches(self, content: bytes, signature: bytes) -> bool:
        """Say whether the signature is of this pair."""
        return self.public().vouches(content, signature)

    def public(self) -> PublicKey:
        """Give the half that receivers get."""
        return PublicKey(Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw())


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The half of a key pair that receivers have: it can only verify."""

    raw: bytes
    label: str = field(default="v1a", init=False)

    def vouches(self, content: bytes, signature: bytes) -> bool:
        """Say whether the signature is of this pair."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, content)
        except (InvalidSignature, ValueError):
            return False
        return True

    def text(self) -> str:
        """Give the key as it is passed on: it is no secret."""
        return _written("whpk_", self.raw)


SecretKey = SharedKey | SigningKey
"""What signs."""
Key = SharedKey | SigningKey | PublicKey
"""What verifies."""


def secret_key(text: str) -> SecretKey:
    """Read a key that signs: `whsec_...` or `whsk_...`; without a prefix it is a shared secret.

    Raises:
        Refused: `webhook.key`; the message quotes nothing of the key.
    """
    found = key(text)
    if isinstance(found, PublicKey):
        raise _unusable("a public key (whpk_) cannot sign; give its secret half (whsk_)")
    return found


def key(text: str) -> Key:
    """Read a key that verifies: `whsec_...`, `whpk_...` or `whsk_...`; without a prefix it is a shared secret.

    Raises:
        Refused: `webhook.key`; the message quotes nothing of the key.
    """
    text = text.strip()
    if text.startswith("whpk_"):
        raw = _read(text.removeprefix("whpk_"))
        if len(raw) != _SEED:
            raise _unusable("a public key has 32 bytes")
        return PublicKey(raw)
    if text.startswith("whsk_"):
        return _pair(_read(text.removeprefix("whsk_")))
    secret = _read(text.removeprefix("whsec_"))
    if not _SHORTEST <= len(secret) <= _LONGEST:
        raise _unusable("a shared secret has 24 to 64 bytes")
    return SharedKey(secret)


def fresh_secret(world: World) -> str:
    """Make a shared secret of 32 bytes, as `whsec_...`."""
    return _written("whsec_", world.chance.randbytes(_FRESH))


def fresh_pair(world: World) -> tuple[str, str]:
    """Make a key pair: the secret half as `whsk_...`, the public half as `whpk_...`."""
    pair = SigningKey(world.chance.randbytes(_SEED))
    return _written("whsk_", pair.seed + pair.public().raw), pair.public().text()


def _pair(raw: bytes) -> SigningKey:
    if len(raw) not in (_SEED, _PAIR):
        raise _unusable("a secret key has 32 bytes, or 64 with its public half")
    pair = SigningKey(raw[:_SEED])
    if len(raw) == _PAIR and raw[_SEED:] != pair.public().raw:
        raise _unusable("the two halves of the key pair do not belong together")
    return pair


def _read(text: str) -> bytes:
    """Give the bytes of a base64 text, in either alphabet, with or without padding, as keys are passed around."""
    plain = text.rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise _unusable("the part after the prefix is not base64") from None


def _written(prefix: str, raw: bytes) -> str:
    return prefix + base64.b64encode(raw).decode()


def _unusable(detail: str) -> Refused:
    return Refused("webhook.key", detail, hint="make a new one with `patto webhook secret`")
