"""Judge a token's claims: times within their window, meant for us, by whom we expect (RFC 7519 section 4.1)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from patto_connectors.modi.refusal import Untrusted

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST: Final = 512
_LAST: Final = 253_402_300_799
"""9999-12-31: a later instant is no time that anybody meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """How much time a token has."""

    age: timedelta = timedelta(minutes=5)
    """After `iat` a token is no longer taken, whatever its `exp` says."""
    skew: timedelta = timedelta(seconds=60)
    """By how much two clocks may differ."""


def check_times(claims: Mapping[str, Any], now: datetime, window: Window, *, aged: bool = True) -> datetime:
    """Check `iat`, `exp` and `nbf`; gives the instant until which the token must be remembered.

    Args:
        claims: of the token.
        now: the wall clock.
        window: what is allowed.
        aged: whether `iat` may be too long ago; a voucher, which serves for many requests, ends by `exp` only.

    Raises:
        Untrusted: `modi.claim`, `modi.expired`, `modi.old` or `modi.clock`.
    """
    issued, ends = instant(claims, "iat"), instant(claims, "exp")
    if ends <= issued:
        raise Untrusted("modi.claim", "the token's `exp` is not after its `iat`")
    if max(issued, instant(claims, "nbf") if "nbf" in claims else issued) > now + window.skew:
        raise Untrusted("modi.clock", "the token's `iat` or `nbf` is in the future")
    if ends <= now - window.skew:
        raise Untrusted("modi.expired", f"the token expired {(now - ends).total_seconds():.0f} s ago (`exp`)")
    if aged and issued <= now - window.age - window.skew:
        raise Untrusted("modi.old", f"the token was issued {(now - issued).total_seconds():.0f} s ago (`iat`)")
    last = min(ends, issued + window.age) if aged else ends
    return last + 2 * window.skew


def check_parties(claims: Mapping[str, Any], audience: frozenset[str], issuer: str) -> None:
    """Check that a token is meant for us, and comes from the expected sender where one is expected.

    Raises:
        Untrusted: `modi.claim`, `modi.audience` or `modi.issuer`.
    """
    meant = claims.get("aud")
    names = [meant] if isinstance(meant, str) else meant
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise Untrusted("modi.claim", "the token's `aud` is missing, or neither text nor a list of texts")
    if audience.isdisjoint(names):
        raise Untrusted("modi.audience", "the token's `aud` is not this service")
    if issuer and text(claims, "iss") != issuer:
        raise Untrusted("modi.issuer", "the token's `iss` is not the partner that is expected")


def text(claims: Mapping[str, Any], name: str, *, needed: bool = True) -> str:
    """Give a claim that is text; empty where it is missing and may be.

    Raises:
        Untrusted: `modi.claim`.
    """
    value = claims.get(name, "")
    if not isinstance(value, str) or len(value) > _LONGEST or (needed and not value.strip()):
        raise Untrusted("modi.claim", f"the token's `{name}` is missing, no text, or too long")
    return value


def instant(claims: Mapping[str, Any], name: str) -> datetime:
    """Give a claim that is a time.

    Raises:
        Untrusted: `modi.claim`.
    """
    value = claims.get(name)
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not (0 <= value <= _LAST and math.isfinite(value))
    ):
        raise Untrusted("modi.claim", f"the token's `{name}` is missing, or no number of seconds since 1970")
    return datetime.fromtimestamp(value, UTC)
