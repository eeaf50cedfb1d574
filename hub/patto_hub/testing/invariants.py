"""The hub's promises as functions over a ledger: each gives its violations in words, and an empty list is a pass.

The numbers are those of the fault catalogue: I1 conservation, I2 cursor honesty, I3 once in the ledger, I5 the feed,
I6 one writer. A ledger may be asked at any moment between two transactions, also while runs go on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from patto_hub.ledger import digests, feed, invariants, snapshots

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from sqlalchemy import Connection

Name = tuple[str, str]
"""(kind, key) of a record."""
SHOWN = 5


def balance(connection: Connection) -> list[str]:
    """I1, per run: what was read is new, changed, unchanged, duplicate, parked, quarantined or refused."""
    return [
        f"I1: run {sheet.run} of {sheet.job} ({sheet.state}) has read {sheet.read} and accounts for {sheet.classes}"
        for sheet in invariants.unbalanced(connection)
    ]


def conservation(
    connection: Connection,
    partner_id: int,
    offered: Iterable[Name],
    *,
    gone: Iterable[Name] = (),
    name_of: Callable[[bytes], Name | None] = lambda _row: None,
) -> list[str]:
    """I1, over all runs: what the partner has offered is in the ledger, parked or quarantined, and nothing else is.

    Args:
        connection: an open connection to the ledger.
        partner_id: whose records.
        offered: (kind, key) of all that the partner has handed over so far.
        gone: (kind, key) of what it had and removed, perhaps before anybody read it.
        name_of: reads (kind, key) out of the bytes of a quarantined row that the hub could not name itself.
    """
    wanted = set(offered)
    known = invariants.held(connection, partner_id) | set_aside(connection, partner_id, name_of)
    return [
        *_some("I1: offered by the partner and nowhere to be found", wanted - known),
        *_some("I1: known to the ledger and never offered", known - wanted - set(gone)),
    ]


def cursor_honesty(
    connection: Connection,
    partner_id: int,
    job: str,
    covered: Callable[[Mapping[str, Any]], Iterable[Name]],
    *,
    name_of: Callable[[bytes], Name | None] = lambda _row: None,
) -> list[str]:
    """I2: the stored cursor covers no record that was not kept.

    Args:
        connection: an open connection to the ledger.
        partner_id: whose records.
        job: whose cursor.
        covered: tells which records the partner would not send again to a reader with this cursor.
        name_of: as for `conservation`.
    """
    value = invariants.cursor(connection, job)
    if value is None:
        return []
    known = invariants.held(connection, partner_id) | set_aside(connection, partner_id, name_of)
    return _some(f"I2: the cursor of {job} is past records that were not kept", set(covered(value)) - known)


def once(connection: Connection) -> list[str]:
    """I3: one current version of each record, no version twice, and no older one over a newer one."""
    found = [
        f"I3: {kind} {key} of partner {partner} is current {count} times"
        for partner, kind, key, count in invariants.twice_current(connection)
    ]
    for steps in invariants.histories(connection):
        found.extend(_history(steps))
    return found


def one_writer(connection: Connection) -> list[str]:
    """I6: within a job, nothing was written under a lower fence after a higher one; no planned run was made twice."""
    highest: dict[tuple[str, str], invariants.Commit] = {}
    found = [
        f"I6: {runs} runs have made the slot {slot} of {job}"
        for job, slot, runs in invariants.slots_made_twice(connection)
    ]
    for commit in invariants.commits(connection):
        lane = (commit.table, commit.job)
        before = highest.get(lane)
        if before is not None and commit.fence < before.fence:
            found.append(
                f"I6: run {commit.run} of {commit.job} (fence {commit.fence}) wrote {commit.table} {commit.id}"
                f" after run {before.run} (fence {before.fence})"
            )
        elif before is not None and commit.table == "run" and commit.fence == before.fence:
            found.append(f"I6: runs {before.run} and {commit.run} of {commit.job} share the fence {commit.fence}")
        else:
            highest[lane] = commit
    return found


def feeds(connection: Connection, *, limit: int = 7) -> list[str]:
    """I5: whoever reads from the start or from any number served before holds what is addressed to it, as it is now."""
    found = [f"I5: no change tells of {name}" for name in invariants.without_change(connection)]
    kinds = invariants.kinds(connection)
    for organisation in invariants.organisations(connection):
        reader = Reader(organisation, kinds)
        reader.catch_up(connection, limit=limit)
        found.extend(reader.violations(connection))
        found.extend(reader.shortcuts(connection, limit=limit))
    return found


def receipts(connection: Connection) -> list[str]:
    """I2, for what was handed in: a receipt says what became of its rows exactly if the stream's cursor is past it."""
    return [
        f"I2: the receipt {receipt} of {job} was {'told, and is not read' if told else 'read, and never told'}"
        for job, receipt, told in invariants.untold(connection)
    ]


def refusals(connection: Connection) -> list[str]:
    """Check that what a partner is told to mend is what is still to be mended."""
    return _some("told to its partner otherwise than it is", invariants.mistold(connection))


def everything(connection: Connection) -> list[str]:
    """Check all that needs no knowledge of the partner: I1 per run, I2 of receipts, refusals as told, I3, I5, I6."""
    return [
        *balance(connection),
        *refusals(connection),
        *receipts(connection),
        *once(connection),
        *feeds(connection),
        *one_writer(connection),
    ]


