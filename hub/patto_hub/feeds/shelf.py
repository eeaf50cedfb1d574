"""Pages that were given before, as the bytes that left: the same page leaves again from memory while it is the same.

A full page can only change when something is taken back (an erasure, a withdrawal), because numbers only grow; a page
that is not full changes with the newest number. The ledger says both, and whether to ask it at all (`ledger.watch`). A
page is put down with what the ledger said in the transaction that it was read in, so nothing slips in between.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from patto_hub.ledger.watch import Watch, standing

if TYPE_CHECKING:
    from collections.abc import Hashable

    from patto_hub.feeds.subscriptions import Subscription
    from patto_hub.ledger.store import Ledger
    from patto_hub.ledger.watch import Standing

T = TypeVar("T")

BUDGET: Final = 64 * 1024 * 1024
"""Bytes of all pages that are kept."""
_SHARE: Final = 8
"""A page that is larger than the budget's eighth is not kept."""
_OVERHEAD: Final = 1_024
"""Bytes that an entry costs besides its content."""


@dataclass(frozen=True, slots=True)
class Kept(Generic[T]):
    """A page, and until when it is the same."""

    page: T
    standing: Standing
    """Of the ledger, in the transaction that the page was read in."""
    subscription: Subscription
    """What it left through: another one, and be it the same partner's, gets a page of its own."""
    lasting: bool
    """Whether it is full: then newer numbers do not change it."""
    size: int


@dataclass(slots=True)
class PageShelf(Generic[T]):
    """The pages that were asked for last, as far as they fit."""

    budget: int = BUDGET
    watch: Watch = field(default_factory=Watch)
    pages: OrderedDict[Hashable, Kept[T]] = field(default_factory=OrderedDict)
    size: int = 0
    _seen: tuple[int, Standing] | None = None
    _version: int | None = None
    """What the watch has said in this turn of the event loop."""

    def peek(self, ledger: Ledger, question: Hashable, subscription: Subscription) -> T | None:
        """Give what `find` gives, as far as that is known without asking the ledger: while nobody has written."""
        if self._seen is None or self._seen[0] != self.look(ledger):
            return None
        return self._same(question, subscription, self._seen[1])

    async def find(self, ledger: Ledger, question: Hashable, subscription: Subscription) -> T | None:
        """Give the page that answers a question, if it was given before and is still the same."""
        return self._same(question, subscription, await self._standing(ledger))

    def _same(self, question: Hashable, subscription: Subscription, now: Standing) -> T | None:
        kept = self.pages.get(question)
        if kept is None or kept.subscription is not subscription:
            return None
        if kept.standing.taken != now.taken or not (kept.lasting or kept.standing.newest == now.newest):
            self._drop(question)
            return None
        self.pages.move_to_end(question)
        return kept.page

    def put(self, question: Hashable, kept: Kept[T]) -> None:
        """Keep a page, and let those go that nobody has asked for longest."""
        self._drop(question)
        if kept.size + _OVERHEAD > self.budget // _SHARE:
            return
        self.pages[question] = kept
        self.size += kept.size + _OVERHEAD
        while self.size > self.budget:
            self._drop(next(iter(self.pages)))

    async def _standing(self, ledger: Ledger) -> Standing:
        """Give how far the ledger is; asks it only after somebody has written."""
        version = self.look(ledger)  # before the ledger is read: what comes in between is seen next time
        if self._seen is None or self._seen[0] != version:
            now = await ledger.read(standing)
            if self._seen is not None and self._seen[1].taken != now.taken:
                self.pages.clear()  # what was taken back does not stay in memory either
                self.size = 0
            self._seen = version, now
        return self._seen[1]

    def look(self, ledger: Ledger) -> int:
        """Look at the watch once for all requests of one turn of the loop: they have come at the same time."""
        if self._version is None:
            self._version = self.watch.look(ledger.engine)
            asyncio.get_running_loop().call_soon(self._turned)
        return self._version

    def _turned(self) -> None:
        self._version = None

    def _drop(self, question: Hashable) -> None:
        gone = self.pages.pop(question, None)
        if gone is not None:
            self.size -= gone.size + _OVERHEAD
