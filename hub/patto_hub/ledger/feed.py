"""What a partner may read: a range scan of the changes that are addressed to its organisation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

EVERYBODY = 0
"""The organisation that public records are addressed to."""
SCAN = 20_000
"""Addresses looked at for one page: a feed of rare kinds gives a short page instead of a long wait."""


@dataclass(frozen=True, slots=True)
class Item:
    """One change, as the ledger keeps it; the payload is still whole, only a view may let it out."""

    seq: int
    op: str
    """`upsert`, `delete` or `withdraw`."""
    at: int
    kind: str
    head_id: int
    version: int
    partner: str
    """Who says it, by its name in the configuration."""
    digest: bytes
    payload: str | None
    """Canonical JSON; None once it was erased."""


@dataclass(frozen=True, slots=True)
class Page:
    """Changes in the order of their numbers."""

    items: Sequence[Item]
    position: int
    """The number up to which everything has been looked at; the next page starts after it."""
    more: bool
    """Whether there may be more now."""
    newest: int
    """The highest number in use, 0 for none: a reader beyond it knows a ledger that was lost."""


def page(  # noqa: PLR0913 - who, what, where, how much: a page is these
    connection: Connection,
    *,
    organisations: Sequence[int],
    kinds: Sequence[str],
    after: int,
    limit: int,
    scan: int = SCAN,
) -> Page:
    """Read the changes after `after` that are addressed to any of the organisations and are of one of the kinds.

    One number addressed to two of the organisations comes once. A change that is committed later never gets a number at
    or below `position`: the ledger's one writer numbers inside its transaction, and this reads one snapshot.
    """
    top = newest(connection)
    if not organisations:
        return Page((), after, more=False, newest=top)
    seen = " UNION ".join("SELECT seq FROM audience WHERE organisation_id = ? AND seq > ?" for _ in organisations)
    looked = f"SELECT seq FROM ({seen} ORDER BY seq) LIMIT ?"
    looked_with = [value for organisation in organisations for value in (organisation, after)] + [scan]
    rows = connection.exec_driver_sql(
        _PAGE.format(looked=looked, kinds=", ".join("?" * len(kinds))), (*looked_with, *kinds, limit + 1)
    ).all()
    items = [Item(*row) for row in rows[:limit]]
    if len(rows) > limit:
        return Page(items, items[-1].seq, more=True, newest=top)
    count, last = connection.exec_driver_sql(f"SELECT count(*), max(seq) FROM ({looked})", tuple(looked_with)).one()
    return Page(items, after if last is None else int(last), more=count == scan, newest=top)


def newest(connection: Connection) -> int:
    """Give the highest number in use, 0 for none."""
    return int(connection.exec_driver_sql("SELECT coalesce(max(seq), 0) FROM change").scalar_one())


_PAGE = """
SELECT c.seq, c.op, c.at, c.kind, c.head_id, v.version, p.name, v.digest, v.payload
FROM (
  SELECT change.* FROM ({looked}) looked CROSS JOIN change ON change.seq = looked.seq
  WHERE change.kind IN ({kinds}) LIMIT ?
) c
JOIN record_version v ON v.id = c.version_id
JOIN head h ON h.id = c.head_id
JOIN partner p ON p.id = h.partner_id
ORDER BY c.seq
"""
