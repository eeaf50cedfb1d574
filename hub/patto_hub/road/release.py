"""Survey and release: what is looked up before records are placed, and what waits for the names that they bring.

Reads only: `record` writes what comes of it, and `trial` writes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from patto_hub.ledger import identifiers, parked, records
from patto_hub.road.resolve import place
from patto_hub.road.waiting import unpark

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from patto_hub.ledger.store import Connection
    from patto_hub.road.entry import Wanted
    from patto_hub.road.resolve import Candidate, Ground, Key


class Moved(NamedTuple):
    """A parked record that waits for another name than the ledger says."""

    need: Wanted
    partner_id: int
    candidate: Candidate


@dataclass(slots=True)
class Waiting:
    """What waits: as the ledger has it, as this transaction has moved it on, and what this page would park."""

    moved: dict[int, Moved] = field(default_factory=dict)
    """By the number of the parked record."""
    fresh: list[tuple[Candidate, Wanted]] = field(default_factory=list)
    """The page's own records that wait, and for what."""

    def for_names(self, connection: Connection, names: Sequence[Wanted]) -> list[tuple[int, Candidate]]:
        """Give what was parked and waits for any of these names, in the order of parking, with its partner."""
        wanted = set(names)
        found = {
            each.id: (each.partner_id, unpark(each))
            for each in parked.waiting_for(connection, names)
            if each.id not in self.moved
        }
        found |= {
            number: (each.partner_id, each.candidate) for number, each in self.moved.items() if each.need in wanted
        }
        return [found[number] for number in sorted(found)]

    def take_fresh(self, names: Sequence[Wanted]) -> list[Candidate]:
        """Take out the page's own records that wait for any of these names."""
        wanted = set(names)
        taken = [candidate for candidate, need in self.fresh if need in wanted]
        self.fresh = [(candidate, need) for candidate, need in self.fresh if need not in wanted]
        return taken


def release(connection: Connection, ground: Ground, grounds: dict[int, Ground], waiting: Waiting) -> None:
    """Let records go on whose names a page has brought, and those that wait for these in turn.

    They may be other partners': `grounds` holds, by partner, the grounds on which they are placed, the page's own too.
    """
    while ground.new_names:
        names = sorted(set(ground.new_names))
        ground.new_names.clear()
        done = {number for each in grounds.values() for number in each.released}
        going: dict[int, list[Candidate]] = defaultdict(list)
        for partner_id, candidate in waiting.for_names(connection, names):
            if candidate.parked_id not in done:
                going[partner_id].append(candidate)
        going[ground.partner_id] += waiting.take_fresh(names)
        for partner_id, candidates in going.items():
            beside = grounds.setdefault(partner_id, ground.beside(partner_id))
            survey(connection, beside, candidates)
            for candidate, need in place(beside, candidates):
                if candidate.parked_id is None:
                    waiting.fresh.append((candidate, need))
                else:
                    waiting.moved[candidate.parked_id] = Moved(need, partner_id, candidate)


def survey(connection: Connection, ground: Ground, candidates: Iterable[Candidate]) -> None:
    """Look up what candidates are compared with: their heads, those heads' history, the names that they need."""
    keys: dict[str, set[str]] = defaultdict(set)
    needs: set[Wanted] = set()
    entries = [candidate.entry for candidate in candidates]
    for entry in entries:
        if (entry.kind, entry.key) not in ground.heads:
            keys[entry.kind].add(entry.key)
        needs.update(entry.needs)
    for kind, wanted in keys.items():
        for head in records.heads(connection, ground.partner_id, kind, sorted(wanted)):
            ground.heads[head.kind, head.key] = head
    changing: dict[Key, records.Head] = {}
    for entry in entries:
        found = ground.heads.get((entry.kind, entry.key))
        if found is not None and not found.created and not found.history and found.digest != entry.short:
            changing[found.kind, found.key] = found
    changing |= {key: head for key, head in ground.heads.items() if head.tombstone and not head.history}
    if changing:
        records.recall(connection, list(changing.values()))
    unknown = needs - ground.names.keys()
    if unknown:
        for need, targets in identifiers.find(connection, sorted(unknown)).items():
            ground.names.setdefault(need, targets)
