"""The next changes of a lane: read as the partner would pull them, cut where they were cut the first time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from msgspec import json

from patto_hub.clock.calendar import milliseconds
from patto_hub.feeds import cursors, pages
from patto_hub.ledger import again, feed, snapshots

if TYPE_CHECKING:
    from patto_connectors.ports import World
    from patto_hub.feeds.pages import FeedPage, Reader
    from patto_hub.feeds.subscriptions import Subscription
    from patto_hub.ledger.feed import Page
    from patto_hub.ledger.lanes import LaneName
    from patto_hub.ledger.store import Ledger

MARK: Final = "msg_"
"""What the id of every message begins with."""
USABLE_DAYS: Final = 35
"""For how long the cursors of a message can be used at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a lane reads: through its partner's subscription, and no other way."""

    ledger: Ledger
    world: World
    subscription: Subscription
    reader: Reader
    cursor_key: bytes
    own: bool = False
    """Whether what the receiver itself says goes to it too: two hubs that tell each other what they hear would never
    come to an end. Who pulls gets it, with its name as `source`."""

    def issued(self, at: datetime) -> int:
        """Give the day of issue of a message's cursors: that of its changes, so that its bytes are those of any time.

        A cursor that would be of no use soon is issued anew: then the bytes are others, and they can be used.
        """
        today, day = self.world.milliseconds() // cursors.DAY_MS, milliseconds(at) // cursors.DAY_MS
        return day if today - day <= pages.RETENTION_DAYS - USABLE_DAYS else today

    def cursor(self, position: int, day: int) -> str:
        """Give the cursor from which the partner itself can pull what comes after a number."""
        place = cursors.Place(position, day, due=self.subscription.due)
        return cursors.write(self.cursor_key, self.subscription.feed.name, self.reader.partner, place)

    async def batch(
        self, after: int, *, limit: int, until: int | None = None, of: tuple[str, int] | None = None
    ) -> Batch:
        """Read the changes after a number.

        Args:
            after: nothing at or below it.
            limit: changes at most.
            until: nothing above it.
            of: only what is said in the dossier of this pact, by its kind and head.
        """
        page = await (self._page(after, limit) if of is None else self._of_dossier(of, after, limit))
        page = page if until is None else again.within(page, until)
        return Batch(page=page if self.own else self._without_echo(page), after=after, reading=self)

    async def firsts(self, batch: Batch) -> frozenset[int]:
        """Give the numbers of a batch's changes that tell the receiver of records that it does not hold yet."""
        reads = pages.organisations(self.subscription.feed, self.reader)
        return await self.ledger.read(feed.firsts, organisations=reads, seqs=[each.seq for each in batch.page.items])

    def _without_echo(self, page: Page) -> Page:
        return replace(page, items=[item for item in page.items if item.partner != self.reader.partner])

    async def _page(self, after: int, limit: int) -> Page:
        feed_ = self.subscription.feed
        reads = pages.organisations(feed_, self.reader)
        kinds = sorted(feed_.kinds)
        return await self.ledger.read(feed.page, organisations=reads, kinds=kinds, after=after, limit=limit)

    async def _of_dossier(self, of: tuple[str, int], after: int, limit: int) -> Page:
        feed_ = self.subscription.feed
        reads = pages.organisations(feed_, self.reader)
        kinds = sorted(feed_.kinds)
        try:
            return await self.ledger.read(
                snapshots.of_dossier, of, organisations=reads, kinds=kinds, after=after, limit=limit
            )
        except LookupError:  # it has been withdrawn since: nothing of it is this partner's any more
            return feed.Page((), await self.ledger.read(feed.newest), more=False, newest=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Changes that go out together; what leaves of them is made when it is asked for."""

    page: Page
    after: int
    """The number after which it begins."""
    reading: Reading
    part: str = ""
    """What of them it holds, where it does not hold all: a pact, by its public id."""
    before: str | None = None
    """What the batch before it was made by (`Outlet.made_as`); None: there was none, or nobody knows."""

    @property
    def to(self) -> int:
        """The number up to which everything is in it."""
        return self.page.position

    @property
    def at(self) -> datetime:
        """When the last of its changes was recorded."""
        return datetime.fromtimestamp(self.page.items[-1].at / 1000, UTC)

    def cursor(self, position: int) -> str:
        """Give the cursor of a number, as every message with these changes says it."""
        return self.reading.cursor(position, self.reading.issued(self.at))

    def pulled(self) -> FeedPage:
        """Give it as a page of the pull feed; what follows comes in a message of its own, so there is never more."""
        reading = self.reading
        return pages.compose(
            subscription=reading.subscription,
            reader=reading.reader,
            key=reading.cursor_key,
            page=replace(self.page, more=False),
            now=reading.issued(self.at) * cursors.DAY_MS,
        )


def record_of(subscription: Subscription, public_id: str) -> tuple[str, int]:
    """Give the kind and head behind a public id; an id that is none leads to no record."""
    return public_id.rpartition("-")[0], subscription.head_of(public_id) or 0


def message_id(lane: LaneName, made_as: str, after: int, to: int, part: str = "") -> str:
    """Give the id of the message with these changes: the same however often they are sent, after a kill too."""
    said = json.encode([*lane, made_as, after, to, part])
    return MARK + blake2b(said, digest_size=20).hexdigest()
