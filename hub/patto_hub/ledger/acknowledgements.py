"""Readers' own receipts: up to which change they have taken a feed over, and which versions they could not take.

What the hub has handed out stands in `subscription` (pulled) and `lane` (pushed); what a reader says of it, here. A
refusal is open while the refused version is the current one and its reader has not taken it after all.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from patto_hub.ledger import audit, snags
from patto_hub.ledger.raw import listed, many, raw, scalar

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from sqlalchemy import Connection


class OtherContent(Exception):  # noqa: N818 - says what is wrong
    """The reader has used this Idempotency-Key before, to say something else."""


class Refused(NamedTuple):
    """A version that a reader could not take."""

    head_id: int
    version: int
    code: str
    """The reader's own."""
    reason: str | None
    """In the reader's words; never logged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a reader says."""

    partner: str
    feed: str
    position: int
    """The change up to which it speaks."""
    applied: bool
    """Whether it works with the data now; otherwise it has taken them in."""
    refused: Sequence[Refused] = ()
    taken: Sequence[tuple[int, int]] = ()
    """(head, version) of what it had refused and has taken after all."""
    digest: bytes
    """SHA-256 of what was said."""
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """A reader's word, as it is kept."""

    id: int
    position: int
    applied: bool
    accepted: int
    """Changes that it covers beyond the reader's words before, without the refused ones."""
    refused: int
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far a reader is with a feed; a position of 0 with no instant: it never said so."""

    read: int
    """Handed out, by pulling."""
    read_at: int | None
    accepted: int
    """Taken in, as the reader says."""
    accepted_at: int | None
    applied: int
    """In use, as the reader says."""
    applied_at: int | None
    open_refusals: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRefusal:
    """A record that a reader cannot take as it is now."""

    reader: str
    feed: str
    source: str
    """The partner that says the record, and that can correct it."""
    kind: str
    key: str
    """The record's key in the source's own system."""
    head_id: int
    version: int
    code: str
    reason: str | None
    at: int


def covered(connection: Connection, said: Said, organisations: Iterable[int], kinds: Iterable[str]) -> tuple[int, int]:
    """Give the position of the reader's words before, and how many changes lie from there to what it says now.

    For a reader that speaks for the first time this reads its whole feed: ask before the writer is held up.
    """
    before = standing(connection, said.partner, said.feed).accepted
    count = scalar(
        connection,
        "SELECT count(DISTINCT c.seq) FROM json_each(?1) o CROSS JOIN audience a ON a.organisation_id = o.value"
        " AND a.seq > ?3 AND a.seq <= ?4 CROSS JOIN change c ON c.seq = a.seq"
        " WHERE c.kind IN (SELECT value FROM json_each(?2))",
        _json(organisations),
        _json(kinds),
        before,
        said.position,
    )
    return before, int(count)


def note(connection: Connection, said: Said, counted: tuple[int, int], now: int) -> tuple[Acknowledgement, bool]:
    """Keep what a reader says, and tell whether it is new; the same again gives the first word.

    `counted` is what `covered` gave. The standing never moves back: an older position is kept in the history only.

    Raises:
        OtherContent: the Idempotency-Key was used for something else.
        LookupError: `counted` is of another moment; count again.
    """
    known = _said_before(connection, said)
    if known is not None:
        return known, False
    before, count = counted
    if standing(connection, said.partner, said.feed).accepted != before:
        raise LookupError("another word came in between")
    accepted = max(0, count - len(said.refused))
    number = int(
        raw(connection)
        .execute(
            "INSERT INTO acknowledgement (partner, feed, position, applied, accepted, refused, idempotency_key, digest,"
            " at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
            (
                said.partner,
                said.feed,
                said.position,
                int(said.applied),
                accepted,
                len(said.refused),
                said.idempotency_key,
                said.digest,
                now,
            ),
        )
        .fetchone()[0]
    )
    _note_refusals(connection, said, number, now)
    detail = {
        "position": said.position,
        "applied": said.applied,
        "refused": [[each.head_id, each.version] for each in said.refused],
        "taken": [list(each) for each in said.taken],
    }
    audit.append(connection, f"partner:{said.partner}", "feed.acknowledge", said.feed, detail, now)
    made = Acknowledgement(
        id=number,
        position=said.position,
        applied=said.applied,
        accepted=accepted,
        refused=len(said.refused),
        at=now,
    )
    return made, True


def standing(connection: Connection, partner: str, feed: str) -> Standing:
    """Tell how far a reader is with a feed."""
    read = raw(connection).execute(
        "SELECT position, read_at FROM subscription WHERE partner = ? AND feed = ?", (partner, feed)
    )
    position, read_at = read.fetchone() or (0, None)
    words = {
        least: raw(connection)
        .execute(
            "SELECT position, at FROM acknowledgement WHERE partner = ? AND feed = ? AND applied >= ?"
            " ORDER BY position DESC, id LIMIT 1",
            (partner, feed, least),
        )
        .fetchone()
        or (0, None)
        for least in (0, 1)
    }
    return Standing(
        read=position,
        read_at=read_at,
        accepted=words[0][0],
        accepted_at=words[0][1],
        applied=words[1][0],
        applied_at=words[1][1],
        open_refusals=int(
            scalar(connection, f"SELECT count(*) {_OPEN} AND r.partner = ? AND r.feed = ?", partner, feed)
        ),
    )


def history(
    connection: Connection, partner: str, feed: str, *, before: int | None = None, limit: int = 50
) -> list[Acknowledgement]:
    """List what a reader has said of a feed, newest first; `before` is the last number of the page before."""
    rows = connection.exec_driver_sql(
        f"SELECT {_WORD} FROM acknowledgement WHERE partner = ? AND feed = ? AND id < ? ORDER BY id DESC LIMIT ?",
        (partner, feed, 2**63 - 1 if before is None else before, limit),
    )
    return [_word(row) for row in rows]


def open_refusals(
    connection: Connection,
    *,
    source: str | None = None,
    reader: str | None = None,
    feed: str | None = None,
    limit: int = 100,
) -> list[OpenRefusal]:
    """List what readers cannot take as it is now, newest first: for those who can correct it, and for the readers.

    `source` is the partner that says the record, `reader` the one that refuses it; None stands for all.
    """
    rows = connection.exec_driver_sql(
        "SELECT r.partner, r.feed, p.name, h.kind, h.key, r.head_id, r.version, r.code, r.reason, r.at"
        f" {_OPEN} AND (?1 IS NULL OR p.name = ?1) AND (?2 IS NULL OR r.partner = ?2) AND (?3 IS NULL OR r.feed = ?3)"
        " ORDER BY r.at DESC, r.head_id LIMIT ?4",
        (source, reader, feed, limit),
    )
    names = OpenRefusal.__slots__
    return [OpenRefusal(**dict(zip(names, row, strict=True))) for row in rows]


def told(connection: Connection, organisations: Iterable[int], heads: Iterable[int]) -> set[tuple[str, int, int]]:
    """Give (kind, head, version) of all that was ever addressed to any of the organisations of these heads."""
    found = listed(
        connection,
        "SELECT DISTINCT c.kind, c.head_id, v.version FROM json_each(?1) j CROSS JOIN change c ON c.head_id = j.value"
        " JOIN record_version v ON v.id = c.version_id WHERE EXISTS (SELECT 1 FROM json_each(?2) o"
        " CROSS JOIN audience a ON a.organisation_id = o.value AND a.seq = c.seq)",
        heads,
        _json(organisations),
    )
    return {(kind, head, version) for kind, head, version in found}


def withdrawn(connection: Connection, organisations: Iterable[int], heads: Iterable[int]) -> set[int]:
    """Give those of these heads that were withdrawn from the organisations: the last change for them says so."""
    found = listed(
        connection,
        "SELECT c.head_id FROM json_each(?1) j CROSS JOIN change c ON c.head_id = j.value AND c.seq ="
        " (SELECT max(o.seq) FROM change o WHERE o.head_id = j.value AND EXISTS (SELECT 1 FROM json_each(?2) r"
        " CROSS JOIN audience a ON a.organisation_id = r.value AND a.seq = o.seq)) WHERE c.op = 'withdraw'",
        heads,
        _json(organisations),
    )
    return {head for (head,) in found}


def let_go(connection: Connection, organisation_id: int, heads: Collection[int], now: int) -> None:
    """Close what an organisation's readers refuse of records that are no longer theirs to know."""
    listed(
        connection,
        "UPDATE refusal SET closed_at = ?2 WHERE closed_at IS NULL AND head_id IN (SELECT value FROM json_each(?1))"
        " AND partner IN (SELECT name FROM partner WHERE organisation_id = ?3)",
        heads,
        now,
        organisation_id,
    )
    _end_snags(connection, heads, now)


