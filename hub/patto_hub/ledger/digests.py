"""What a reader has to hold at a place of its feed, row by row; and the digests of days that are over."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from patto_hub.ledger.raw import raw

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class DayDigest:
    """What a reader had to hold at the end of a day."""

    position: int
    counts: Mapping[str, int]
    """Records by kind."""
    sha256: bytes
    unsure: int
    """Records that were withdrawn or deleted between the day's end and the counting."""


def held(
    connection: Connection, *, organisations: Sequence[int], kinds: Sequence[str], position: int
) -> Iterator[tuple[str, int, int]]:
    """Yield (kind, head, version) of what the organisations' reader holds after the change numbered `position`.

    Rows come as they are read, in the order of their changes; nothing is sorted or gathered here.
    """
    if not organisations:
        return
    seen = " UNION ".join("SELECT seq FROM audience WHERE organisation_id = ? AND seq <= ?" for _ in organisations)
    values = [value for organisation in organisations for value in (organisation, position)]
    told, of_kinds = ", ".join("?" * len(organisations)), ", ".join("?" * len(kinds))
    statement = _HELD.format(seen=f"{seen} ORDER BY seq", kinds=of_kinds, told=told)
    yield from raw(connection).execute(statement, (*values, *kinds, position, *organisations))


def after(
    connection: Connection, *, organisations: Sequence[int], kinds: Sequence[str], position: int
) -> tuple[int, int]:
    """Give how many changes a reader has before it after a place, and how many of them take a record away.

    Of those the hub no longer knows whether the reader held them at that place: who may not know a record any more
    is no longer told that it knew it.
    """
    if not organisations:
        return 0, 0
    seen = " UNION ".join("SELECT seq FROM audience WHERE organisation_id = ? AND seq > ?" for _ in organisations)
    values = [value for organisation in organisations for value in (organisation, position)]
    row = (
        raw(connection)
        .execute(_AFTER.format(seen=seen, kinds=", ".join("?" * len(kinds))), (*values, *kinds))
        .fetchone()
    )
    return row[0], row[1]


def of_day(connection: Connection, audience: str, day: str) -> DayDigest | None:
    """Give the digest of a day, if it was made before."""
    row = (
        raw(connection)
        .execute(
            "SELECT position, counts, sha256, unsure FROM digest_of_day WHERE audience = ? AND day = ?", (audience, day)
        )
        .fetchone()
    )
    if row is None:
        return None
    return DayDigest(position=row[0], counts=json.loads(row[1]), sha256=row[2], unsure=row[3])


def keep(connection: Connection, audience: str, day: str, made: DayDigest, now: int) -> DayDigest:
    """Keep the digest of a day that is over, and give the one that is kept: the first one stays."""
    raw(connection).execute(
        "INSERT INTO digest_of_day (audience, day, position, counts, sha256, unsure, made_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (audience, day, made.position, json.dumps(dict(made.counts)), made.sha256, made.unsure, now),
    )
    kept = of_day(connection, audience, day)
    return made if kept is None else kept


def first_at(connection: Connection) -> int | None:
    """Give when the first change was recorded; None before there is one."""
    row = raw(connection).execute("SELECT at FROM change ORDER BY seq LIMIT 1").fetchone()
    return None if row is None else int(row[0])


_HELD = """
SELECT c.kind, c.head_id, v.version
FROM ({seen}) looked CROSS JOIN change c ON c.seq = looked.seq
CROSS JOIN record_version v ON v.id = c.version_id
WHERE c.kind IN ({kinds}) AND c.op = 'upsert' AND v.payload IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM change newer CROSS JOIN audience told ON told.seq = newer.seq
  WHERE newer.head_id = c.head_id AND newer.seq > c.seq AND newer.seq <= ? AND told.organisation_id IN ({told})
)"""
_AFTER = """
SELECT count(*), count(*) FILTER (WHERE c.op <> 'upsert')
FROM ({seen}) looked CROSS JOIN change c ON c.seq = looked.seq WHERE c.kind IN ({kinds})"""
