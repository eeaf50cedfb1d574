"""How long a partner asks us to wait, in all the ways that partners say it."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_PREFIXES = ("X-RateLimit-", "X-Rate-Limit-", "RateLimit-", "X-Ratelimit-")
_EPOCH = 1_000_000_000
"""A larger number is an instant, not a wait: seconds since 1970 (2001 and later)."""
_EPOCH_MS = 1_000_000_000_000


def retry_after(headers: Mapping[str, str], now: datetime, cap: float) -> float | None:
    """Give the seconds that a partner asks for, from 0 to `cap`; None when it says nothing understandable.

    Read are `Retry-After` in seconds or as an HTTP date (RFC 9110 section 10.2.3), then the reset of the rate-limit
    headers in their common spellings. A negative wait and a date gone by are 0; ten years are `cap`.
    """
    asked = _seconds(headers.get("Retry-After"), now)
    if asked is None:
        asked = _seconds(_rate_limit(headers, "Reset"), now)
    return None if asked is None else min(max(asked, 0.0), cap)


def pause_after(headers: Mapping[str, str], now: datetime, cap: float) -> float:
    """Give the seconds to leave a partner alone after a good answer: until the reset once nothing remains."""
    remaining = _rate_limit(headers, "Remaining")
    if remaining is None or not remaining.strip().isdigit() or int(remaining) > 0:
        return 0.0
    return retry_after(headers, now, cap) or 0.0


def _rate_limit(headers: Mapping[str, str], name: str) -> str | None:
    """Find a rate-limit header; lists as `10, 100;w=60` (several windows) are told by their first number."""
    for prefix in _PREFIXES:
        value = headers.get(prefix + name)
        if value is not None:
            return value.split(",")[0].split(";")[0]
    return None


def _seconds(text: str | None, now: datetime) -> float | None:
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        return _until(text, now)
    if not math.isfinite(number):
        return None
    if number >= _EPOCH_MS:
        return number / 1000 - now.timestamp()
    return number - now.timestamp() if number >= _EPOCH else number


def _until(text: str, now: datetime) -> float | None:
    try:
        instant = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp() - now.timestamp()