@dataclass(slots=True)
class Reader:
    """A partner that reads a feed page by page while others write, and holds what it was told."""

    organisation: int
    kinds: list[str]
    position: int = 0
    holds: dict[int, feed.Item] = field(default_factory=dict)
    """The last thing heard of each record that was not withdrawn or deleted since, by its number in the ledger."""
    complaints: list[str] = field(default_factory=list)

    def read(self, connection: Connection, *, limit: int = 7) -> bool:
        """Read one page; says whether there may be more."""
        page = feed.page(
            connection, organisations=(self.organisation,), kinds=self.kinds, after=self.position, limit=limit
        )
        numbers = [self.position, *(item.seq for item in page.items)]
        if any(late <= early for early, late in pairwise(numbers)):
            self.complaints.append(f"I5: after number {self.position} came {numbers[1:]}")
        if page.position < numbers[-1]:
            self.complaints.append(f"I5: the page ends at {page.position}, below its own last number {numbers[-1]}")
        for item in page.items:
            self.holds.pop(item.head_id, None)
            if item.op == "upsert":
                self.holds[item.head_id] = item
        self.position = page.position
        return page.more

    def catch_up(self, connection: Connection, *, limit: int = 7) -> None:
        """Read to the end."""
        while self.read(connection, limit=limit):
            pass

    def violations(self, connection: Connection) -> list[str]:
        """Compare what the reader holds with what the ledger has addressed to it; the reader must have caught up."""
        due = invariants.addressed(connection, self.organisation)
        wanted = {head: version for head, (version, dropped) in due.items() if not dropped}
        has = {head: item.version for head, item in self.holds.items()}
        who = f"the reader for organisation {self.organisation}"
        return [
            *self.complaints,
            *_some(f"I5: {who} lacks records", wanted.keys() - has.keys()),
            *_some(f"I5: {who} holds what it should have dropped", has.keys() - wanted.keys()),
            *_some(
                f"I5: {who} holds other versions (record, held, current)",
                {(head, has[head], wanted[head]) for head in wanted.keys() & has.keys() if has[head] != wanted[head]},
            ),
        ]

    def shortcuts(self, connection: Connection, *, limit: int = 7) -> list[str]:
        """Compare what the reader holds with a snapshot, and with what a digest is made of; it must have caught up."""
        organisations, kinds = (self.organisation,), self.kinds
        has = {head: item.version for head, item in self.holds.items() if item.payload is not None}
        current: dict[int, int] = {}
        after, more, top = 0, bool(kinds), None
        while more:
            page, top = snapshots.current(
                connection, organisations=organisations, kinds=kinds, after=after, top=top, limit=limit
            )
            current.update((item.head_id, item.version) for item in page.items)
            after, more = page.position, page.more
        counted = {
            head: version
            for _, head, version in digests.held(
                connection, organisations=organisations, kinds=kinds, position=self.position
            )
        }
        who = f"for organisation {self.organisation}"
        return [
            *_some(f"I5: a snapshot {who} differs from all changes", has.items() ^ current.items()),
            *_some(f"I5: a digest {who} is not of what all changes come to", has.items() ^ counted.items()),
        ]


def set_aside(connection: Connection, partner_id: int, name_of: Callable[[bytes], Name | None]) -> set[Name]:
    """Give (kind, key) of the quarantined rows of a partner that can be named."""
    names = set()
    for bad in invariants.set_aside(connection, partner_id):
        name = (bad.kind, bad.key) if bad.kind and bad.key else name_of(bytes(bad.row))
        if name is not None:
            names.add(name)
    return names


def _history(steps: list[invariants.Step]) -> list[str]:
    name, kept = steps[0].name, [step for step in steps if step.id is not None]
    found = []
    current = [step for step in kept if step.current]
    if len(current) != 1:
        return [f"I3: {name} has no current version"]
    if len({step.version for step in kept}) != len(kept):
        found.append(f"I3: {name} has two versions of one number")
    found.extend(_repeats(name, kept))
    orders = [step.ord for step in kept if step.ord is not None]
    if orders and current[0].ord is not None and current[0].ord < max(orders):
        found.append(f"I3: {name} is at {current[0].ord} although {max(orders)} is known")
    return found


def _repeats(name: str, kept: list[invariants.Step]) -> list[str]:
    """Find versions that say nothing new; of two contents with one order the later counts, so they may alternate."""
    found = []
    seen: set[tuple[int | None, bytes]] = set()
    newest: invariants.Step | None = None
    for step in kept:
        old = newest is not None and step.ord is not None and newest.ord is not None and step.ord < newest.ord
        if old and (step.ord, step.digest) in seen:
            found.append(f"I3: {name} keeps one content of one old order twice")
        if not old:
            if newest is not None and (newest.digest, newest.tombstone) == (step.digest, step.tombstone):
                found.append(f"I3: {name} keeps the same content twice running")
            newest = step
        seen.add((step.ord, step.digest))
    return found


def _some(words: str, things: Iterable[object]) -> list[str]:
    listed = sorted(map(str, things))
    if not listed:
        return []
    more = f" and {len(listed) - SHOWN} more" if len(listed) > SHOWN else ""
    return [f"{words} ({len(listed)}): {', '.join(listed[:SHOWN])}{more}"]
