"""What partners were shown of their feeds, gathered until it is written into the audit, all of it at once.

The first page that a partner is shown after a pause is in the audit before it leaves; what follows within seconds is
written a moment later. The very same answer to the very same request is one page, however often it is given.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from patto_hub.ledger import audit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patto_hub.ledger.store import Connection
    from patto_hub.web.written import Leaving

READ: Final = "feed.read"
"""The audit's word for it."""
Part = Literal["changes", "snapshot", "record"]


class What(NamedTuple):
    """Who was shown which part of which feed."""

    partner: str
    feed: str
    part: Part
    record: str = ""
    """The public id of the one record whose history it was."""


@dataclass(slots=True)
class Pages:
    """How much of it, and which: the lowest and the highest number of the changes."""

    pages: int
    items: int
    first: int
    last: int

    def add(self, other: Pages) -> None:
        """Add further pages."""
        self.pages += other.pages
        self.items += other.items
        self.first, self.last = min(self.first, other.first), max(self.last, other.last)


@dataclass(slots=True)
class Shown:
    """What was shown since it was last written down."""

    gathered: dict[What, Pages] = field(default_factory=dict)

    def add(self, what: What, page: Leaving) -> None:
        """Note a page that leaves; one without items shows nobody."""
        if page.items:
            self._add(what, Pages(1, page.items, page.first, page.last))

    def take(self) -> dict[What, Pages]:
        """Give what was gathered, to be written down, and begin anew."""
        gathered, self.gathered = self.gathered, {}
        return gathered

    def give_back(self, gathered: Mapping[What, Pages]) -> None:
        """Keep what could not be written down for the next time."""
        for what, pages in gathered.items():
            self._add(what, pages)

    def _add(self, what: What, pages: Pages) -> None:
        known = self.gathered.get(what)
        if known is None:
            self.gathered[what] = pages
        else:
            known.add(pages)


def write_down(connection: Connection, gathered: Mapping[What, Pages], now: int) -> None:
    """Write into the audit who was shown what."""
    for what, pages in gathered.items():
        detail: dict[str, int | str] = {"part": what.part, **({"record": what.record} if what.record else {})}
        detail |= {"pages": pages.pages, "items": pages.items, "first": pages.first, "last": pages.last}
        audit.append(connection, f"partner:{what.partner}", READ, what.feed, detail, now)
