"""The very same request again, while nobody has written to the ledger: it is told what it was told before.

Most of what partners ask is asked again and again, byte for byte, and has the same answer until somebody writes. Who
may ask, and how often, is looked at each time; what the first time has worked out is not worked out anew. Any commit
of any process, a key that is ended or a record that is erased as well as a new change, empties all of it at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import chain
from typing import TYPE_CHECKING, Final

from aiohttp import web
from multidict import CIMultiDict

from patto_hub.feeds.cursors import DAY_MS
from patto_hub.web.access import take

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

    def find(self, site: Site, request: web.Request) -> Told | None:
        """Give what the same request was told, if that holds still."""
        if not self.told:
            return None
        if self.version != site.shelf.look(site.ledger):
            self._forget()
            return None
        found = self.told.get(_digest(request))
        if found is None or found.day != site.world.milliseconds() // DAY_MS:
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


def repeated(site: Site, told: Told) -> web.Response:
    """Count the request, and give the answer of before.

    Raises:
        Problem: the partner comes too often.
    """
    caller = told.caller
    if caller.number is not None:
        site.doorkeeper.uses[caller.number] = site.world.milliseconds()
    headers = CIMultiDict(told.headers)
    headers.update(take(site, f"partner:{caller.partner}").headers())
    return web.Response(status=told.status, headers=headers, body=told.body)


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


def _digest(request: web.Request) -> bytes:
    """Give a digest of all that was sent: method, address and headers, in their order, as they came."""
    lines = chain.from_iterable(request.raw_headers)  # a line's end stands in none of them
    sent = b"\n".join((request.method.encode(), request.raw_path.encode(), *lines))
    return blake2b(sent, digest_size=16).digest()
