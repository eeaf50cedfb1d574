"""Who calls the API: the key of a partner in `Authorization: Bearer`, and how often it has called."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from patto_hub.feeds.spec import METRICS
from patto_hub.ledger import keys
from patto_hub.web.endpoints import Access
from patto_hub.web.problems import Problem

if TYPE_CHECKING:
    from aiohttp import web

    from patto_hub.ledger.keys import Key
    from patto_hub.web.rates import Allowance
    from patto_hub.web.site import Site

_LONGEST_KEY = 200
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")


async def admit(site: Site, request: web.Request, access: Access) -> tuple[Key | None, Allowance | None]:
    """Let a request in, or not.

    Raises:
        Problem: no live key, a key without the right scope, or too many requests.
    """
    if access is Access.EVERYBODY or (access is Access.OPERATOR and _is_local(request)):
        return None, None
    key = await _key(site, request)
    if access is Access.OPERATOR and METRICS not in key.scopes:
        raise Problem("local-only", ("La chiave non comprende «metrics».", "The key's scopes lack `metrics`."))
    if access is Access.OPERATOR and (reason := site.refuse_feed(key.partner, METRICS)) is not None:
        raise Problem("local-only", (reason, reason))
    return key, take(site, f"key:{key.id}")


def take(site: Site, caller: str) -> Allowance:
    """Count a request.

    Raises:
        Problem: there were too many.
    """
    allowance = site.rates.take(caller, site.world.monotonic())
    if allowance.retry_after_s is not None:
        seconds = allowance.retry_after_s
        raise Problem(
            "rate-exceeded",
            (f"Riprovare fra {seconds} secondi.", f"Try again in {seconds} seconds."),
            headers=allowance.headers(),
        )
    return allowance


async def _key(site: Site, request: web.Request) -> Key:
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    found = None
    if scheme.lower() == "bearer" and 0 < len(text) <= _LONGEST_KEY and text.isascii():
        found = await site.ledger.read(keys.find, text.strip(), site.world.milliseconds())
    if found is None:
        take(site, f"stranger:{request.remote}")  # guessing is slowed down by address
        raise Problem(
            "key-missing",
            ("Nessuna chiave valida nella richiesta.", "The request carries no valid key."),
            headers={"WWW-Authenticate": 'Bearer realm="patto"'},
        )
    return found


def _is_local(request: web.Request) -> bool:
    """Whether the caller is on this machine, asks for it by its own name, and is no proxy that speaks for others.

    A page of elsewhere whose name was made to lead here (DNS rebinding) still sends that name as the host.
    """
    if any(name in request.headers for name in _FORWARDED):
        return False
    name = (request.url.host or "").rstrip(".").lower()
    return _is_loopback(request.remote or "") and (name == "localhost" or _is_loopback(name))


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
