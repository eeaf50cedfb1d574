"""What is asked for again, judged before it is taken: whether there is anything to send, and if not, why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from patto_hub.feeds.pages import organisations
from patto_hub.lanes.batch import record_of
from patto_hub.ledger import again, feed, lanes, snapshots

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from patto_hub.feeds.pages import Reader
    from patto_hub.feeds.subscriptions import Subscription
    from patto_hub.lanes.terms import Terms
    from patto_hub.ledger.feed import Page
    from patto_hub.ledger.lanes import LaneName
    from patto_hub.ledger.store import Ledger

Empty: TypeAlias = Literal["record", "unsent", "nothing"]
"""Why nothing would be sent: this reader has no such record, its lane has sent nothing so far, or nothing of this."""
_LOOK = 100
"""Changes that are looked at in one step; mostly the first one decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked for again."""

    lane: LaneName
    terms: Terms
    subscription: Subscription
    reader: Reader
    after: int = 0
    record: str | None = None
    """Its public id."""


async def empty(ledger: Ledger, wish: Wish) -> Empty | None:
    """Say why a replay would send nothing; None: it would send something.

    Of a record that there is not, and of one that is not this reader's, the answer is the same.
    """
    read = _of_record if wish.record is not None else _of_feed
    try:
        page = await read(ledger, wish, wish.after)
    except LookupError:
        return "record"
    until = await ledger.read(lanes.position, wish.lane)
    if not until:
        return "unsent"
    return None if await _holds(page, wish, until, lambda after: read(ledger, wish, after)) else "nothing"


async def _holds(page: Page, wish: Wish, until: int, following: Callable[[int], Awaitable[Page]]) -> bool:
    after = wish.after
    while after < until:
        page = again.within(page, until)
        if any(wish.terms.own or item.partner != wish.reader.partner for item in page.items):
            return True
        if page.position <= after:
            return False
        after = page.position
        page = await following(after)
    return False


async def _of_feed(ledger: Ledger, wish: Wish, after: int) -> Page:
    reads, kinds = organisations(wish.subscription.feed, wish.reader), sorted(wish.subscription.kinds)
    return await ledger.read(feed.page, organisations=reads, kinds=kinds, after=after, limit=_LOOK)


async def _of_record(ledger: Ledger, wish: Wish, after: int) -> Page:
    reads, kinds = organisations(wish.subscription.feed, wish.reader), sorted(wish.subscription.kinds)
    of = record_of(wish.subscription, wish.record or "")
    return await ledger.read(snapshots.of_dossier, of, organisations=reads, kinds=kinds, after=after, limit=_LOOK)
