"""Proof that whoever shows a voucher holds the key that it was given to (DPoP, RFC 9449; PDND's REST_JWS_2021_POP).

A voucher with `cnf.jkt` is of use to nobody who only copied it: each request carries a short-lived token of its own,
signed by that key, for this method, this address and this voucher.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from yarl import URL

from patto_connectors.errors import Refused
from patto_connectors.json import parse_unique
from patto_connectors.modi.claims import instant, text
from patto_connectors.modi.compact import base64url, read_compact
from patto_connectors.modi.jws import ALLOWED, verify
from patto_connectors.modi.keys import known_jwk
from patto_connectors.modi.refusal import Untrusted
from patto_connectors.modi.seen import Mark

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from patto_connectors.modi.claims import Window
    from patto_connectors.modi.compact import Compact

DPOP: Final = "DPoP"
"""The header of the proof, and the scheme of a bound voucher in `Authorization`."""
_KIND: Final = "dpop+jwt"


def bound_key(claims: Mapping[str, Any]) -> str:
    """Give the thumbprint of the key that a voucher is bound to; empty where it is bound to none.

    Raises:
        Untrusted: `modi.dpop`; it is bound in another way than by `jkt`.
    """
    if "cnf" not in claims:
        return ""
    told = claims["cnf"]
    thumbprint = told.get("jkt") if isinstance(told, dict) else None
    if not isinstance(thumbprint, str) or not thumbprint:
        raise Untrusted("modi.dpop", "the voucher's `cnf` names no key by `jkt`")
    return thumbprint


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A bound voucher, and the request that it came with."""

    voucher: str = field(repr=False)
    """As it travelled."""
    thumbprint: str
    """Of the key that it is bound to."""
    method: str
    address: str
    """Where the request was sent; what follows `?` or `#` does not count."""


def check_proof(proof: str, shown: Shown, now: datetime, window: Window) -> Mark:
    """Check a proof as RFC 9449 section 4.3 says; gives what it must be remembered by, for it is good once.

    Args:
        proof: the header `DPoP`.
        shown: what it is for.
        now: the wall clock.
        window: how old a proof may be.

    Raises:
        Untrusted: `modi.dpop`, or what is wrong with it as with any token.
    """
    token = read_compact(proof, ALLOWED, brings="jwk")
    claims = _signed(token, shown.thumbprint)
    if claims.get("htm") != shown.method or not _same(claims.get("htu"), shown.address):
        raise Untrusted("modi.dpop", "the proof is for another method or address (`htm`, `htu`)")
    told, own = text(claims, "ath"), base64url(sha256(shown.voucher.encode()).digest())
    if not hmac.compare_digest(told.encode(), own.encode()):
        raise Untrusted("modi.dpop", "the proof is for another voucher (`ath`)")
    made = instant(claims, "iat")
    if made > now + window.skew:
        raise Untrusted("modi.clock", "the proof's `iat` is in the future")
    if made <= now - window.age - window.skew:
        raise Untrusted("modi.old", f"the proof was made {(now - made).total_seconds():.0f} s ago (`iat`)")
    return Mark(shown.thumbprint, text(claims, "jti"), made + window.age + 2 * window.skew)


def _signed(token: Compact, thumbprint: str) -> Mapping[str, Any]:
    """Give the claims of a proof that the key it brings has signed, if that is the key of the voucher."""
    if str(token.header.get("typ", "")).lower() != _KIND:
        raise Untrusted("modi.dpop", f"the proof's `typ` is not {_KIND}")
    brought = token.header.get("jwk")
    if not isinstance(brought, dict) or "d" in brought:
        raise Untrusted("modi.dpop", "the proof brings no public key in `jwk`")
    try:
        known = known_jwk(brought)
    except Refused:
        raise Untrusted("modi.dpop", "the key in the proof's `jwk` cannot be used") from None
    if not hmac.compare_digest(known.key.thumbprint().encode(), thumbprint.encode()):
        raise Untrusted("modi.dpop", "the proof's key is not the one that the voucher was given to (`cnf.jkt`)")
    verify(token, known)
    try:
        claims = parse_unique(token.payload)
    except ValueError:
        claims = None
    if not isinstance(claims, dict):
        raise Untrusted("modi.claim", "the proof's payload is no JSON object, or names a claim twice")
    return claims


def _same(told: object, address: str) -> bool:
    """Whether two addresses are one, besides query and fragment (RFC 9449 section 4.3, RFC 3986 section 6.2)."""
    try:
        return isinstance(told, str) and _bare(told) == _bare(address)
    except ValueError:
        return False


def _bare(address: str) -> tuple[object, ...]:
    url = URL(address)
    return url.scheme.lower(), (url.host or "").lower(), url.port, url.raw_path or "/"
