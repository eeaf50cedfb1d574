"""Record: one transaction per page with all that belongs together, or nothing of it.

Fence, raw bytes, versions, changes and their addresses, what is parked and what can go on, quarantine, drift, cursor
and the run's counters. Runs on the ledger's writing thread; a repeat of the same page changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from patto_hub import failpoints
from patto_hub.balance import Balance
from patto_hub.ledger import cursors, drift, identifiers, inbox, parked, quarantine, records, runs, snags
from patto_hub.road import aside
from patto_hub.road.check import failure
from patto_hub.road.entry import Known
from patto_hub.road.erase import without_erased
from patto_hub.road.release import Waiting, release, survey
from patto_hub.road.replaced import Naming, replaced
from patto_hub.road.resolve import Candidate, Ground, Numbering, place
from patto_hub.road.route import route
from patto_hub.road.waiting import flat
from patto_schemas.issues import Issue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from patto_connectors.contract import Batch
    from patto_hub.ledger.runs import Run
    from patto_hub.ledger.store import Connection
    from patto_hub.road.entry import Failure, Page, Wanted
    from patto_hub.road.named import File


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """What all pages of a run have in common for the ledger."""

    run: Run
    patience_ms: int
    kept: Mapping[int, int] | None = None
    """In a replay: when each row came, by its digest."""
    vanish_share: float = 1.0
    """Share of what a cumulative file replaces that it may leave out before a person must confirm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What a page came to."""

    balance: Balance
    heads: Sequence[int]
    """Heads that the page named, known ones too: a snapshot's absentees are those that no page named."""
    nameless: bool = False
    """Whether some row could not be read far enough to know whom it names."""
    pacts: frozenset[int] = frozenset()
    """Pacts whose dossiers changed."""
    name: str = ""
    """What the page is called for people."""
    ends: bool = False
    """Whether the cursor has moved over what came under this name."""
    complete: bool = False
    """Whether it is the last page of a full snapshot."""
    replaces: bool = False
    """Whether it is the last page of a cumulative file."""
    failures: Sequence[tuple[str, Failure]] = ()
    """What could not be taken, by position."""
    taken: Sequence[int] = ()
    """Digests of the rows that were taken whole."""
    unsure: int = 0
    """Records that a cumulative file left out and that stay: rows of it could not be read."""
    aside: Sequence[int] = ()
    """Digests of the rows that were set aside."""
    waits: Sequence[int] = ()
    """Numbers of the parked records that the page named."""


class Stale(Exception):  # noqa: N818 - no error: the page is translated further and offered again
    """Rows that were known when they were looked up have been overtaken since: they must be translated after all."""

    def __init__(self, rows: Sequence[int]) -> None:
        super().__init__(f"{len(rows)} rows")
        self.rows = rows


def known_rows(connection: Connection, partner_id: int, digests: Sequence[int]) -> tuple[int, dict[int, Known]]:
    """Give the ledger's newest version, and those rows whose every record is current already, by digest."""
    heads: dict[int, list[records.Row]] = defaultdict(list)
    for row in records.rows(connection, partner_id, digests):
        heads[row.digest].append(row)
    known = {
        digest: Known(tuple([row.head_id for row in rows]), max([row.run_id for row in rows]))
        for digest, rows in heads.items()
        if len(rows) == rows[0].records
    }
    return records.newest(connection), known


def look(connection: Connection, partner_id: int, page: Page) -> tuple[int, dict[int, Known], bool]:
    """Give what `known_rows` does for a page, and whether the inbox has its bytes already."""
    mark, known = known_rows(connection, partner_id, page.digests)
    return mark, known, not page.batch.content or inbox.has(connection, page.content_digest)


