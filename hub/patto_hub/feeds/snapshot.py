"""A page of what a reader should hold now, and the changes from there on: one consistent read, in two pieces.

The top of a snapshot is pinned in its cursor at the first page. Each page gives, in the order of their numbers up to
the top, the records whose newest change for this reader has such a number; what changes meanwhile gets a higher number,
so that it leaves the snapshot and comes with the changes. The last page's cursor is a place in the changes, at the top.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from patto_hub.failpoints import hit
from patto_hub.feeds import cursors, pages
from patto_hub.ledger import snapshots

if TYPE_CHECKING:
    from patto_hub.feeds.pages import FeedPage, Reader
    from patto_hub.feeds.subscriptions import Subscription
    from patto_hub.ledger.store import Ledger

RECORD: Final = "{feed}/{record}"
"""What the cursor of one record's history is good for, in the place of a feed's name: no feed has a `/` in its name."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A page of a snapshot."""

    page: FeedPage
    complete: bool
    """Whether it is the last one: its cursor is a place in the changes."""


async def read(  # noqa: PLR0913 - the whole question
    ledger: Ledger, *, subscription: Subscription, reader: Reader, key: bytes, cursor: str | None, limit: int, now: int
) -> Piece:
    """Read one page of a snapshot of a feed for one reader.

    Raises:
        cursors.Forged: this hub did not make the cursor for this reader and this feed.
        cursors.Misplaced: the cursor is a place in the changes.
        pages.Stale: the cursor is too old, or ahead of the ledger, or of a time when something else was due.
    """
    feed, due = subscription.feed, subscription.due
    place = None if cursor is None else _opened(feed.name, reader, key, cursor, now)
    if place is not None and place.top is None:
        raise cursors.Misplaced("of the changes")
    if place is not None:
        pages.as_due(place, due)
    page, top = await ledger.read(
        snapshots.current,
        organisations=pages.organisations(feed, reader),
        kinds=sorted(feed.kinds),
        after=0 if place is None else place.position,
        top=None if place is None else place.top,
        limit=min(limit, pages.MOST),
    )
    if top > page.newest:
        raise pages.Stale("ahead of this ledger")
    made = pages.compose(subscription=subscription, reader=reader, key=key, page=page, now=now)
    hit("feed.snapshot_made")
    more, etag = page.more or page.newest > top, f"{made.etag}-{top}-{int(page.newest > top)}"
    if not page.more:
        return Piece(replace(made, has_more=more, etag=etag), complete=True)
    onward = cursors.Place(page.position, now // cursors.DAY_MS, top, due)
    cursor = cursors.write(key, feed.name, reader.partner, onward)
    return Piece(replace(made, next_cursor=cursor, etag=etag), complete=False)


def _opened(feed: str, reader: Reader, key: bytes, cursor: str, now: int) -> cursors.Place:
    place = cursors.read(key, feed, reader.partner, cursor)
    if now // cursors.DAY_MS - place.day > pages.RETENTION_DAYS:
        raise pages.Stale("older than the feed's retention")
    return place


async def read_record(  # noqa: PLR0913 - the whole question
    ledger: Ledger,
    *,
    subscription: Subscription,
    reader: Reader,
    key: bytes,
    record: str,
    cursor: str | None,
    limit: int,
    now: int,
) -> FeedPage:
    """Read one page of all changes of one record; of a pact, of all that hangs on it.

    Raises:
        LookupError: for this reader there is no such record.
        cursors.Forged: this hub did not make the cursor for this reader, this feed and this record.
        pages.Stale: the cursor is too old, or ahead of the ledger.
    """
    feed = subscription.feed
    head = subscription.head_of(record)
    kind = record.rpartition("-")[0]
    if head is None or kind not in feed.kinds:
        raise LookupError("no such record for this reader")
    about = RECORD.format(feed=feed.name, record=record)
    after = 0 if cursor is None else _opened(about, reader, key, cursor, now).position
    page = await ledger.read(
        snapshots.of_dossier,
        (kind, head),
        organisations=pages.organisations(feed, reader),
        kinds=sorted(feed.kinds),
        after=after,
        limit=min(limit, pages.MOST),
    )
    made = pages.compose(subscription=subscription, reader=reader, key=key, page=page, now=now)
    onward = cursors.Place(page.position, now // cursors.DAY_MS)
    return replace(made, next_cursor=cursors.write(key, about, reader.partner, onward))
