"""Notice a listing that does not end: the same page asked for twice in a run, pages without anything new, budgets."""

from __future__ import annotations

import hashlib
import json
import zlib
from typing import TYPE_CHECKING

from patto_connectors.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from patto_connectors.rest.paging import Step
    from patto_connectors.rest.settings import ReadLimits

_BITS = 24


class Guard:
    """Watches one run of one listing, in memory that does not grow with its rows.

    Rows are remembered as one bit of 2^24 each, by CRC-32: at a million rows 6 of 100 new ones look known, so a page
    without anything new is certain only over several rows or pages; hence `stale_pages`.
    """

    def __init__(self, limits: ReadLimits, monotonic: Callable[[], float]) -> None:
        self._limits = limits
        self._monotonic = monotonic
        self._started = monotonic()
        self._asked: set[bytes] = set()
        self._seen = bytearray(2**_BITS // 8)
        self._pages = self._records = self._stale = 0

    def ask(self, step: Step) -> None:
        """Note that a page is asked for."""
        self._asked.add(_digest(step))

    def rows(self, rows: Sequence[bytes]) -> None:
        """Note a page's rows."""
        new = False
        for row in rows:
            place = zlib.crc32(row) & (2**_BITS - 1)
            if not self._seen[place >> 3] >> (place & 7) & 1:
                self._seen[place >> 3] |= 1 << (place & 7)
                new = True
        self._stale = 0 if new else self._stale + 1
        self._pages += 1
        self._records += len(rows)

    def judge(self, step: Step) -> None:
        """Say whether a further page may be asked for.

        Raises:
            Malformed: `paging.endless`: it was asked for before in this run (not only just before), pages bring
                nothing new, or a budget is used up.
        """
        limits = self._limits
        if _digest(step) in self._asked:
            raise endless("the next page is one that was already read")
        if self._stale >= limits.stale_pages:
            raise endless(f"{self._stale} pages in a row brought no new row")
        if self._pages >= limits.pages:
            raise endless(f"there are more than {limits.pages} pages")
        if self._records >= limits.records:
            raise endless(f"there are more than {limits.records} records")
        if self._monotonic() - self._started >= limits.seconds:
            raise endless(f"reading took more than {limits.seconds:g} seconds")


def _digest(step: Step) -> bytes:
    return hashlib.blake2b(json.dumps(dict(step), sort_keys=True).encode(), digest_size=16).digest()


def endless(why: str) -> Malformed:
    """Name a listing that does not end; pages read before stay good."""
    return Malformed("paging.endless", f"the list does not end: {why}", hint="the partner mends its paging")
