"""Tracking evidence that a voucher of PDND is bound to (AUDIT_REST_02).

Who asks first writes down who causes its requests, and asks for the voucher with the digest of that (`digest` in the
client assertion). PDND puts the digest into the voucher, so that whoever receives both knows that they belong together.

Sources: AgID, determinazione 128/2023 (Pattern di sicurezza, AUDIT_REST_02); italia/eid-wallet-it-docs, e-Service PDND,
steps 1 to 6; italia/anpr issues 4450 and 4691 for what the first large service takes: the digest is of the token as it
travels, in hex, and both last for ten minutes.
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from patto_connectors.modi.jws import write_token
from patto_connectors.modi.refusal import Untrusted
from patto_connectors.ports import WORLD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patto_connectors.modi.message import Signer, Tracking

LIFE: Final = 600
"""Seconds that evidence serves: as long as PDND's vouchers do."""
_ALGORITHM: Final = "SHA256"
_NONCE: Final = (10**12, 10**13)
"""`dnonce` is a number of 13 digits: without it PDND, which sees the digest only, could guess a person from it."""


def write_evidence(tracking: Tracking, signer: Signer, audience: str, purpose: str) -> str:
    """Sign who causes the requests of one voucher; gives the value of `Agid-JWT-TrackingEvidence`.

    Args:
        tracking: who.
        signer: who we are.
        audience: `aud`: the receiver's service.
        purpose: `purposeId` that the voucher is asked for.
    """
    world = WORLD.get()
    now = int(world.now().timestamp())
    claims: dict[str, Any] = {"iss": signer.issuer, "aud": audience, "jti": world.token(), "purposeId": purpose}
    claims |= {"iat": now, "nbf": now, "exp": now + LIFE, "dnonce": world.chance.randrange(*_NONCE)}
    return write_token({**claims, **told_by(tracking)}, signer.key)


def told_by(tracking: Tracking) -> dict[str, str]:
    """Give the claims that tell who causes a request."""
    return {"userID": tracking.user, "userLocation": tracking.location, "LoA": tracking.level}


def digest_of_evidence(written: str) -> str:
    """Give the SHA-256 of evidence as it travels, in hex."""
    return sha256(written.encode()).hexdigest()


def bound_to(written: str, voucher: Mapping[str, Any], *, needed: bool) -> bool:
    """Say whether a voucher was given for this evidence.

    Args:
        written: the evidence as it travelled.
        voucher: the claims of a voucher that is right; empty where there is none.
        needed: whether it must be bound (AUDIT_REST_02); otherwise one that tells no digest goes with any.

    Raises:
        Untrusted: `modi.unbound`; the voucher tells no digest where it must, or that of other evidence.
    """
    told = voucher.get("digest")
    if told is None and not needed:
        return False
    if not isinstance(told, dict) or told.get("alg") != _ALGORITHM or not isinstance(told.get("value"), str):
        raise Untrusted("modi.unbound", "the voucher's `digest` is missing, or is not SHA256 with its value")
    if not hmac.compare_digest(told["value"].lower().encode(), digest_of_evidence(written).encode()):
        raise Untrusted("modi.unbound", "the voucher's `digest` is of another Agid-JWT-TrackingEvidence")
    return True
