"""Sign each request as it leaves (ModI): every attempt anew, over the very bytes and headers that are sent."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from patto_connectors.modi.evidence import write_evidence
from patto_connectors.modi.keys import signing_key
from patto_connectors.modi.message import Outgoing, Profile, Signer, Tracking
from patto_connectors.modi.sign import sign

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patto_connectors.http.settings import Signing

_INTEGRITY: Final = frozenset({Profile.INTEGRITY_REST_01, Profile.INTEGRITY_REST_02})
_UNNAMED: Final = "application/octet-stream"
"""What aiohttp would call a body whose type nobody said: it must be signed, so it is said."""


def evidence_of(signing: Signing, purpose: str) -> str:
    """Write down who causes our requests, for a voucher to be bound to (AUDIT_REST_02).

    Raises:
        Refused: `modi.key`; our key cannot be used.
    """
    return write_evidence(_who(signing), _signer(signing, frozenset()), signing.audience, purpose)


def signed_headers(
    signing: Signing, method: str, headers: Mapping[str, str], body: bytes, evidence: str = ""
) -> dict[str, str]:
    """Give the headers that sign a request, and its `Content-Type` where there was none.

    Args:
        signing: the settings.
        method: of the request.
        headers: that travel besides.
        body: exactly as it will be sent; a request without one has nothing whose integrity could be signed.
        evidence: that the voucher is bound to (AUDIT_REST_02).

    Raises:
        Refused: `modi.key`; our key cannot be used, or the request is one that cannot be signed.
    """
    profiles = frozenset(map(Profile, signing.profiles)) - (frozenset() if body else _INTEGRITY)
    named = {} if not body or "content-type" in {name.lower() for name in headers} else {"Content-Type": _UNNAMED}
    sent = Outgoing(
        audience=signing.audience,
        body=body,
        headers={**headers, **named},
        method=method,
        tracking=_who(signing),
        evidence=evidence,
    )
    return {**named, **sign(sent, _signer(signing, profiles))}


def _who(signing: Signing) -> Tracking:
    told = signing.tracking
    return Tracking(user=told.user, location=told.location, level=told.level)


@lru_cache(maxsize=64)
def _signer(signing: Signing, profiles: frozenset[Profile]) -> Signer:
    """Read our key; once for the same settings, for reading takes longer than signing."""
    password = signing.key_password.get_secret_value().encode() if signing.key_password else None
    key = signing_key(
        signing.key.get_secret_value().encode(),
        carry=signing.carry,
        kid=signing.kid,
        certificate=signing.certificate.encode(),
        password=password,
    )
    return Signer(key=key, profiles=profiles, issuer=signing.issuer, life=signing.life)
