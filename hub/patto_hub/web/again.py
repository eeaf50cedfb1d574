"""The very same request again, while nobody has written to the ledger: it is told what it was told before.

Most of what partners ask is asked again and again, byte for byte, and has the same answer until somebody writes. Who
may ask, and how often, is looked at each time; what the first time has worked out is not worked out anew. Any commit
of any process, a key that is ended or a record that is erased as well as a new change, empties all of it at once.

It stands before the router (`edges.answer_ahead`), which with its middlewares costs a third of such an answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import chain
from typing import TYPE_CHECKING, Final

from aiohttp import web
from multidict import CIMultiDict

from patto_hub.feeds.cursors import DAY_MS

if TYPE_CHECKING:
    from patto_hub.web.callers import Caller
    from patto_hub.web.site import Site

BUDGET: Final = 16 * 1024 * 1024
"""Bytes of all answers that are remembered; then all are forgotten. Pages are the shelf's own bytes, not copies."""
_OVERHEAD: Final = 2_048


@dataclass(frozen=True, slots=True)
class Told:
    """What a request was told."""

    caller: Caller
    feed: str
    route: str
    """The pattern of its route, for figures and the log."""
    status: int
    headers: CIMultiDict[str]
    """All but those that count requests, and the request's number."""
    body: bytes | None
    day: int
    """Since 1970: cursors name the day on which they were made."""


@dataclass(slots=True)
class Again:
    """What requests were told since somebody wrote last; of the requests themselves only digests are kept."""

    budget: int = BUDGET
    told: dict[bytes, Told] = field(default_factory=dict)
    size: int = 0
    version: int | None = None
    """What the ledger's watch said when they were told."""

    def find(self, site: Site, request: web.BaseRequest, now: int) -> Told | None:
        """Give what the same request was told, if that holds still; `now` is in milliseconds since 1970."""
        if not self.told:
            return None
        if self.version != site.shelf.look(site.ledger):
            self._forget()
            return None
        found = self.told.get(_digest(request))
        if found is None or found.day != now // DAY_MS:
            return None
        thing = (found.caller.partner, found.feed)
        if site.sightings.waits(thing, site.world.monotonic()) or site.refuse_feed(*thing) is not None:
            return None
        return found

    def note(self, site: Site, request: web.Request, version: int, told: Told) -> None:
        """Remember what a request was told; `version` is what the watch said before it was worked out."""
        if version != site.shelf.look(site.ledger) or not _plain(site, told):
            return
        size = _OVERHEAD + len(told.body or b"")
        if self.version != version or self.size + size > self.budget:
            self._forget()
        self.version = version
        self.told[_digest(request)] = told
        self.size += size

    def _forget(self) -> None:
        self.told.clear()
        self.size = 0


def repeated(site: Site, request: web.BaseRequest) -> tuple[Told, web.Response] | None:
    """Give the answer of before to a request that is the same, and count it; None for all others.

    A partner that comes too often is refused where all are: by the route itself.
    """
    now = site.world.milliseconds()
    told = site.again.find(site, request, now)
    if told is None:
        return None
    caller = told.caller
    allowance = site.rates.take(f"partner:{caller.partner}", site.world.monotonic())
    if allowance.retry_after_s is not None:
        return None
    if caller.number is not None:
        site.doorkeeper.uses[caller.number] = now
    headers = CIMultiDict(told.headers)
    headers.update(allowance.headers())
    return told, web.Response(status=told.status, headers=headers, body=told.body)


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