def record(connection: Connection, writing: Writing, page: Page, now: int, file: File | None = None) -> Recorded:
    """Write a page; `file` is what the pages before it under the same name have named.

    Raises:
        Fenced: another run has taken over; nothing is written.
        Stale: some rows must be translated first; nothing is written.
        LeftOut: a cumulative file leaves out more than it may; nothing is written.
    """
    run = writing.run
    runs.guard(connection, run)
    _fresh(connection, run.partner_id, page)
    page = without_erased(connection, page, run.partner_id)
    inbox_id = _keep(connection, run, page, now)
    failpoints.hit("road.bytes_kept")
    candidates = candidates_of(page, run.id, now, inbox_id=inbox_id, kept=writing.kept)
    ground = _ground(connection, writing, candidates, now)
    waiting = Waiting(fresh=place(ground, candidates))
    _overtaken(page, ground)
    grounds = _released(connection, ground, waiting)
    for each in grounds:
        _write(connection, each)
    _park(connection, writing, waiting.fresh, now)
    seq = records.numbers(connection).change + 1
    for each in grounds:
        seq += route(connection, each, seq)
    balance, nameless = aside.rows(connection, run, page, inbox_id, now)
    balance.add(_balance(page, writing, ground, len(waiting.fresh), sum(len(each.released) for each in grounds)))
    if page.drift:
        drift.note(connection, run.job, page.drift, now)
    failpoints.hit("road.records_written")
    heads = named(connection, page, ground, candidates)
    pacts = {head.pact_id for each in grounds for head, _, _ in each.current if head.pact_id is not None}
    bad, waits = _set_aside(page), _waits(connection, run, waiting)
    _close_page(connection, writing, page, balance, now)
    unsure = 0
    if page.batch.replaces and writing.kept is None:
        left = Naming(heads, file, nameless=nameless, aside=bad, waits=waits)
        unsure = replaced(connection, run, page.batch.replaces, left, writing.vanish_share, pacts, now)
    snags.end_items(connection, [head.id for each in grounds for head, _, _ in each.current], now)
    return Recorded(
        balance=balance,
        heads=heads,
        nameless=nameless,
        unsure=unsure,
        aside=bad,
        waits=waits,
        pacts=frozenset(pacts),
        name=page.batch.name,
        ends=page.batch.cursor is not None,
        complete=page.batch.complete,
        replaces=bool(page.batch.replaces),
        failures=[
            *((page.batch.position(index), each) for index in sorted(page.said) for each in page.said[index][1]),
            *((position, failure((Issue(code, position),))) for position, code, _ in page.batch.troubles),
        ],
        taken=[page.digests[index] for index, (_, failures) in page.said.items() if not failures],
    )


def named(connection: Connection, page: Page, ground: Ground, candidates: Sequence[Candidate]) -> list[int]:
    """Give the heads that a page names: known, recorded, or set aside with a key that could be read."""
    heads = [head for known in page.known.values() for head in known.heads]
    keys = {(each.entry.kind, each.entry.key) for each in candidates}
    heads += [ground.heads[key].id for key in keys if key in ground.heads]
    bad: dict[str, set[str]] = defaultdict(set)
    for _, failures in page.said.values():
        for each in failures:
            if each.kind is not None and each.key is not None:
                bad[each.kind].add(each.key)
    for kind, wanted in bad.items():
        heads += [head.id for head in records.heads(connection, ground.partner_id, kind, sorted(wanted))]
    return heads


def _fresh(connection: Connection, partner_id: int, page: Page) -> None:
    """Make sure that what was known is known still, where anything was written since the look-up."""
    if not page.known or records.newest(connection) == page.mark:
        return
    _, known = known_rows(connection, partner_id, list(page.known))
    stale = [index for index, digest in enumerate(page.digests) if digest in page.known and digest not in known]
    if stale:
        raise Stale(stale)


def _overtaken(page: Page, ground: Ground) -> None:
    """Make sure that no row of the page changes what another, known row of the same page gave."""
    if not page.known or not ground.current:
        return
    changed = {head.id for head, _, _ in ground.current if not head.created}
    overtaken = {digest for digest, known in page.known.items() if not changed.isdisjoint(known.heads)}
    if overtaken:
        raise Stale([index for index, digest in enumerate(page.digests) if digest in overtaken])


def _keep(connection: Connection, run: Run, page: Page, now: int) -> int | None:
    batch = page.batch
    if not batch.content:
        return None
    return inbox.keep(
        connection,
        run,
        digest=page.content_digest,
        content=page.content,
        size=len(batch.content),
        name=batch.name,
        media_type=batch.media_type,
        now=now,
    )


def candidates_of(
    page: Page, run_id: int, now: int, *, inbox_id: int | None = None, kept: Mapping[int, int] | None = None
) -> list[Candidate]:
    """Give a page's records in the order of its rows; `kept` as in `Writing`."""
    digests, position = page.digests, positions(page.batch)
    candidates = []
    for index in sorted(page.said):
        entries, failures = page.said[index]
        digest, count = (None, None) if failures else (digests[index], len(entries))
        for entry in entries:
            candidate = Candidate(entry, position(index), inbox_id, run_id, now, digest, count)
            if kept is not None:
                candidate.arrived, candidate.late = kept.get(digests[index], now), True
            candidates.append(candidate)
    return candidates


