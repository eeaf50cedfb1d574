"""Trial: what a body would come to on the road, record by record, with nothing written: no row, no cursor, no run.

It looks up what `record` looks up and places records by the same rules. What the ledger would have learnt from the
pages before is kept in memory, so that a body of many pages is judged as its receipt will say.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from patto_hub.balance import Balance
from patto_hub.ledger import parked, records
from patto_hub.road import replaced
from patto_hub.road.check import failure
from patto_hub.road.entry import Known
from patto_hub.road.named import File
from patto_hub.road.record import candidates_of, named, offered
from patto_hub.road.release import Moved, Waiting, release, survey
from patto_hub.road.resolve import Candidate, Ground, Numbering, place
from patto_schemas.issues import Issue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from patto_hub.jobs import Job
    from patto_hub.ledger.records import Head
    from patto_hub.ledger.store import Connection
    from patto_hub.road.entry import Failure, Page, Said, Wanted

SHOWN: Final = 200
"""Rows, problems and records that a trial shows one by one; its counts are always whole."""
RUN: Final = 2**62
"""The number of the run that a trial is not: above all others, as the next one's would be."""
LATER: Final = 2**62
"""From here on a trial numbers what it would park: above what is parked already."""
GAP: Final = 1_000_000
"""So far above all heads that there are a trial numbers those that it would make: others are made meanwhile."""


Look: TypeAlias = "Callable[[Connection, Sequence[tuple[Head, Candidate]]], None]"
"""Shown what would become current of a page."""


def no_look(_connection: Connection, _current: Sequence[tuple[Head, Candidate]]) -> None:
    """Look away."""


class Verdict(NamedTuple):
    """What would become of one record."""

    position: str
    verdict: str
    """A class of the balance sheet."""
    kind: str | None = None
    failure: Failure | None = None
    """Why it would be set aside or refused."""
    waits: str | None = None
    """The kind of record that it would wait for."""


@dataclass(slots=True, kw_only=True)
class Trying(Ground):
    """A ground that notes the verdict of each record of the page in hand."""

    verdicts: dict[int, str] = field(default_factory=dict)
    """By the candidate's identity."""

    def count(self, candidate: Candidate, verdict: str) -> None:
        """Count a record of this page, and note which."""
        Ground.count(self, candidate, verdict)
        if candidate.parked_id is None:
            self.verdicts[id(candidate)] = verdict


@dataclass(slots=True, kw_only=True)
class Course:
    """A body on trial: what its pages would have come to so far, and what the ledger would know by now."""

    job: str
    partner_id: int
    now: int
    vanish_share: float
    balance: Balance = field(default_factory=Balance)
    gone: int = 0
    """Records that a cumulative file would take away."""
    left: list[int] = field(default_factory=list)
    """The first heads that it leaves out, those too whose deletion would wait for a person."""
    unsure: int = 0
    """Records that it leaves out and that would stay: rows of it could not be read."""
    vanished: tuple[int, int] | None = None
    """How many of how many a cumulative file leaves out, where these are more than it may."""
    first: int
    """The number of the first head that it would make."""
    ground: Trying = field(init=False)
    grounds: dict[int, Ground] = field(init=False)
    waiting: Waiting = field(default_factory=Waiting)
    file: File = field(default_factory=File)
    numbers: count[int] = field(default_factory=lambda: count(LATER))

    def __post_init__(self) -> None:
        self.ground = Trying(
            partner_id=self.partner_id, run_id=RUN, now=self.now, next=Numbering(self.first, LATER), listens=True
        )
        self.grounds = {self.partner_id: self.ground}


def begin(connection: Connection, job: Job, now: int) -> Course:
    """Begin a trial."""
    return Course(
        job=job.name,
        partner_id=job.partner_id,
        now=now,
        vanish_share=job.limits.vanish_share,
        first=records.numbers(connection).head + GAP,
    )


def known(connection: Connection, course: Course, digests: Sequence[int]) -> dict[int, Known]:
    """Give those rows whose every record is current already, as the ledger and the pages before have them."""
    touched = course.ground.touched
    wanted = set(digests)
    heads: dict[int, list[records.Row]] = defaultdict(list)
    for row in records.rows(connection, course.partner_id, digests):
        if row.head_id not in touched:
            heads[row.digest].append(row)
    for head in touched.values():
        if head.row_digest in wanted and head.row_digest is not None and head.row_records is not None:
            row = records.Row(head.row_digest, head.id, head.row_records, head.run_id)
            heads[head.row_digest].append(row)
    return {
        digest: Known(tuple(row.head_id for row in rows), max(row.run_id for row in rows))
        for digest, rows in heads.items()
        if len(rows) == rows[0].records
    }


def overtaken(connection: Connection, course: Course, page: Page) -> list[int]:
    """Give the known rows of a page whose records another row of it would change: they are to be translated too."""
    if not page.known or not page.said:
        return []
    candidates = candidates_of(page, RUN, course.now)
    survey(connection, course.ground, candidates)
    changing = set()
    for each in candidates:
        head = course.ground.heads.get((each.entry.kind, each.entry.key))
        if head is not None and head.digest != each.entry.short:
            changing.add(head.id)
    digests = {digest for digest, row in page.known.items() if not changing.isdisjoint(row.heads)}
    return [index for index, digest in enumerate(page.digests) if digest in digests]


