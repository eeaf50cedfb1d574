"""One page of a feed: reads the ledger after a cursor, lets each record out through its view, signs the next cursor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from msgspec import Raw, json

from patto_hub.failpoints import hit
from patto_hub.feeds import cursors
from patto_hub.ledger import feed as addressed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patto_hub.feeds.spec import FeedSpec
    from patto_hub.feeds.subscriptions import Subscription
    from patto_hub.ledger.store import Ledger

LIMIT: Final = 100
"""Items of a page when the reader does not say."""
MOST: Final = 1_000
"""Items of a page at most."""
RETENTION_DAYS: Final = 400
"""How long a cursor is good for; after that the reader starts again from the feed's beginning."""


class Stale(Exception):  # noqa: N818 - says what is wrong
    """The cursor is older than the feed's retention, or ahead of this ledger (which was restored from a copy)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who asks: a partner, by its name, and the organisation that it reads for (None: public records only)."""

    partner: str
    organisation: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPage:
    """A page as it leaves: nothing in it comes from a field that the feed's views do not name."""

    items: Sequence[dict[str, object]]
    next_cursor: str
    has_more: bool
    position: int
    etag: str
    """Changes when the items, their views or the day of the cursor do."""

    def as_json(self, next_link: str) -> bytes:
        """Give the page as one JSON object."""
        return json.encode({"items": self.items, **self.end(next_link)})

    def as_ndjson(self, next_link: str) -> bytes:
        """Give the page as one line per item, and a last line that says where to go on: without it the page is cut."""
        return b"".join(json.encode(line) + b"\n" for line in (*self.items, self.end(next_link)))

    def end(self, next_link: str) -> dict[str, object]:
        """Give where to go on, as each format with an envelope says it."""
        return {
            "next_cursor": self.next_cursor,
            "has_more": self.has_more,
            "_links": {"next": {"href": next_link}},
        }


def start(*, feed: FeedSpec, reader: Reader, key: bytes, cursor: str | None, now: int) -> int:
    """Give the number after which a reader goes on: 0 without a cursor.

    Raises:
        cursors.Forged: this hub did not make the cursor for this reader and this feed.
        cursors.Misplaced: the cursor is of a snapshot.
        Stale: the cursor is older than the feed's retention.
    """
    if cursor is None:
        return 0
    place = cursors.read(key, feed.name, reader.partner, cursor)
    if place.top is not None:
        raise cursors.Misplaced("of a snapshot")
    if now // cursors.DAY_MS - place.day > RETENTION_DAYS:
        raise Stale("older than the feed's retention")
    return place.position


async def read(  # noqa: PLR0913 - the whole question
    ledger: Ledger, *, subscription: Subscription, reader: Reader, key: bytes, cursor: str | None, limit: int, now: int
) -> FeedPage:
    """Read one page of a feed for one reader, in one consistent view of the ledger.

    Raises:
        cursors.Forged: this hub did not make the cursor for this reader and this feed.
        Stale: the cursor is too old, or ahead of the ledger.
    """
    feed = subscription.feed
    after = start(feed=feed, reader=reader, key=key, cursor=cursor, now=now)
    page = await ledger.read(
        addressed.page,
        organisations=organisations(feed, reader),
        kinds=sorted(feed.kinds),
        after=after,
        limit=min(limit, MOST),
    )
    made = compose(subscription=subscription, reader=reader, key=key, page=page, now=now)
    hit("feed.page_made")
    return made


def compose(*, subscription: Subscription, reader: Reader, key: bytes, page: addressed.Page, now: int) -> FeedPage:
    """Let a page of the ledger out through a subscription.

    Raises:
        Stale: the ledger knows no number as high as the reader's: it was restored from a copy.
    """
    if page.position > page.newest:
        raise Stale("ahead of this ledger")
    place = cursors.Place(page.position, now // cursors.DAY_MS)
    return FeedPage(
        items=[_item(subscription, item) for item in page.items],
        next_cursor=cursors.write(key, subscription.feed.name, reader.partner, place),
        has_more=page.more,
        position=page.position,
        etag=_etag(subscription, page, place),
    )


def organisations(feed: FeedSpec, reader: Reader) -> list[int]:
    """Give the organisations whose changes a reader sees in a feed: its own, and everybody in a public feed."""
    own = [] if reader.organisation is None else [reader.organisation]
    return sorted({*(each for each in own if each != addressed.EVERYBODY), *([addressed.EVERYBODY] * feed.public)})


def _item(subscription: Subscription, item: addressed.Item) -> dict[str, object]:
    """Give an item as it leaves; of a record that was deleted, withdrawn or erased only its id and version leave."""
    payload = item.payload if item.op == "upsert" else None
    view = subscription.feed.view(item.kind)
    return {
        "id": subscription.item_id(item.kind, item.head_id),
        "version": item.version,
        "change": "delete" if item.op == "upsert" and payload is None else item.op,
        "changed_at": _instant(item.at),
        "kind": item.kind,
        "source": item.partner,
        "view": view.name,
        "data": None if payload is None else Raw(subscription.project(item.kind, payload, item.partner)),
    }


def _instant(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _etag(subscription: Subscription, page: addressed.Page, place: cursors.Place) -> str:
    held = "|".join(f"{item.seq}:{item.op}:{item.payload is None}" for item in page.items)
    return blake2b(f"{subscription.key};{held};{place};{page.more}".encode(), digest_size=12).hexdigest()
