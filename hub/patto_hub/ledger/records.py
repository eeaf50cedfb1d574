"""Records: the head of each (what a partner says of a thing now) and its versions (all that it ever said)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from patto_hub.ledger.raw import listed, many, raw, scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection


@dataclass(slots=True)
class Head:
    """The head of a record, as it is or as this transaction makes it."""

    id: int
    kind: str
    key: str
    version_id: int = 0
    version: int = 0
    run_id: int = 0
    digest: int = 0
    row_digest: int | None = None
    row_records: int | None = None
    order: int | None = None
    pact_id: int | None = None
    tombstone: bool = False
    last: int = 0
    """The highest version number given; above `version` where an older one arrived late."""
    history: set[bytes] | None = None
    """Digests of its versions, where they were looked up."""
    known_at: int = 0
    """When its current version became known, where that was looked up."""
    created: bool = False


VersionRow: TypeAlias = tuple[
    int, int, int, bytes, int | None, int, int, int, int | None, str, str | None, str | None, str | None, int
]
"""A row of `record_version`: id, head, version, digest, order, valid from, known at, run, inbox, position, payload,
extra, warnings, tombstone."""


class Row(NamedTuple):
    """A head that was last given by a row with this digest."""

    digest: int
    head_id: int
    records: int
    run_id: int


class Numbers(NamedTuple):
    """The highest numbers in use."""

    head: int
    version: int
    change: int


def numbers(connection: Connection) -> Numbers:
    """Give the highest numbers in use, 0 for none; the one writer goes on from there inside its transaction."""
    return Numbers(
        *raw(connection)
        .execute(
            "SELECT coalesce((SELECT max(id) FROM head), 0), coalesce((SELECT max(id) FROM record_version), 0),"
            " coalesce((SELECT max(seq) FROM change), 0)"
        )
        .fetchone()
    )


def newest(connection: Connection) -> int:
    """Give the number of the newest version, 0 for none: whether anything was written since a look-up."""
    return int(scalar(connection, "SELECT coalesce(max(id), 0) FROM record_version"))


def rows(connection: Connection, partner_id: int, digests: Iterable[int]) -> list[Row]:
    """Give the heads that are now as rows with these digests made them."""
    found = listed(
        connection,
        "SELECT j.value, h.id, h.row_records, h.run_id FROM json_each(?) j CROSS JOIN head h"
        " ON h.partner_id = ? AND h.row_digest = j.value",
        digests,
        partner_id,
    )
    return [Row(*each) for each in found]


def heads(connection: Connection, partner_id: int, kind: str, keys: Iterable[str]) -> list[Head]:
    """Give the heads that a partner has of a kind under these keys."""
    found = listed(
        connection,
        f"SELECT {_HEAD} FROM json_each(?) j CROSS JOIN head h ON h.partner_id = ? AND h.kind = ? AND h.key = j.value",
        keys,
        partner_id,
        kind,
    )
    return [_head(each) for each in found]


def recall(connection: Connection, changing: Sequence[Head]) -> None:
    """Look up the history of heads that may get another version: digests, highest version number, last known time."""
    by_id = {head.id: head for head in changing}
    for head_id, version_id, version, digest, known_at in listed(
        connection,
        "SELECT v.head_id, v.id, v.version, v.digest, v.known_at FROM json_each(?) j CROSS JOIN record_version v"
        " ON v.head_id = j.value",
        by_id,
    ):
        head = by_id[head_id]
        if head.history is None:
            head.history = set()
        head.history.add(digest)
        head.last = max(head.last, version)
        if version_id == head.version_id:
            head.known_at = known_at


def add_versions(connection: Connection, versions: Sequence[VersionRow]) -> None:
    """Append versions."""
    many(
        connection,
        "INSERT INTO record_version (id, head_id, version, digest, ord, valid_from, known_at, run_id, inbox_id,"
        " position, payload, extra, warnings, tombstone) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        versions,
    )


def put_heads(connection: Connection, partner_id: int, changed: Sequence[Head]) -> None:
    """Write heads as this transaction has made them: new ones are inserted, others brought up to date."""
    many(
        connection,
        "INSERT INTO head (id, partner_id, kind, key, version_id, version, run_id, digest, row_digest, row_records,"
        " ord, pact_id, tombstone) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                head.id,
                partner_id,
                head.kind,
                head.key,
                head.version_id,
                head.version,
                head.run_id,
                head.digest,
                head.row_digest,
                head.row_records,
                head.order,
                head.pact_id,
                int(head.tombstone),
            )
            for head in changed
            if head.created
        ],
    )
    many(
        connection,
        "UPDATE head SET version_id = ?, version = ?, run_id = ?, digest = ?, row_digest = ?, row_records = ?,"
        " ord = ?, pact_id = ?, tombstone = ? WHERE id = ?",
        [
            (
                head.version_id,
                head.version,
                head.run_id,
                head.digest,
                head.row_digest,
                head.row_records,
                head.order,
                head.pact_id,
                int(head.tombstone),
                head.id,
            )
            for head in changed
            if not head.created
        ],
    )


def of_job(connection: Connection, job: str) -> list[Head]:
    """Give the heads, without tombstones, that a job has read: what a full snapshot of it must name."""
    found = raw(connection).execute(
        f"SELECT {_HEAD} FROM run r JOIN head h ON h.run_id = r.id AND h.partner_id = r.partner_id"
        " WHERE r.job = ? AND h.tombstone = 0 ORDER BY h.id",
        (job,),
    )
    return [_head(each) for each in found]


def under(connection: Connection, job: str, partner_id: int, prefixes: Iterable[str]) -> set[int]:
    """Give the numbers of those heads of `of_job` whose keys begin with any of these, by ranges of the index."""
    return {number for (number,) in listed(connection, _UNDER, prefixes, partner_id, job)}


def runs_of(connection: Connection, job: str, numbers: Iterable[int]) -> set[int]:
    """Give those of these runs that are a job's."""
    found = listed(
        connection, "SELECT r.id FROM json_each(?) j CROSS JOIN run r ON r.id = j.value AND r.job = ?", numbers, job
    )
    return {number for (number,) in found}


