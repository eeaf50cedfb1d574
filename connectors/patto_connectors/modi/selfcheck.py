"""Look for what PDND would refuse before it is asked, and for why it did: it has one code for nearly all causes.

Source: pagopa/interop-be-monorepo, packages/commons/src/auth/jwk.ts: the `kid` that PDND gives a public key is its
RFC 7638 thumbprint, so that a key of another pair shows in it. Older keys may have other names; so it is looked at
after a refusal (015-0008) only.
"""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from joserfc.jwk import RSAKey
from yarl import URL

from patto_connectors.errors import Refused
from patto_connectors.http import redact
from patto_connectors.json import at_path, parse_strict
from patto_connectors.modi.keys import known_key
from patto_connectors.modi.pdnd import audience_of, key_of, pdnd_trouble, usual_audience

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from patto_connectors.http.settings import Pdnd

_KID: Final = re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII)
_THUMBPRINT: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_APART: Final = 30.0
"""Seconds by which two clocks may differ before that is the likely cause."""
_PDND: Final = re.compile(r"auth\.(?:[a-z]+\.)?interop\.pagopa\.it", re.ASCII)
"""Hosts of the token address in PDND's environments: production, `uat`, `att`."""


def likely_causes(auth: Pdnd, now: datetime) -> list[Refused]:
    """Give everything for which a voucher would be refused, as far as it can be seen from here; empty when all is well.

    Whether key, client and purpose are active can be seen on the portal only. A clock that is wrong shows when PDND
    answers (`pdnd.refusal`).

    Args:
        auth: the settings to check.
        now: the wall clock.
    """
    return [*_names(auth), *_audience(auth), *_key(auth, now)]


def suspects(auth: Pdnd) -> Iterator[Refused]:
    """Give what is probably wrong after a refusal, and would be told to nobody who is let in."""
    own = key_of(auth).key.thumbprint()
    if auth.kid != own and (_THUMBPRINT.fullmatch(auth.kid) or _at_pdnd(auth)):
        yield pdnd_trouble(
            "pdnd.kid_pair", f"auth.kid is {auth.kid}; PDND calls the public key of our private key {own}"
        )
    meant, host = audience_of(auth), URL(auth.token_url).host
    named = meant.removeprefix("https://").split("/")[0]
    if meant != usual_audience(auth) and (named == host or _PDND.fullmatch(named)):
        yield _of_elsewhere(auth)


def shown(auth: Pdnd) -> list[tuple[str, str]]:
    """Give what PDND is asked with, to be compared with the portal: names and values, none of them secret.

    The last is what PDND would call the key.
    """
    try:
        own = key_of(auth.model_copy(update={"kid": auth.kid or "-"})).key.thumbprint()
    except Refused:
        own = "-"
    return [
        ("token_url", auth.token_url),
        ("client_id", auth.client_id),
        ("purpose_id", auth.purpose_id),
        ("audience", audience_of(auth)),
        ("kid", auth.kid),
        ("kid di key | kid of key", own),
    ]


def refusal(auth: Pdnd, status: int, headers: Mapping[str, str], content: bytes, now: datetime) -> Refused:
    """Name why PDND gives no voucher, as far as can be seen from here; it has one code for nearly all causes.

    Args:
        auth: what it was asked with.
        status: of the answer.
        headers: of the answer; `Date` tells PDND's clock.
        content: the answer, perhaps problem+json.
        now: our clock.
    """
    host = URL(auth.token_url).host or ""
    told = ", ".join([str(status), *_codes(content)])
    seen = clock_apart(headers, host, now) or next(iter(suspects(auth)), None)
    return seen or pdnd_trouble("pdnd.refused", f"{host} gives us no voucher ({told})")


def clock_apart(headers: Mapping[str, str], host: str, now: datetime) -> Refused | None:
    """Say by how much our clock differs from that of an answer's `Date`, where that is enough to be refused."""
    apart = _apart(headers.get("Date", ""), now)
    if abs(apart) <= _APART:
        return None
    side = "behind" if apart > 0 else "ahead of"
    return pdnd_trouble("pdnd.clock", f"our clock is {abs(apart):.0f} s {side} that of {host}")


def _names(auth: Pdnd) -> Iterator[Refused]:
    for value, code, field in (
        (auth.client_id, "pdnd.client", "client_id"),
        (auth.purpose_id, "pdnd.purpose", "purpose_id"),
    ):
        if not _uuid(value):
            yield pdnd_trouble(code, f"auth.{field} is no UUID")
    if not _KID.fullmatch(auth.kid):
        yield pdnd_trouble("pdnd.kid", "auth.kid is empty, or holds other characters than letters, digits, - and _")


def _audience(auth: Pdnd) -> Iterator[Refused]:
    if _at_pdnd(auth) and audience_of(auth) != usual_audience(auth):
        yield _of_elsewhere(auth)


def _of_elsewhere(auth: Pdnd) -> Refused:
    told = f"auth.audience is {audience_of(auth)}; that of auth.token_url is {usual_audience(auth)}"
    return pdnd_trouble("pdnd.audience", told)


def _at_pdnd(auth: Pdnd) -> bool:
    return _PDND.fullmatch(URL(auth.token_url).host or "") is not None


def _key(auth: Pdnd, now: datetime) -> Iterator[Refused]:
    if auth.key_until is not None and now.date() > auth.key_until:
        yield pdnd_trouble("pdnd.key_expired", f"the key was to be used until {auth.key_until}")
    if not auth.kid:
        return  # told already
    try:
        own = key_of(auth).key
    except Refused:
        yield pdnd_trouble(
            "pdnd.key_file", "auth.key holds no private key that can be used, or auth.key_password is wrong"
        )
        return
    try:
        registered = known_key(auth.registered_key.encode()).key if auth.registered_key else None
    except Refused as trouble:
        yield trouble
        return
    if not isinstance(own, RSAKey):
        yield pdnd_trouble("pdnd.key_kind", "our key is not RSA")
    elif registered is not None and registered.thumbprint() != own.thumbprint():
        yield pdnd_trouble("pdnd.key_pair", "our private key does not belong to auth.registered_key")


def _uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def _codes(content: bytes) -> list[str]:
    """Give the error codes of a problem+json (RFC 9457 with PDND's `errors`), as far as they may be shown."""
    try:
        errors = at_path(parse_strict(content), "errors")
    except ValueError:
        return []
    items = errors if isinstance(errors, list) else []
    return [redact.code(item["code"]) for item in items[:5] if isinstance(item, dict) and "code" in item]


def _apart(date: str, now: datetime) -> float:
    """Give the seconds that the other clock is ahead of ours; 0 where it does not tell."""
    try:
        return parsedate_to_datetime(date).timestamp() - now.timestamp()
    except (ValueError, TypeError, OverflowError):
        return 0.0
