"""The leaves of trees, packed by neighbours; what proves one; and what becomes of it when what it is of is erased."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from patto_hub.ledger import roots
from patto_hub.ledger.raw import listed, raw

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection

    from patto_hub.ledger.roots import Begun, Root

NONCE: Final = 16
"""Bytes of a nonce: 128 bits, as SD-JWT (RFC 9901) wants of the salts of digests."""
NONE: Final = bytes(NONCE)
"""In the place of a nonce that was destroyed."""
_SEQ: Final = 8
_HASH: Final = 32


class Leaf(NamedTuple):
    """What a tree holds of one change."""

    seq: int
    hash: bytes
    nonce: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A leaf, and all hashes that its proof is made of."""

    nonce: bytes
    at: int
    """Where it stands among its neighbours."""
    neighbours: Sequence[bytes]
    piece: int
    """Where its neighbours stand among the pieces of the tree."""
    pieces: Sequence[bytes]
    index: int
    """Where it stands in its tree."""
    items: int
    tree: bytes
    """The tree's root."""
    tree_nonce: bytes
    place: int
    """Where the tree stands among those of the day."""
    trees: Sequence[bytes]
    root: Root


class Told(NamedTuple):
    """A change that a reader may still see."""

    seq: int
    version: int
    op: str
    at: int


def add(connection: Connection, tree: Begun, leaves: Sequence[Leaf], root: bytes) -> None:
    """Add leaves to a tree, with the root over them; of what was erased since it was read, no nonce is kept.

    Raises:
        roots.Overtaken: the tree is gone.
    """
    roots.require(connection, tree)
    erased = {seq for (seq,) in listed(connection, _ERASED, [leaf.seq for leaf in leaves])}
    packed = (
        b"".join(leaf.seq.to_bytes(_SEQ, "big") for leaf in leaves),
        b"".join(leaf.hash for leaf in leaves),
        b"".join(NONE if leaf.seq in erased else leaf.nonce for leaf in leaves),
    )
    raw(connection).execute(_ADD, (tree.id, leaves[0].seq, leaves[-1].seq, root, *packed))


def told(
    connection: Connection, head_id: int, *, organisations: Sequence[int], kind: str, version: int | None
) -> list[Told]:
    """Give the changes of a record that are addressed to any of the organisations now, newest first."""
    statement = _TOLD.format(told=", ".join("?" * len(organisations)))
    rows = raw(connection).execute(statement, (head_id, kind, version, version, *organisations))
    return [Told(*row) for row in rows]


def find(  # noqa: PLR0913 - whose leaf, under which names, of which day
    connection: Connection, seq: int, *, partner: str, feed: str, names: str, day: str | None
) -> Found | None:
    """Give the leaf of a change in a closed tree of a reader, the newest one if no day is named; None without one."""
    trees = raw(connection).execute(_TREES, (partner, feed, names, seq, seq, day, day)).fetchall()
    for tree, of_day_, items, root, nonce, place in trees:
        row = raw(connection).execute(_PIECE, (tree, seq, seq)).fetchone()
        at = None if row is None else _at(row[1], seq)
        closed = roots.of_day(connection, of_day_)
        if row is None or at is None or closed is None or _slice(row[3], at, NONCE) == NONE:
            continue
        pieces = raw(connection).execute(_PIECES, (tree,)).fetchall()
        piece = next(number for number, each in enumerate(pieces) if each[0] == row[0])
        return Found(
            nonce=_slice(row[3], at, NONCE),
            at=at,
            neighbours=[_slice(row[2], each, _HASH) for each in range(len(row[1]) // _SEQ)],
            piece=piece,
            pieces=[each[1] for each in pieces],
            index=sum(each[2] for each in pieces[:piece]) + at,
            items=items,
            tree=root,
            tree_nonce=nonce,
            place=place,
            trees=[each for (each,) in raw(connection).execute(_HASHES, (of_day_,))],
            root=closed,
        )
    return None


def forget(connection: Connection, heads: Collection[int]) -> int:
    """Destroy the nonces of all leaves of these records, and give how many: what they are of can be guessed no more."""
    pieces: dict[int, list[int]] = {}
    for piece, seq in listed(connection, _OF_HEADS, heads):
        pieces.setdefault(piece, []).append(seq)
    count = 0
    for piece, seqs in pieces.items():
        row = raw(connection).execute("SELECT seqs, nonces FROM leaves_of_tree WHERE id = ?", (piece,)).fetchone()
        places = [at for at in (_at(row[0], seq) for seq in seqs) if at is not None]
        nonces = bytearray(row[1])
        for at in places:
            nonces[at * NONCE : (at + 1) * NONCE] = NONE
        raw(connection).execute("UPDATE leaves_of_tree SET nonces = ? WHERE id = ?", (bytes(nonces), piece))
        count += len(places)
    return count


def _slice(packed: bytes, at: int, size: int) -> bytes:
    return packed[at * size : (at + 1) * size]


def _at(seqs: bytes, seq: int) -> int | None:
    """Give where a number stands among packed ones that grow; None if it does not."""
    low, high, wanted = 0, len(seqs) // _SEQ, seq.to_bytes(_SEQ, "big")
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if _slice(seqs, middle, _SEQ) < wanted else (low, middle)
    return low if _slice(seqs, low, _SEQ) == wanted else None


_ERASED: Final = (
    "SELECT c.seq FROM json_each(?) j CROSS JOIN change c ON c.seq = j.value"
    " JOIN record_version v ON v.id = c.version_id WHERE c.op = 'upsert' AND v.payload IS NULL"
)
_ADD: Final = (
    "INSERT INTO leaves_of_tree (tree_id, first, last, root, seqs, hashes, nonces) VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_TOLD: Final = """
SELECT c.seq, v.version, c.op, c.at FROM change c JOIN record_version v ON v.id = c.version_id
WHERE c.head_id = ? AND c.kind = ? AND (? IS NULL OR v.version = ?) AND EXISTS (
  SELECT 1 FROM audience told WHERE told.seq = c.seq AND told.organisation_id IN ({told})
) ORDER BY c.seq DESC
"""
_TREES: Final = """
SELECT t.id, t.day, t.items, t.root, t.nonce, t.place FROM tree_of_day t JOIN root_of_day r ON r.day = t.day
WHERE t.partner = ? AND t.feed = ? AND t.names = ? AND t."after" < ? AND t.position >= ? AND (? IS NULL OR t.day = ?)
ORDER BY t.id DESC
"""
_PIECE: Final = (
    "SELECT id, seqs, hashes, nonces FROM leaves_of_tree WHERE tree_id = ? AND first <= ? AND last >= ?"
    " ORDER BY first DESC LIMIT 1"
)
_PIECES: Final = f"SELECT id, root, length(seqs) / {_SEQ} FROM leaves_of_tree WHERE tree_id = ? ORDER BY first"
_HASHES: Final = "SELECT hash FROM tree_of_day WHERE day = ? ORDER BY place"
_OF_HEADS: Final = """
SELECT l.id, c.seq FROM json_each(?) j CROSS JOIN change c ON c.head_id = j.value
CROSS JOIN tree_of_day t ON t."after" < c.seq AND t.position >= c.seq AND t.items IS NOT 0
CROSS JOIN leaves_of_tree l ON l.tree_id = t.id AND l.first <= c.seq AND l.last >= c.seq
"""
