"""Who did what and when: append-only, each entry's hash covers the one before, so that nothing can be changed unseen.

The hash covers the digest of an entry's detail, not the detail: where an entry may name somebody it can be removed, and
the chain still verifies. All others name ids only: one without its detail was touched from outside.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sqlalchemy import Connection

SIZE = 32
START = bytes(SIZE)
"""What the first entry has as the hash before it."""
PIECE = 2_000
NAMING = frozenset({"request.tracked"})
"""Actions whose detail may name a person: whoever is behind a request, as the partner says (AUDIT_REST)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry as it is kept."""

    n: int
    at: int
    actor: str
    """`staff:<name>`, `partner:<name>`, `cli:<user>` or `hub`."""
    action: str
    """A dotted name, as `quarantine.waive`."""
    subject: str
    """Ids, never names or tax codes."""
    detail: str | None
    """JSON; None if somebody has removed it."""
    detail_digest: bytes
    prev: bytes
    hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a verification came to."""

    entries: int
    head: bytes
    """Hash of the last entry: noted elsewhere, it shows later that none was cut off the end."""
    broken: int | None = None
    """Number of the first entry that does not fit; None if all do."""
    why: str = ""

    @property
    def holds(self) -> bool:
        """Whether every entry fits."""
        return self.broken is None


def append(  # noqa: PLR0913, PLR0917 - who, what, on what, when
    connection: Connection, actor: str, action: str, subject: str, detail: Mapping[str, Any], now: int
) -> int:
    """Add an entry, in the transaction of what it tells of, and give its number."""
    last = connection.exec_driver_sql("SELECT n, hash FROM audit ORDER BY n DESC LIMIT 1").one_or_none()
    n, prev = (1, START) if last is None else (last.n + 1, last.hash)
    text = json.dumps(detail, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    digest = _digest(text)
    connection.exec_driver_sql(
        "INSERT INTO audit (n, at, actor, action, subject, detail, detail_digest, prev, hash)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (n, now, actor, action, subject, text, digest, prev, _hash(n, now, actor, action, subject, digest, prev)),
    )
    return int(n)


def entries(connection: Connection, *, after: int = 0) -> Iterator[Entry]:
    """Read the entries in order, from the one after number `after`."""
    while True:
        rows = connection.exec_driver_sql(
            "SELECT n, at, actor, action, subject, detail, detail_digest, prev, hash FROM audit WHERE n > ?"
            " ORDER BY n LIMIT ?",
            (after, PIECE),
        )
        piece = [Entry(**row) for row in rows.mappings()]
        yield from piece
        if len(piece) < PIECE:
            return
        after = piece[-1].n


def newest(  # noqa: PLR0913 - what is looked for
    connection: Connection,
    *,
    before: int | None = None,
    limit: int = 50,
    actor: str = "",
    action: str = "",
    subject: str = "",
) -> list[Entry]:
    """List entries, newest first; `before` is the last number of the page before.

    Names of actors and actions may be given by their beginnings only.
    """
    rows = connection.exec_driver_sql(
        "SELECT n, at, actor, action, subject, detail, detail_digest, prev, hash FROM audit WHERE n < ?1"
        " AND substr(actor, 1, length(?2)) = ?2 AND substr(action, 1, length(?3)) = ?3 AND ?4 IN ('', subject)"
        " ORDER BY n DESC LIMIT ?5",
        (2**63 - 1 if before is None else before, actor, action, subject, limit),
    )
    return [Entry(**row) for row in rows.mappings()]


def verify(connection: Connection) -> Verdict:
    """Verify the chain from its first entry to its last."""
    return verify_entries(entries(connection))


def verify_entries(chain: Iterable[Entry]) -> Verdict:
    """Verify entries from the first one on; needs no ledger, so an export can be verified anywhere."""
    count, head = 0, START
    for each in chain:
        why = _fault(each, count + 1, head)
        if why:
            return Verdict(entries=count, head=head, broken=each.n, why=why)
        count, head = count + 1, each.hash
    return Verdict(entries=count, head=head)


def _fault(each: Entry, n: int, prev: bytes) -> str:
    if each.n != n:
        return f"entry {n} is missing"
    if each.prev != prev:
        return "it does not follow the entry before"
    if each.detail is None and each.action not in NAMING:
        return "its detail was removed"
    if each.detail is not None and _digest(str(each.detail)) != each.detail_digest:
        return "its detail was changed"
    expected = _hash(each.n, each.at, each.actor, each.action, each.subject, each.detail_digest, each.prev)
    return "" if expected == each.hash else "it was changed"


def _digest(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=SIZE).digest()


def _hash(*said: int | str | bytes) -> bytes:
    words = [each.hex() if isinstance(each, bytes) else each for each in said]
    return _digest(json.dumps(words, ensure_ascii=False))
