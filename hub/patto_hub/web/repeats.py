"""The very same request again, while nobody has written to the ledger: it is told what it was told before.

Most of what partners ask is asked again and again, byte for byte, and has the same answer until somebody writes. Who
may ask, and how often, is looked at each time; what the first time has worked out is not worked out anew. Any commit
of any process, a key that is ended or a record that is erased as well as a new change, empties all of it at once.

It stands before the router (`edges.answer_ahead`), which with its middlewares costs a third of such an answer.
"""

from __future__ import annotations

from hashlib import blake2b
from itertools import chain
from typing import TYPE_CHECKING

from aiohttp import web
from multidict import CIMultiDict

if TYPE_CHECKING:
    from patto_hub.web.again import Told
    from patto_hub.web.site import Site


def repeated(site: Site, request: web.BaseRequest) -> tuple[Told, web.Response] | None:
    """Give the answer of before to a request that is the same, and count it; None for all others.

    A partner that comes too often is refused where all are: by the route itself.
    """
    if not site.again.told:
        return None
    now, monotonic = site.world.milliseconds(), site.world.monotonic()
    told = site.again.find(_digest(request), site.shelf.look(site.ledger), now)
    if told is None:
        return None
    caller = told.caller
    thing = (caller.partner, told.feed)
    if site.sightings.waits(thing, monotonic) or site.refuse_feed(*thing) is not None:
        return None
    allowance = site.rates.take(f"partner:{caller.partner}", monotonic)
    if allowance.retry_after_s is not None:
        return None
    if caller.number is not None:
        site.doorkeeper.uses[caller.number] = now
    headers = CIMultiDict(told.headers)
    headers.update(allowance.headers())
    return told, web.Response(status=told.status, headers=headers, body=told.body)


def remember(site: Site, request: web.BaseRequest, version: int, told: Told) -> None:
    """Remember what a request was told; `version` is what the watch said before it was worked out."""
    if version == site.shelf.look(site.ledger) and _plain(site, told):
        site.again.keep(_digest(request), version, told)


def _plain(site: Site, told: Told) -> bool:
    """Whether nothing but the key decides, and neither it nor the subscription ends by itself."""
    subscription = site.subscriptions.get((told.caller.partner, told.feed))
    return (
        told.caller.way == "key"
        and told.caller.expires_at is None
        and told.caller.partner not in site.admission.partners
        and subscription is not None
        and subscription.until is None
    )


def _digest(request: web.BaseRequest) -> bytes:
    """Give a digest of all that was sent: method, address and headers, in their order, as they came."""
    lines = chain.from_iterable(request.raw_headers)  # a line's end stands in none of them
    sent = b"\n".join((request.method.encode(), request.raw_path.encode(), *lines))
    return blake2b(sent, digest_size=16).digest()