def by_number(connection: Connection, numbers: Iterable[int]) -> list[Head]:
    """Give heads by their numbers."""
    found = listed(connection, f"SELECT {_HEAD} FROM json_each(?) j CROSS JOIN head h ON h.id = j.value", numbers)
    return [_head(each) for each in found]


def payload(connection: Connection, version_id: int) -> str | None:
    """Give the canonical JSON of a version; None once it was erased."""
    found: str | None = scalar(connection, "SELECT payload FROM record_version WHERE id = ?", version_id)
    return found


def _head(row: tuple[Any, ...]) -> Head:
    head = Head(*row)
    head.tombstone = bool(head.tombstone)
    head.last = head.version
    return head


_HEAD = (
    "h.id, h.kind, h.key, h.version_id, h.version, h.run_id, h.digest, h.row_digest, h.row_records, h.ord, h.pact_id,"
    " h.tombstone"
)
# `char(1114111)` is the last character that there is; kinds are found by stepping over the index, not by reading it.
_UNDER = """
WITH RECURSIVE spoken (kind) AS (
  SELECT min(kind) FROM head WHERE partner_id = ?2
  UNION ALL SELECT (SELECT min(kind) FROM head WHERE partner_id = ?2 AND kind > spoken.kind) FROM spoken
  WHERE spoken.kind IS NOT NULL
)
SELECT h.id FROM json_each(?1) j CROSS JOIN spoken CROSS JOIN head h ON h.partner_id = ?2 AND h.kind = spoken.kind
AND h.key >= j.value AND h.key < j.value || char(1114111) CROSS JOIN run r ON r.id = h.run_id AND r.job = ?3
WHERE h.tombstone = 0
"""
