"""What a partner may read in other orders than from the beginning: what is current, from an instant on, one dossier."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patto_hub.ledger import audiences
from patto_hub.ledger.feed import SCAN, Item, Page, newest
from patto_hub.ledger.raw import listed, scalar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection


def current(  # noqa: PLR0913 - who, what, where, how much: a page is these
    connection: Connection,
    *,
    organisations: Sequence[int],
    kinds: Sequence[str],
    after: int,
    top: int | None,
    limit: int,
    scan: int = SCAN,
) -> tuple[Page, int]:
    """Read what is current of what is addressed to any of the organisations, and give the top of the snapshot too.

    A record is current by the newest change of it that is addressed to them, whatever its number; it belongs to the
    snapshot if that number lies in (`after`, `top`] and brings the record. One that changes while a reader pages has a
    number above `top` then: it comes with the changes after `top`, and with nothing else. `top` is None at the first
    page: everything up to now.
    """
    now = newest(connection)
    last = now if top is None else top
    if not organisations:
        return Page((), last, more=False, newest=now), last
    seen = " UNION ".join(
        "SELECT seq FROM audience WHERE organisation_id = ? AND seq > ? AND seq <= ?" for _ in organisations
    )
    looked = f"SELECT seq FROM ({seen} ORDER BY seq) LIMIT ?"
    looked_with = [value for organisation in organisations for value in (organisation, after, last)] + [scan]
    told, of_kinds = ", ".join("?" * len(organisations)), ", ".join("?" * len(kinds))
    rows = connection.exec_driver_sql(
        _CURRENT.format(looked=looked, kinds=of_kinds, told=told), (*looked_with, *kinds, *organisations, limit + 1)
    ).all()
    items = [item for item in (Item(*row) for row in rows[:limit]) if item.payload is not None]
    if len(rows) > limit:
        return Page(items, rows[limit - 1][0], more=True, newest=now), last
    count, end = connection.exec_driver_sql(f"SELECT count(*), max(seq) FROM ({looked})", tuple(looked_with)).one()
    if count == scan:
        return Page(items, int(end), more=True, newest=now), last
    return Page(items, last, more=False, newest=now), last


def position_at(connection: Connection, instant: int) -> int:
    """Give the number of the last change that was recorded before an instant (milliseconds since 1970), 0 for none.

    Halves the numbers on a grid that does not move as they grow, so that the same instant gives the same number on any
    later day, and no index by time is needed. Where the hub's clock was put back, one of the moments that it showed
    twice is taken.
    """
    top, position = newest(connection), 0
    step = 1 << top.bit_length()
    while step:
        tried = position + step
        if tried <= top and _recorded_at(connection, tried) < instant:
            position = tried
        step >>= 1
    return position


def _recorded_at(connection: Connection, seq: int) -> int:
    return int(scalar(connection, "SELECT at FROM change WHERE seq >= ? ORDER BY seq LIMIT 1", seq))


def of_dossier(  # noqa: PLR0913 - who, what, where, how much: a page is these
    connection: Connection,
    record: tuple[str, int],
    *,
    organisations: Sequence[int],
    kinds: Sequence[str],
    after: int,
    limit: int,
) -> Page:
    """Read the changes of a record (its kind and head) for any of the organisations; of a pact, its whole dossier's.

    Raises:
        LookupError: no change of the record is addressed to them: for this reader there is no such record.
    """
    now = newest(connection)
    kind, head_id = record
    if not organisations or not _changes(connection, [head_id], organisations, [kind], after=0, limit=1):
        raise LookupError("no such record for this reader")
    heads = {head_id, *(head for (head,) in listed(connection, _HANGING, [head_id]))}
    heads |= {place.head_id for place in audiences.persons(connection, [head_id])}
    items = _changes(connection, sorted(heads), organisations, kinds, after=after, limit=limit + 1)
    if len(items) > limit:
        return Page(items[:limit], items[limit - 1].seq, more=True, newest=now)
    return Page(items, max(now, after), more=False, newest=now)


def _changes(  # noqa: PLR0913 - who, what, where, how much
    connection: Connection,
    heads: Sequence[int],
    organisations: Sequence[int],
    kinds: Sequence[str],
    *,
    after: int,
    limit: int,
) -> list[Item]:
    told, of_kinds = ", ".join("?" * len(organisations)), ", ".join("?" * len(kinds))
    statement = _OF_HEADS.format(told=told, kinds=of_kinds)
    return [Item(*row) for row in listed(connection, statement, heads, after, *kinds, *organisations, limit)]


_ITEM = """
JOIN record_version v ON v.id = c.version_id
JOIN head h ON h.id = c.head_id
JOIN partner p ON p.id = h.partner_id
ORDER BY c.seq
"""
_COLUMNS = "c.seq, c.op, c.at, c.kind, c.head_id, v.version, p.name, v.digest, v.payload"
_CURRENT = f"""
SELECT {_COLUMNS}
FROM (
  SELECT change.* FROM ({{looked}}) looked CROSS JOIN change ON change.seq = looked.seq
  WHERE change.kind IN ({{kinds}}) AND change.op = 'upsert' AND NOT EXISTS (
    SELECT 1 FROM change newer CROSS JOIN audience told ON told.seq = newer.seq
    WHERE newer.head_id = change.head_id AND newer.seq > change.seq AND told.organisation_id IN ({{told}})
  ) LIMIT ?
) c
{_ITEM}"""
_OF_HEADS = f"""
SELECT {_COLUMNS}
FROM (
  SELECT change.* FROM json_each(?) j CROSS JOIN change ON change.head_id = j.value
  WHERE change.seq > ? AND change.kind IN ({{kinds}}) AND EXISTS (
    SELECT 1 FROM audience told WHERE told.seq = change.seq AND told.organisation_id IN ({{told}})
  ) ORDER BY change.seq LIMIT ?
) c
{_ITEM}"""
_HANGING = "SELECT h.id FROM json_each(?) j CROSS JOIN head h ON h.pact_id = j.value AND h.pact_id <> h.id"
