"""What a partner may read: a range scan of the changes that are addressed to its organisation."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec

from patto_hub.ledger.raw import listed, raw, scalar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
    """`upsert`, `delete`, `withdraw` or `erase`."""
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


class Line(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What the ledger keeps of one change besides the record itself."""

    seq: int
    op: str
    at: int
    kind: str
    head_id: int
    version: int
    partner_id: int
    gone: int
    """1 if the payload was erased, else 0."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The same as a page, as it comes fastest: SQLite joins it in one step, in which no other thread has to wait."""

    lines: Sequence[Line]
    partners: Mapping[int, str]
    """The names of the lines' partners."""
    payloads: bytes
    """The payloads of the lines, as one JSON array, which may hold one more; null where there is none to show."""
    stamp: bytes
    """A digest of all lines."""
    position: int
    more: bool
    newest: int

    @classmethod
    def of(cls, page: Page) -> Sheet:
        """Give a page as a sheet."""
        names = sorted({each.partner for each in page.items})
        numbers = {name: number for number, name in enumerate(names)}
        lines = [
            Line(
                each.seq,
                each.op,
                each.at,
                each.kind,
                each.head_id,
                each.version,
                numbers[each.partner],
                each.payload is None,
            )
            for each in page.items
        ]
        shown = (each.payload if each.op == "upsert" else None for each in page.items)
        payloads = ",".join("null" if payload is None else payload for payload in shown)
        return cls(
            lines,
            dict(enumerate(names)),
            f"[{payloads}]".encode(),
            _stamp(msgspec.json.encode(lines)),
            page.position,
            page.more,
            page.newest,
        )


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
    looked, looked_with = _looked(organisations, after, scan)
    rows = connection.exec_driver_sql(
        _PAGE.format(looked=looked, kinds=", ".join("?" * len(kinds))), (*looked_with, *kinds, limit + 1)
    ).all()
    items = [Item(*row) for row in rows[:limit]]
    if len(rows) > limit:
        return Page(items, items[-1].seq, more=True, newest=top)
    last, more = _end(connection, looked, looked_with, after)
    return Page(items, last, more=more, newest=top)


def sheet(  # noqa: PLR0913 - as for a page
    connection: Connection,
    *,
    organisations: Sequence[int],
    kinds: Sequence[str],
    after: int,
    limit: int,
    scan: int = SCAN,
) -> Sheet:
    """Read what `page` reads, as a sheet."""
    top = newest(connection)
    if not organisations:
        return Sheet((), {}, b"[]", b"", after, more=False, newest=top)
    looked, looked_with = _looked(organisations, after, scan)
    statement = _SHEET.format(looked=looked, kinds=", ".join("?" * len(kinds)))
    heads, payloads = raw(connection).execute(statement, (*looked_with, *kinds, limit + 1)).fetchone()
    lines, stamp = _LINES.decode(heads), _stamp(heads)
    if any(after.seq <= before.seq for before, after in pairwise(lines)):
        raise TypeError("SQLite gave the changes in another order than that of its loops")
    names = dict(raw(connection).execute("SELECT id, name FROM partner").fetchall())
    if len(lines) > limit:
        return Sheet(lines[:limit], names, payloads, stamp, lines[limit - 1].seq, more=True, newest=top)
    last, more = _end(connection, looked, looked_with, after)
    return Sheet(lines, names, payloads, stamp, last, more=more, newest=top)


def _stamp(heads: bytes) -> bytes:
    return blake2b(heads, digest_size=12).digest()


def _looked(organisations: Sequence[int], after: int, scan: int) -> tuple[str, tuple[int, ...]]:
    """Give the query of the numbers that a page looks at, and its values."""
    seen = " UNION ".join("SELECT seq FROM audience WHERE organisation_id = ? AND seq > ?" for _ in organisations)
    values = [value for organisation in organisations for value in (organisation, after)]
    return f"SELECT seq FROM ({seen} ORDER BY seq) LIMIT ?", (*values, scan)


def _end(connection: Connection, looked: str, looked_with: tuple[int, ...], after: int) -> tuple[int, bool]:
    """Give the number up to which all was looked at, and whether there may be more."""
    count, last = connection.exec_driver_sql(f"SELECT count(*), max(seq) FROM ({looked})", looked_with).one()
    return after if last is None else int(last), count == looked_with[-1]


def firsts(connection: Connection, *, organisations: Sequence[int], seqs: Sequence[int]) -> frozenset[int]:
    """Give those of some changes that tell the organisations of a record that they do not hold: new, or given back."""
    found = listed(
        connection,
        "SELECT c.seq FROM json_each(?1) j CROSS JOIN change c ON c.seq = j.value WHERE c.op = 'upsert' AND coalesce(("
        "SELECT e.op FROM change e WHERE e.head_id = c.head_id AND e.seq < c.seq AND EXISTS (SELECT 1 FROM"
        " json_each(?2) o CROSS JOIN audience a ON a.organisation_id = o.value AND a.seq = e.seq)"
        " ORDER BY e.seq DESC LIMIT 1), 'none') <> 'upsert'",
        seqs,
        json.dumps(list(organisations)),
    )
    return frozenset(seq for (seq,) in found)


def newest(connection: Connection) -> int:
    """Give the highest number in use, 0 for none."""
    return int(connection.exec_driver_sql("SELECT coalesce(max(seq), 0) FROM change").scalar_one())


def in_use(connection: Connection, number: int) -> bool:
    """Say whether there is a change of this number, or it is 0; a ledger that was restored has skipped numbers."""
    return not number or scalar(connection, "SELECT 1 FROM change WHERE seq = ?", number) is not None


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
_SHEET = """
SELECT
  CAST(json_group_array(json_array(seq, op, at, kind, head_id, version, partner_id, payload IS NULL)) AS BLOB),
  CAST('[' || coalesce(group_concat(coalesce(iif(op = 'upsert', payload, NULL), 'null')), '') || ']' AS BLOB)
FROM (
  SELECT c.seq, c.op, c.at, c.kind, c.head_id, v.version, h.partner_id, v.payload FROM (
    SELECT change.* FROM ({looked}) looked CROSS JOIN change ON change.seq = looked.seq
    WHERE change.kind IN ({kinds}) LIMIT ?
  ) c CROSS JOIN record_version v ON v.id = c.version_id CROSS JOIN head h ON h.id = c.head_id
)
"""  # joined in the order of the loops: to sort would mean to carry all payloads through a second tree
_LINES = msgspec.json.Decoder(list[Line])
