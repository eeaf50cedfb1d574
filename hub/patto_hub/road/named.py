"""Whom a run's pages have named: what a full snapshot or a cumulative file does not name has disappeared."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from patto_hub.marks import Marks

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(slots=True)
class Seen:
    """Which heads a run's pages have named."""

    heads: Marks = field(default_factory=Marks)
    waits: Marks = field(default_factory=Marks)
    """Numbers of the parked records that they have named."""
    complete: bool = False
    """Whether the source has said that this was its full snapshot."""
    replaces: bool = False
    """Whether some page was the last one of a cumulative file."""
    nameless: bool = False
    """Whether some row could not be read far enough to know whom it names."""
    unsure: int = 0
    """Records that cumulative files left out, and that stay because rows of those files could not be read."""


@dataclass(slots=True)
class File:
    """Which heads the pages of the file in hand have named; a cumulative file replaces the others (rule R13)."""

    name: str = ""
    heads: Marks = field(default_factory=Marks)
    nameless: bool = False
    aside: set[int] = field(default_factory=set)
    """Digests of its rows that were set aside."""
    waits: Marks = field(default_factory=Marks)

    def of(self, name: str) -> File:
        """Give what was named under this name so far; nothing for another file than the one in hand."""
        return self if name == self.name else File(name)

    def add(
        self, name: str, heads: Iterable[int], *, nameless: bool, aside: Iterable[int] = (), waits: Iterable[int] = ()
    ) -> None:
        """Take note of a page that is written."""
        if name != self.name:
            self.name, self.heads, self.nameless, self.aside, self.waits = name, Marks(), False, set(), Marks()
        self.heads.add(heads)
        self.nameless = self.nameless or nameless
        self.aside.update(aside)
        self.waits.add(waits)