def further(page: Page, indexes: Iterable[int], said: Mapping[int, Said]) -> Page:
    """Give a page with rows translated that were taken for known."""
    gone = {page.digests[index] for index in indexes}
    still = {digest: row for digest, row in page.known.items() if digest not in gone}
    return replace(page, known=still, said={**page.said, **said})


def judge(connection: Connection, course: Course, page: Page, look: Look = no_look) -> list[Verdict]:
    """Say what would become of each record of a page, in the order of its rows, and learn what the ledger would.

    `look` is shown what would become current, before it is forgotten.
    """
    ground = course.ground
    candidates = candidates_of(page, RUN, course.now)
    survey(connection, ground, candidates)
    course.waiting.fresh = place(ground, candidates)
    release(connection, ground, course.grounds, course.waiting)
    verdicts = _verdicts(course, page, candidates)
    counts = Counter(each.verdict for each in verdicts)
    course.balance.add(Balance(read=offered(page), pages=1, bytes=len(page.batch.content), **counts))
    _leave_out(connection, course, page, candidates)
    look(connection, [(head, each) for head, _, each in ground.current if each.parked_id is None])
    _learn(connection, course)
    return verdicts


def _verdicts(course: Course, page: Page, candidates: Sequence[Candidate]) -> list[Verdict]:
    found: list[Verdict] = []
    offered_records = iter(candidates)
    waits = {id(candidate): need for candidate, need in course.waiting.fresh}
    for index, digest in enumerate(page.digests):
        position = page.batch.position(index)
        if index in page.said:
            entries, failures = page.said[index]
            for entry in entries:
                candidate = next(offered_records)
                found.append(_placed(course, candidate, waits.get(id(candidate)), position, entry.kind))
            found += [
                Verdict(position, "refused" if each.refused else "quarantined", each.kind, each) for each in failures
            ]
        elif (row := page.known.get(digest)) is not None:
            found += [Verdict(position, "duplicate" if row.run_id == RUN else "unchanged")] * len(row.heads)
    for position, code, _ in page.batch.troubles:
        found.append(Verdict(position, "quarantined", None, failure((Issue(code, position),))))
    return found


def _placed(course: Course, candidate: Candidate, need: Wanted | None, position: str, kind: str) -> Verdict:
    if need is not None:
        return Verdict(position, "parked", kind, waits=need[0])
    return Verdict(position, course.ground.verdicts[id(candidate)], kind)


def _leave_out(connection: Connection, course: Course, page: Page, candidates: Sequence[Candidate]) -> None:
    """Say what a cumulative file would take away, once its last page is here."""
    batch = page.batch
    heads = named(connection, page, course.ground, candidates)
    nameless = bool(batch.troubles) or any(
        each.key is None and not each.refused for _, failures in page.said.values() for each in failures
    )
    if not batch.replaces:
        course.file.add(batch.name, heads, nameless=nameless)
        return
    naming = replaced.Naming(heads, course.file.of(batch.name), nameless=nameless)
    under = _under(connection, course, batch.replaces)
    left = replaced.left_out(connection, course.job, under, naming, course.vanish_share)
    if not left.unsure:
        course.left += left.gone[: SHOWN - len(course.left)]
    if left.unsure:
        course.unsure += len(left.gone)
    elif left.too_many:
        course.vanished = (len(left.gone), left.known)
    else:
        course.gone += len(left.gone)
    course.file = File()


def _under(connection: Connection, course: Course, prefixes: tuple[str, ...]) -> set[int]:
    """Give the heads that the stream knows under these beginnings of keys, once this page is written."""
    touched = course.ground.touched
    found = records.under(connection, course.job, course.partner_id, prefixes) - touched.keys()
    here = [head for head in touched.values() if head.key.startswith(prefixes) and not head.tombstone]
    own = records.runs_of(connection, course.job, {head.run_id for head in here}) | {RUN}
    return found | {head.id for head in here if head.run_id in own}


def _learn(connection: Connection, course: Course) -> None:
    """Keep in mind what the ledger would keep of the page, as the next page's look-up would find it."""
    grounds, waiting = course.grounds, course.waiting
    for each in grounds.values():
        for head, _, _ in each.current:
            head.known_at = course.now
        each.current.clear()
        each.versions.clear()
        each.left.clear()
    course.ground.verdicts.clear()
    fresh, waiting.fresh = waiting.fresh, []
    for number in {number for each in grounds.values() for number in each.released}:
        waiting.moved.pop(number, None)
    asleep = {_content(each.candidate) for each in waiting.moved.values() if each.partner_id == course.partner_id}
    asleep |= parked.contents(connection, course.partner_id, [_content(candidate) for candidate, _ in fresh]).keys()
    for candidate, need in fresh:
        if _content(candidate) not in asleep:
            asleep.add(_content(candidate))
            number = next(course.numbers)
            kept = replace(candidate, parked_id=number, late=True, arrived=course.now)
            waiting.moved[number] = Moved(need, course.partner_id, kept)


def _content(candidate: Candidate) -> tuple[str, str, int]:
    return candidate.entry.kind, candidate.entry.key, candidate.entry.short
