"""Ask PDND for a voucher: the signed assertion, the form that carries it, and what a refusal may mean.

Source: pagopa, authorizationServerApi.yml, `POST /token.oauth2`; RFC 7523 section 2.2.
"""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from yarl import URL

from patto_connectors.errors import Refused
from patto_connectors.http.redact import code
from patto_connectors.http.waits import retry_after
from patto_connectors.json import at_path, parse_strict
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
_APART: Final = 30.0
"""Seconds by which two clocks may differ before that is the likely cause."""


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
    return auth.audience or f"{URL(auth.token_url).host}/client-assertion"


def refusal(status: int, headers: Mapping[str, str], content: bytes, host: str, now: datetime) -> Refused:
    """Name why PDND gives no voucher, as far as its answer lets see; it has one code for nearly all causes.

    Args:
        status: of the answer.
        headers: of the answer; `Date` tells PDND's clock.
        content: the answer, perhaps problem+json.
        host: of the token address.
        now: our clock.
    """
    told = ", ".join([str(status), *_codes(content)])
    return clock_apart(headers, host, now) or pdnd_trouble("pdnd.refused", f"{host} gives us no voucher ({told})")


def clock_apart(headers: Mapping[str, str], host: str, now: datetime) -> Refused | None:
    """Say by how much our clock differs from that of an answer's `Date`, where that is enough to be refused."""
    apart = _apart(headers.get("Date", ""), now)
    if abs(apart) <= _APART:
        return None
    side = "behind" if apart > 0 else "ahead of"
    return pdnd_trouble("pdnd.clock", f"our clock is {abs(apart):.0f} s {side} that of {host}")


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


def _codes(content: bytes) -> list[str]:
    """Give the error codes of a problem+json (RFC 9457 with PDND's `errors`), as far as they may be shown."""
    try:
        errors = at_path(parse_strict(content), "errors")
    except ValueError:
        return []
    items = errors if isinstance(errors, list) else []
    return [code(item["code"]) for item in items[:5] if isinstance(item, dict) and "code" in item]


def _apart(date: str, now: datetime) -> float:
    """Give the seconds that the other clock is ahead of ours; 0 where it does not tell."""
    try:
        return parsedate_to_datetime(date).timestamp() - now.timestamp()
    except (ValueError, TypeError, OverflowError):
        return 0.0
