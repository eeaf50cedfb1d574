"""Ask PDND for a voucher: the signed assertion, the form that carries it, and how long to wait for the next.

Source: pagopa, authorizationServerApi.yml, `POST /token.oauth2`; RFC 7523 section 2.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from yarl import URL

from patto_connectors.errors import Refused
from patto_connectors.http.waits import retry_after
from patto_connectors.modi.jws import write_token
from patto_connectors.modi.keys import signing_key
from patto_schemas.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from patto_connectors.http.settings import Pdnd
    from patto_connectors.modi.keys import SigningKey
    from patto_connectors.ports import World

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_TOO_MANY: Final = 429
_REST: Final = 1.0
"""Seconds of rest where PDND does not say."""
_DIGITS: Final = 12


def token_form(auth: Pdnd, world: World, digest: str = "") -> dict[str, str]:
    """Give the form of a request for a voucher, with a fresh assertion.

    Args:
        auth: whose voucher for which purpose.
        world: clock and chance.
        digest: SHA-256, in hex, of the tracking evidence that the voucher shall be bound to (AUDIT_REST_02).
    """
    return {
        "client_id": auth.client_id,
        "client_assertion": assertion(auth, world, digest),
        "client_assertion_type": ASSERTION_TYPE,
        "grant_type": "client_credentials",
    }


def assertion(auth: Pdnd, world: World, digest: str = "") -> str:
    """Sign who we are and what for; good once, for `auth.life` seconds.

    Raises:
        Refused: `modi.key`; our key cannot be used.
    """
    now = int(world.now().timestamp())
    claims: dict[str, Any] = {
        "iss": auth.client_id,
        "sub": auth.client_id,
        "aud": audience_of(auth),
        "purposeId": auth.purpose_id,
        "jti": str(UUID(bytes=world.chance.randbytes(16), version=4)),
        "iat": now,
        "exp": now + auth.life,
    }
    if digest:
        claims["digest"] = {"alg": "SHA256", "value": digest}
    return write_token(claims, key_of(auth))


def key_of(auth: Pdnd) -> SigningKey:
    """Give our private key.

    Raises:
        Refused: `modi.key`; it cannot be used.
    """
    password = auth.key_password.get_secret_value().encode() if auth.key_password else None
    return signing_key(auth.key.get_secret_value().encode(), carry="kid", kid=auth.kid, password=password)


def audience_of(auth: Pdnd) -> str:
    """Give the assertion's `aud`: that of the settings, or the usual one of the environment."""
    return auth.audience or usual_audience(auth)


def usual_audience(auth: Pdnd) -> str:
    """Give the `aud` that PDND asks for at this token address."""
    return f"{URL(auth.token_url).host}/client-assertion"


def rest_after(status: int, headers: Mapping[str, str], now: datetime, cap: float) -> float:
    """Give the seconds to leave the token address alone: after a 429, and once nothing remains.

    PDND tells the length of its window where others tell its end; what is left of it is not known, so all is waited.
    """
    remaining = _first(headers, "Remaining")
    if status != _TOO_MANY and not (remaining.isdecimal() and int(remaining) == 0):
        return 0.0
    told = retry_after(headers, now, cap)
    window = _first(headers, "Interval")
    return min(int(window) / 1000 if window.isdecimal() else _REST, cap) if told is None else told


def _first(headers: Mapping[str, str], name: str) -> str:
    """Give a rate header, as short as a number may be; specification and service spell it differently."""
    return (headers.get(f"X-Rate-Limit-{name}") or headers.get(f"X-RateLimit-{name}") or "")[:_DIGITS]


def pdnd_trouble(name: str, detail: str) -> Refused:
    """Give the trouble with the catalogue's advice."""
    return Refused(name, detail, hint=CATALOGUE[name].fix_en)
