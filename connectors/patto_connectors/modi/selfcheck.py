"""Look for what PDND would refuse before it is asked: it answers nearly all causes with one code (015-0008)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from uuid import UUID

from joserfc.jwk import RSAKey
from yarl import URL

from patto_connectors.errors import Refused
from patto_connectors.modi.keys import known_key
from patto_connectors.modi.pdnd import audience_of, key_of, pdnd_trouble

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from patto_connectors.http.settings import Pdnd

_KID: Final = re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII)
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
    host, meant = URL(auth.token_url).host or "", audience_of(auth)
    named = meant.removeprefix("https://").split("/")[0]
    if named != host and (_PDND.fullmatch(host) or _PDND.fullmatch(named)):
        yield pdnd_trouble("pdnd.audience", f"auth.audience is for {named}, auth.token_url is at {host}")


def _key(auth: Pdnd, now: datetime) -> Iterator[Refused]:
    if auth.key_until is not None and now.date() > auth.key_until:
        yield pdnd_trouble("pdnd.key_expired", f"the key was to be used until {auth.key_until}")
    if not auth.kid:
        return  # told already
    try:
        own = key_of(auth).key
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