def positions(batch: Batch) -> Callable[[int], str]:
    """Give what says where a row stands, as `Batch.position` does, for a thousand rows at a time."""
    if batch.positions or batch.place.count("{}") != 1 or batch.place.count("{") != 1:
        return batch.position
    before, _, after = batch.place.partition("{}")
    return lambda index: f"{before}{index}{after}"


def _ground(connection: Connection, writing: Writing, candidates: Sequence[Candidate], now: int) -> Ground:
    numbers = records.numbers(connection)
    ground = Ground(
        partner_id=writing.run.partner_id,
        run_id=writing.run.id,
        now=now,
        next=Numbering(numbers.head + 1, numbers.version + 1),
    )
    survey(connection, ground, candidates)
    ground.listens = parked.any_waits(connection) or any(candidate.entry.needs for candidate in candidates)
    return ground


def _released(connection: Connection, ground: Ground, waiting: Waiting) -> list[Ground]:
    """Let records go on whose names this page has brought; gives the grounds, the page's own first."""
    grounds = {ground.partner_id: ground}
    release(connection, ground, grounds, waiting)
    released = {number for each in grounds.values() for number in each.released}
    moved = [(number, each.need) for number, each in waiting.moved.items() if number not in released]
    parked.wait_for(connection, moved)
    parked.release(connection, sorted(released), ground.now)
    return list(grounds.values())


def _write(connection: Connection, ground: Ground) -> None:
    records.put_heads(connection, ground.partner_id, list(ground.touched.values()))
    records.add_versions(connection, ground.versions)
    identifiers.add(
        connection,
        [
            (scheme, value, head.kind, head.id)
            for head, _, candidate in ground.current
            for scheme, value in candidate.entry.names
            if value != head.key or not scheme.startswith(identifiers.LOCAL)
        ],
    )


def _park(connection: Connection, writing: Writing, waiting: Sequence[tuple[Candidate, Wanted]], now: int) -> None:
    run = writing.run
    parked.add(
        connection,
        [
            (
                run.job,
                run.id,
                run.partner_id,
                candidate.entry.kind,
                candidate.entry.key,
                candidate.entry.short,
                kind,
                *name,
                now,
                now + writing.patience_ms,
                candidate.inbox_id,
                candidate.position,
                flat(candidate),
            )
            for candidate, (kind, name) in waiting
        ],
    )


def _balance(page: Page, writing: Writing, ground: Ground, waiting: int, released: int) -> Balance:
    balance = Balance(pages=1, bytes=len(page.batch.content), released=released, parked=waiting, **ground.counts)
    balance.read = offered(page)
    for index, digest in enumerate(page.digests):
        known = page.known.get(digest)
        if known is not None and index not in page.said:
            count = len(known.heads)
            if known.run_id == writing.run.id:
                balance.duplicate += count
            else:
                balance.unchanged += count
    return balance


def offered(page: Page) -> int:
    """Count a page's records at the door, whatever became of them later: the balance sheet compares the two."""
    count = len(page.batch.troubles)
    for index, digest in enumerate(page.digests):
        said, known = page.said.get(index), page.known.get(digest)
        if said is not None:
            count += len(said[0]) + len(said[1])
        else:
            count += 1 if known is None else len(known.heads)
    return count


def _set_aside(page: Page) -> list[int]:
    """Give the digests of the rows that went to quarantine."""
    bad = [
        page.digests[index] for index, (_, failures) in page.said.items() if any(not each.refused for each in failures)
    ]
    return [*bad, *page.trouble_digests]


def _waits(connection: Connection, run: Run, waiting: Waiting) -> list[int]:
    """Give the numbers of the page's own records that wait now, those that had waited before too."""
    if not waiting.fresh:
        return []
    fresh = [(each.entry.kind, each.entry.key, each.entry.short) for each, _ in waiting.fresh]
    return list(parked.contents(connection, run.partner_id, fresh).values())


def _close_page(connection: Connection, writing: Writing, page: Page, balance: Balance, now: int) -> None:
    run = writing.run
    keys = {(entry.kind, entry.key) for entries, _ in page.said.values() for entry in entries}
    heads = [head for known in page.known.values() for head in known.heads]
    if keys or heads:
        taken = [page.digests[index] for index, (_, failures) in page.said.items() if not failures]
        quarantine.settle(connection, run.job, sorted(keys), taken, heads, now)
    if page.batch.cursor is not None and writing.kept is None:
        cursors.move(connection, run, page.batch.cursor, now)
    runs.add(connection, run, balance)
    failpoints.hit("road.cursor_written")
