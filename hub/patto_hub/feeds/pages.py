"""One page of a feed: reads the ledger after a cursor, lets each record out through its view, signs the next cursor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Raw, json

from patto_hub.failpoints import hit
from patto_hub.feeds import cursors
from patto_hub.feeds.twins import twin_of
from patto_hub.ledger import feed as addressed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patto_hub.feeds.spec import FeedSpec
    from patto_hub.feeds.subscriptions import Subscription
    from patto_hub.feeds.twins import Twin
    from patto_hub.ledger.store import Connection, Ledger

LIMIT: Final = 100
"""Items of a page when the reader does not say."""
MOST: Final = 1_000
"""Items of a page at most."""
RETENTION_DAYS: Final = 400
"""How long a cursor is good for; after that the reader starts again from the feed's beginning."""


class Stale(Exception):  # noqa: N818 - says what is wrong
    """The cursor is older than the feed's retention, or ahead of this ledger (which was restored from a copy)."""


class Changed(Stale):
    """What is due to the reader has changed since the cursor was made: what lies behind it was told otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who asks: a partner, by its name, and the organisation that it reads for (None: public records only)."""

    partner: str
    organisation: int | None


class Item(msgspec.Struct, frozen=True, gc=False):
    """One change as it leaves."""

    id: str
    version: int
    change: str
    changed_at: str
    kind: str
    source: str
    view: str
    data: Any
    """What the view lets out, as `feeds.twins` or the view itself gives it; None for a record that is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPage:
    """A page before it is written: what leaves is chosen when it is, by the subscription alone."""

    subscription: Subscription
    sheet: addressed.Sheet
    next_cursor: str
    has_more: bool
    position: int
    etag: str
    """Changes when the items, their views or the day of the cursor do."""

    @property
    def items(self) -> Sequence[dict[str, object]]:
        """The items as they leave; `data` is None or JSON (`Raw`)."""
        items = map(msgspec.structs.asdict, _items(self.subscription, self.sheet))
        return [{**item, "data": None if item["data"] is None else Raw(json.encode(item["data"]))} for item in items]

    def as_json(self, next_link: str) -> bytes:
        """Give the page as one JSON object."""
        return json.encode({"items": _items(self.subscription, self.sheet), **self.end(next_link)})

    def as_ndjson(self, next_link: str) -> bytes:
        """Give the page as one line per item, and a last line that says where to go on: without it the page is cut."""
        return _ENCODER.encode_lines([*_items(self.subscription, self.sheet), self.end(next_link)])

    def end(self, next_link: str) -> dict[str, object]:
        """Give where to go on, as each format with an envelope says it."""
        return {
            "next_cursor": self.next_cursor,
            "has_more": self.has_more,
            "_links": {"next": {"href": next_link}},
        }


def start(  # noqa: PLR0913 - the whole question
    *, feed: FeedSpec, reader: Reader, key: bytes, cursor: str | None, now: int, due: int | None = None
) -> int:
    """Give the number after which a reader goes on: 0 without a cursor.

    `due` is what the subscription says (`Subscription.due`), for whoever goes on reading there.

    Raises:
        cursors.Forged: this hub did not make the cursor for this reader and this feed.
        cursors.Misplaced: the cursor is of a snapshot.
        Stale: the cursor is older than the feed's retention.
        Changed: something else was due when the cursor was made.
    """
    if cursor is None:
        return 0
    place = cursors.read(key, feed.name, reader.partner, cursor)
    if place.top is not None:
        raise cursors.Misplaced("of a snapshot")
    if now // cursors.DAY_MS - place.day > RETENTION_DAYS:
        raise Stale("older than the feed's retention")
    as_due(place, due)
    return place.position


def as_due(place: cursors.Place, due: int | None) -> None:
    """Let a place pass at which the same was due as now, or that does not say.

    Raises:
        Changed: something else was due.
    """
    if place.due is not None and due is not None and place.due != due:
        raise Changed("of other kinds or names")


async def read(  # noqa: PLR0913 - the whole question
    ledger: Ledger, *, subscription: Subscription, reader: Reader, key: bytes, cursor: str | None, limit: int, now: int
) -> FeedPage:
    """Read one page of a feed for one reader, in one consistent view of the ledger.

    Raises:
        cursors.Forged: this hub did not make the cursor for this reader and this feed.
        cursors.Misplaced: the cursor is of a snapshot.
        Stale: the cursor is too old, or ahead of the ledger, or of a time when something else was due.
    """
    feed, due = subscription.feed, subscription.due
    after = start(feed=feed, reader=reader, key=key, cursor=cursor, now=now, due=due)
    return await ledger.read(page, subscription=subscription, reader=reader, key=key, after=after, limit=limit, now=now)


def page(  # noqa: PLR0913 - the whole question
    connection: Connection,
    *,
    subscription: Subscription,
    reader: Reader,
    key: bytes,
    after: int,
    limit: int,
    now: int,
) -> FeedPage:
    """Read one page of a feed after a number.

    Raises:
        Stale: the ledger has not this number: it was restored from a copy.
    """
    if not addressed.in_use(connection, after):
        raise Stale("of a ledger that was lost")
    sheet = addressed.sheet(
        connection,
        organisations=organisations(subscription.feed, reader),
        kinds=sorted(subscription.feed.kinds),
        after=after,
        limit=min(limit, MOST),
    )
    made = compose(subscription=subscription, reader=reader, key=key, page=sheet, now=now)
    hit("feed.page_made")
    return made


def compose(
    *, subscription: Subscription, reader: Reader, key: bytes, page: addressed.Page | addressed.Sheet, now: int
) -> FeedPage:
    """Let a page of the ledger out through a subscription.

    Raises:
        Stale: the ledger knows no number as high as the reader's: it was restored from a copy.
    """
    if page.position > page.newest:
        raise Stale("ahead of this ledger")
    sheet = page if isinstance(page, addressed.Sheet) else addressed.Sheet.of(page)
    place = cursors.Place(page.position, now // cursors.DAY_MS, due=subscription.due)
    said = f"{subscription.key};{sheet.stamp.hex()};{len(sheet.lines)};{place};{page.more}"
    return FeedPage(
        subscription=subscription,
        sheet=sheet,
        next_cursor=cursors.write(key, subscription.feed.name, reader.partner, place),
        has_more=page.more,
        position=page.position,
        etag=blake2b(said.encode(), digest_size=12).hexdigest(),
    )


def organisations(feed: FeedSpec, reader: Reader) -> list[int]:
    """Give the organisations whose changes a reader sees in a feed: its own, and everybody in a public feed."""
    own = [] if reader.organisation is None else [reader.organisation]
    return sorted({*(each for each in own if each != addressed.EVERYBODY), *([addressed.EVERYBODY] * feed.public)})


def _items(subscription: Subscription, sheet: addressed.Sheet) -> Sequence[Item]:
    """Give items as they leave; of a record that was deleted, withdrawn or erased only its id and version leave."""
    views = {view.kind: view.name for view in subscription.feed.views}
    item_id, partners = subscription.item_id, sheet.partners
    return [
        Item(
            item_id(line.kind, line.head_id),
            line.version,
            "erase" if line.gone and line.op == "upsert" else line.op,
            _instant(line.at),
            line.kind,
            partners[line.partner_id],
            views[line.kind],
            data,
        )
        for line, data in zip(sheet.lines, _shown(subscription, sheet), strict=False)  # the text may hold one more
    ]


def _shown(subscription: Subscription, sheet: addressed.Sheet) -> Sequence[object]:
    """Give what leaves of each record: of a page of one kind at once, otherwise one by one."""
    kinds = {line.kind for line in sheet.lines}
    twin = _twin(subscription, kinds.pop()) if len(kinds) == 1 else None
    try:
        shown: Sequence[object] = () if twin is None else twin.read_all(sheet.payloads)
    except msgspec.MsgspecError:
        twin = None
    if twin is None:
        payloads = _RAWS.decode(sheet.payloads)
        shown = [
            _one(subscription, line, sheet.partners[line.partner_id], raw)
            for line, raw in zip(sheet.lines, payloads, strict=False)
        ]
    if not len(sheet.lines) <= len(shown) <= len(sheet.lines) + 1:
        raise TypeError("the ledger's payloads are not as many as its changes")
    return shown


def _one(subscription: Subscription, line: addressed.Line, partner: str, raw: Raw) -> object:
    if line.gone or line.op != "upsert":
        return None
    if (twin := _twin(subscription, line.kind)) is not None:
        try:
            return twin.read(raw)
        except msgspec.MsgspecError:
            twin = None  # what a twin refuses, the view decides, as for a whole page
    return Raw(subscription.project(line.kind, bytes(raw).decode(), partner))


def _twin(subscription: Subscription, kind: str) -> Twin | None:
    return None if subscription.pseudonyms is not None else twin_of(subscription.feed.view(kind).shape)


@lru_cache(maxsize=1_024)
def _instant(at: int) -> str:
    """Give an instant as it is written; the changes of one transaction share theirs."""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_ENCODER: Final = json.Encoder()
_RAWS: Final = json.Decoder(list[Raw])
