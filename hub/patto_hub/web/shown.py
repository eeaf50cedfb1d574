"""What partners were shown of their feeds, gathered until it is written into the audit, all of it at once.

The first page that a partner is shown after a pause is in the audit before it leaves; what follows within seconds is
written a moment later, and stands in a file until then (`shown_file`). The very same answer to the very same request is
one page, however often it is given.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, cast

from patto_hub.ledger import audit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from patto_hub.ledger.store import Connection
    from patto_hub.web.shown_file import Line, ShownFile
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
    file: ShownFile | None = None
    """Keeps it besides, once the hub serves."""
    _writing: list[Mapping[What, Pages]] = field(default_factory=list)

    def add(self, what: What, page: Leaving, now: int) -> None:
        """Note a page that leaves; one without items shows nobody."""
        if page.items:
            pages = Pages(1, page.items, page.first, page.last)
            self._add(what, pages)
            if self.file is not None:
                self.file.add(_line(now, what, pages))

    def take(self) -> dict[What, Pages]:
        """Give what was gathered, to be written down, and begin anew; `noted` or `give_back` says how that went."""
        gathered, self.gathered = self.gathered, {}
        self._writing.append(gathered)
        return gathered

    def noted(self, gathered: Mapping[What, Pages], now: int) -> None:
        """Let go of what is in the audit now."""
        self._let_go(gathered)
        if self.file is not None:
            left = (each.items() for each in (*self._writing, self.gathered))
            self.file.begin_anew(_line(now, what, pages) for each in left for what, pages in each)

    @property
    def waits(self) -> bool:
        """Whether something may not be in the audit yet."""
        return bool(self.gathered) or any(self._writing)

    def give_back(self, gathered: Mapping[What, Pages]) -> None:
        """Keep what could not be written down for the next time."""
        self._let_go(gathered)
        for what, pages in gathered.items():
            self._add(what, pages)

    def _let_go(self, gathered: Mapping[What, Pages]) -> None:
        self._writing = [each for each in self._writing if each is not gathered]

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


def write_down_left(connection: Connection, lines: Iterable[Line]) -> None:
    """Write into the audit what a hub that was killed had shown last, as of the last time of each."""
    found: dict[What, tuple[int, Pages]] = {}
    for at, (partner, feed, part, record), numbers in lines:
        what = What(partner, feed, cast("Part", part), record)
        pages = found[what][1] if what in found else Pages(0, 0, numbers[2], numbers[3])
        pages.add(Pages(*numbers))
        found[what] = (at, pages)
    for what, (at, pages) in found.items():
        write_down(connection, {what: pages}, at)


def _line(now: int, what: What, pages: Pages) -> Line:
    return now, list(what), [pages.pages, pages.items, pages.first, pages.last]
