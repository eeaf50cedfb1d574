"""Resolve: which records can be placed now, what each is compared with its head, and what has to wait for a name.

Pure: it works on what was looked up, numbers what is new, and says what is to be written.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from patto_hub.ledger.identifiers import Target
from patto_hub.ledger.records import Head

if TYPE_CHECKING:
    from collections.abc import Iterable

    from patto_hub.ledger.records import VersionRow
    from patto_hub.road.entry import Entry, Wanted

ROOT = "pact"
"""The kind that opens a dossier."""
Key: TypeAlias = tuple[str, str]
"""(kind, key) within a partner."""


@dataclass(slots=True)
class Candidate:
    """A record that wants to be placed."""

    entry: Entry
    position: str
    inbox_id: int | None
    run_id: int
    """The run that read it."""
    arrived: int
    row_digest: int | None = None
    row_records: int | None = None
    parked_id: int | None = None
    """Its number where it has waited until now."""
    late: bool = False
    """Whether it came some time ago: what was recorded since is newer, where the partner does not say."""


@dataclass(slots=True)
class Numbering:
    """The next free numbers, shared by all that is placed in one transaction."""

    head: int
    version: int


@dataclass(slots=True, kw_only=True)
class Ground:
    """What is known while a page is placed: heads and names, as they are and as they become."""

    partner_id: int
    run_id: int
    now: int
    next: Numbering
    heads: dict[Key, Head] = field(default_factory=dict)
    listens: bool = True
    """Whether anything may ask for the names that are brought."""
    names: dict[Wanted, list[Target]] = field(default_factory=dict)
    versions: list[VersionRow] = field(default_factory=list)
    current: list[tuple[Head, int, Candidate]] = field(default_factory=list)
    """Versions that became current, in order: (head, version number, candidate)."""
    touched: dict[int, Head] = field(default_factory=dict)
    """Heads to be written."""
    left: dict[int, int] = field(default_factory=dict)
    """Heads that have moved out of a dossier: head to the pact it was in before."""
    new_names: list[Wanted] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    released: list[int] = field(default_factory=list)

    def beside(self, partner_id: int) -> Ground:
        """Give the ground of another partner in the same transaction: names and numbering are common."""
        return Ground(
            partner_id=partner_id,
            run_id=self.run_id,
            now=self.now,
            next=self.next,
            names=self.names,
            new_names=self.new_names,
            listens=self.listens,
        )

    def count(self, candidate: Candidate, verdict: str) -> None:
        """Count a record of this page; one that was parked before was counted then."""
        if candidate.parked_id is None:
            self.counts[verdict] = self.counts.get(verdict, 0) + 1
        else:
            self.released.append(candidate.parked_id)


def place(ground: Ground, candidates: Iterable[Candidate]) -> list[tuple[Candidate, Wanted]]:
    """Place what can be placed, in order of arrival, until nothing moves; give the rest with what each waits for."""
    waiting = list(candidates)
    while True:
        still = [(each, need) for each in waiting if (need := _place(ground, each)) is not None]
        if len(still) == len(waiting) or not still:
            return still
        waiting = [each for each, _ in still]


def _place(ground: Ground, candidate: Candidate) -> Wanted | None:
    entry = candidate.entry
    head = ground.heads.get((entry.kind, entry.key))
    if head is not None and not head.tombstone and head.digest == entry.short:
        _same(ground, head, candidate)
        return None
    pact_id: int | None = None
    for need in entry.needs:
        found = ground.names.get(need)
        if not found:
            return need
        if pact_id is None:
            pact_id = chosen(found, ground.partner_id).pact_id
    if head is None:
        head = Head(ground.next.head, entry.kind, entry.key, created=True)
        ground.next.head += 1
        ground.heads[entry.kind, entry.key] = head
        ground.count(candidate, "new")
    elif _older(candidate, head):
        _late(ground, head, candidate)
        return None
    else:
        ground.count(candidate, "changed")
    _advance(ground, head, candidate, head.id if entry.kind == ROOT else pact_id)
    return None


def chosen(found: list[Target], partner_id: int) -> Target:
    """Choose among the heads that answer to a name: the partner's own word first, then the oldest."""
    return min(found, key=lambda each: (each.partner_id != partner_id, each.head_id)) if len(found) > 1 else found[0]


def _same(ground: Ground, head: Head, candidate: Candidate) -> None:
    ground.count(candidate, "duplicate" if head.run_id == candidate.run_id else "unchanged")
    if candidate.row_digest is not None and (head.row_digest, head.row_records) != (
        candidate.row_digest,
        candidate.row_records,
    ):
        head.row_digest, head.row_records = candidate.row_digest, candidate.row_records
        ground.touched[head.id] = head


def _older(candidate: Candidate, head: Head) -> bool:
    order = candidate.entry.order
    if order is not None and head.order is not None and order != head.order:
        return order < head.order
    return candidate.late and candidate.arrived < head.known_at


def _late(ground: Ground, head: Head, candidate: Candidate) -> None:
    """Keep an older version as history; it changes nothing that is in force."""
    if head.history is not None and candidate.entry.digest in head.history:
        ground.count(candidate, "duplicate")
        return
    _version(ground, head, candidate)
    ground.count(candidate, "changed")


def _advance(ground: Ground, head: Head, candidate: Candidate, pact_id: int | None) -> None:
    entry = candidate.entry
    head.version_id = _version(ground, head, candidate)
    head.version = head.last
    head.run_id = candidate.run_id
    head.digest = entry.short
    head.row_digest, head.row_records = candidate.row_digest, candidate.row_records
    head.order = head.order if entry.order is None else entry.order
    head.tombstone = False
    head.known_at = candidate.arrived  # of several that were parked, the one that came last counts
    if head.pact_id is not None and head.pact_id != pact_id:
        ground.left.setdefault(head.id, head.pact_id)
    head.pact_id = pact_id
    ground.touched[head.id] = head
    ground.current.append((head, head.version_id, candidate))
    if ground.listens:
        _answer(ground, head, entry, pact_id)


def _answer(ground: Ground, head: Head, entry: Entry, pact_id: int | None) -> None:
    """Let a head answer to its names from now on."""
    target = Target(head.id, ground.partner_id, pact_id)
    for name in entry.names:
        wanted = (entry.kind, name)
        known = ground.names.get(wanted)
        if known is None:
            ground.names[wanted] = [target]
        elif all(each.head_id != head.id for each in known):
            known.append(target)
        else:  # it may have moved to another dossier
            known[:] = [target if each.head_id == head.id else each for each in known]
        ground.new_names.append(wanted)


def _version(ground: Ground, head: Head, candidate: Candidate) -> int:
    entry = candidate.entry
    number = ground.next.version
    ground.next.version += 1
    head.last += 1
    if head.history is None:
        head.history = set()
    head.history.add(entry.digest)
    ground.versions.append(
        (
            number,
            head.id,
            head.last,
            entry.digest,
            entry.order,
            ground.now if entry.valid_from is None else entry.valid_from,
            ground.now,
            ground.run_id,
            candidate.inbox_id,
            candidate.position,
            entry.payload,
            entry.extra,
            entry.warnings,
            0,
        )
    )
    return number