def _said_before(connection: Connection, said: Said) -> Acknowledgement | None:
    """Give the word that this one repeats: by its key, or because nothing else was said of the feed since."""
    if said.idempotency_key is not None:
        row = (
            raw(connection)
            .execute(
                f"SELECT {_WORD}, digest, feed FROM acknowledgement WHERE partner = ? AND idempotency_key = ?",
                (said.partner, said.idempotency_key),
            )
            .fetchone()
        )
        if row is not None and (row[-2], row[-1]) != (said.digest, said.feed):
            raise OtherContent
        if row is not None:
            return _word(row[:-2])
    row = (
        raw(connection)
        .execute(
            f"SELECT {_WORD}, digest FROM acknowledgement WHERE partner = ? AND feed = ? ORDER BY id DESC LIMIT 1",
            (said.partner, said.feed),
        )
        .fetchone()
    )
    return _word(row[:-1]) if row is not None and row[-1] == said.digest else None


def _note_refusals(connection: Connection, said: Said, number: int, now: int) -> None:
    many(
        connection,
        "UPDATE refusal SET closed_at = ? WHERE partner = ? AND feed = ? AND head_id = ? AND version = ?"
        " AND closed_at IS NULL",
        [(now, said.partner, said.feed, *each) for each in said.taken],
    )
    many(
        connection,
        "INSERT INTO refusal (partner, feed, head_id, version, code, reason, acknowledgement_id, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (partner, feed, head_id, version) DO UPDATE SET"
        " code = excluded.code, reason = excluded.reason, acknowledgement_id = excluded.acknowledgement_id,"
        " closed_at = NULL",
        [(said.partner, said.feed, *each, number, now) for each in said.refused],
    )
    _end_snags(connection, {head for head, _ in said.taken}, now)
    snags.open_items(connection, [(each.head_id, each.version, each.code) for each in said.refused], now)


def _end_snags(connection: Connection, heads: Collection[int], now: int) -> None:
    """Tell who says these records that nobody refuses them any more, where that is so."""
    still = listed(connection, f"SELECT h.id {_OPEN} AND h.id IN (SELECT value FROM json_each(?))", heads)
    snags.end_items(connection, sorted(set(heads) - {head for (head,) in still}), now)


def _word(row: Sequence[int]) -> Acknowledgement:
    number, position, applied, accepted, refused, at = row
    return Acknowledgement(
        id=number, position=position, applied=bool(applied), accepted=accepted, refused=refused, at=at
    )


def _json(values: Iterable[int] | Iterable[str]) -> str:
    return json.dumps(list(values))


_WORD = "id, position, applied, accepted, refused, at"
_OPEN = (
    "FROM refusal r JOIN head h ON h.id = r.head_id AND h.version = r.version AND h.tombstone = 0"
    " JOIN partner p ON p.id = h.partner_id WHERE r.closed_at IS NULL"
)
