"""What a full snapshot or a cumulative file no longer names has disappeared at the partner: tombstones (rule R13)."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from patto_hub.ledger import job_state, parked, quarantine, records, runs, snags
from patto_hub.road.resolve import Ground, Numbering
from patto_hub.road.route import bury

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from patto_hub.ledger.records import Head
    from patto_hub.ledger.runs import Run
    from patto_hub.ledger.store import Connection
    from patto_hub.road.named import File

NOTHING = blake2b(b"", digest_size=16).digest()
"""The digest of a tombstone's content."""
FEW = 10
"""Records that a cumulative file may leave out whatever their share, if it names others: a register's corrections."""


class LeftOut(Exception):  # noqa: N818 - a person decides
    """A cumulative file leaves out more of what it replaces than it may."""

    def __init__(self, gone: int, known: int) -> None:
        super().__init__(f"{gone} of {known}")
        self.gone = gone
        self.known = known


@dataclass(frozen=True, slots=True)
class Naming:
    """What a file has named: the heads of its last page, and those of the pages before."""

    heads: Sequence[int]
    before: File | None
    nameless: bool
    aside: Sequence[int] = ()
    """Digests of the rows of its last page that were set aside."""
    waits: Sequence[int] = ()
    """Numbers of the records of its last page that wait."""

    @property
    def unsure(self) -> bool:
        """Whether some row of the file could not be read far enough to know whom it names."""
        return self.nameless or (self.before is not None and self.before.nameless)

    def left_out(self, known: AbstractSet[int]) -> list[int]:
        """Give those of the known heads that the file does not name."""
        rest = known - set(self.heads)
        return sorted(head for head in rest if self.before is None or head not in self.before.heads)

    @property
    def all_aside(self) -> set[int]:
        """The digests of all its rows that were set aside."""
        return {*self.aside, *(() if self.before is None else self.before.aside)}

    def names_waiting(self, parked: int) -> bool:
        """Whether it has named a record that waits, by its number there."""
        return parked in self.waits or (self.before is not None and parked in self.before.waits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What a cumulative file leaves out of what it replaces."""

    gone: Sequence[int]
    """Heads."""
    known: int
    """How many there are under its beginnings of keys."""
    unsure: bool
    exceeds: bool
    """Whether it is more than goes without a word."""
    too_many: bool
    """Whether it is more than a person has allowed, too."""


def left_out(connection: Connection, job: str, known: AbstractSet[int], naming: Naming, share: float) -> Left:
    """Give which of the heads that a job knows a file does not name, and whether so many may go."""
    gone = naming.left_out(known)
    few = FEW if len(gone) < len(known) else 0  # a file that names nothing may be a mistake of whoever sent it
    exceeds = len(gone) > max(len(known) * share, few)
    too_many = exceeds and len(gone) > (job_state.get(connection, job).vanish_most or 0)
    return Left(gone=gone, known=len(known), unsure=naming.unsure, exceeds=exceeds, too_many=too_many)


def replaced(  # noqa: PLR0913, PLR0917 - what is replaced, by what, within which limit
    connection: Connection,
    run: Run,
    prefixes: Sequence[str],
    naming: Naming,
    share: float,
    pacts: set[int],
    now: int,
) -> int:
    """Bury what a job knows under these beginnings of keys and a file does not name; adds the pacts concerned.

    Gives how many stay although the file left them out, because rows of it could not be read.

    Raises:
        LeftOut: it would be too many.
    """
    known = records.under(connection, run.job, run.partner_id, prefixes)
    left = left_out(connection, run.job, known, naming, share)
    if left.gone and not left.unsure and left.too_many:
        raise LeftOut(len(left.gone), left.known)
    quarantine.withdraw_replaced(connection, run.job, prefixes, naming.all_aside, now)
    if left.unsure:
        return len(left.gone)
    parked.withdraw(connection, run.job, naming.names_waiting, prefixes, now)
    if not left.gone:
        return 0
    buried = records.by_number(connection, left.gone)
    pacts.update(head.pact_id for head in buried if head.pact_id is not None)
    entomb(connection, run, buried, now)
    if left.exceeds:  # a person's word was for this file
        job_state.hold_vanished(connection, run.job, None)
    return 0


def entomb(connection: Connection, run: Run, gone: Sequence[Head], now: int) -> None:
    """Give heads a tombstone as their newest version, and tell those who knew them.

    Raises:
        Fenced: another run has taken over.
    """
    runs.guard(connection, run)
    numbers = records.numbers(connection)
    ground = Ground(
        partner_id=run.partner_id, run_id=run.id, now=now, next=Numbering(numbers.head + 1, numbers.version + 1)
    )
    records.recall(connection, gone)
    for head in gone:
        number = ground.next.version
        ground.next.version += 1
        head.last += 1
        head.version_id, head.version, head.tombstone = number, head.last, True
        head.row_digest = head.row_records = None
        ground.touched[head.id] = head
        ground.versions.append(
            (number, head.id, head.last, NOTHING, head.order, now, now, run.id, None, "", None, None, None, 1)
        )
    records.put_heads(connection, run.partner_id, list(ground.touched.values()))
    records.add_versions(connection, ground.versions)
    bury(connection, ground, numbers.change + 1)
    snags.end_items(connection, [head.id for head in gone], now)
