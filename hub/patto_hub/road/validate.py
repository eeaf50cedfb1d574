"""Validate: take a body through the road's own steps up to the ledger, and say what its receipt would say."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from patto_hub.balance import CLASSES
from patto_hub.ledger import secrets
from patto_hub.road import troubles
from patto_hub.road.given import HandedIn, given_to
from patto_hub.road.lanes import lane
from patto_hub.road.read import PluginFault, made, reading
from patto_hub.road.runner import ROW_KEY, hold, translation
from patto_hub.road.told import issues
from patto_hub.road.trial import SHOWN, Course, Look, Verdict, begin, further, judge, known, no_look, overtaken
from patto_hub.road.troubles import Stopped
from patto_schemas.catalogue import CATALOGUE, explain, owner_of
from patto_schemas.issues import Issue
from patto_schemas.rules import check as all_rules

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from patto_connectors.contract import Pushed, Row
    from patto_connectors.errors import Trouble
    from patto_connectors.ports import World
    from patto_hub.jobs import Job
    from patto_hub.ledger.store import Ledger
    from patto_hub.road.check import Rules
    from patto_hub.road.entry import Page
    from patto_hub.road.lanes import Given, Lane

SECONDS: Final = 60.0
"""How long a trial may take."""
PAGE_S: Final = 20.0
"""How long a plugin may translate one page of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowTried:
    """What would become of one record."""

    position: str
    """Where its row stands: `riga 12`."""
    kind: str | None
    """The kind of record; None for a row that is known already, or gives none."""
    verdict: str
    """A class of the balance sheet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """One thing that keeps a record from being taken, for whoever can mend it; no value of the row."""

    position: str
    verdict: str
    """`quarantined`, `refused` or `parked`."""
    kind: str | None
    field: str
    """JSON pointer into the record, where the fault has a field; else empty."""
    code: str
    message: str
    """What is wrong, in Italian."""
    message_en: str
    what_to_do: str
    what_to_do_en: str
    example: str
    """A right value; empty where none helps."""
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a body would come to, if it were handed in now."""

    counts: Mapping[str, int]
    """The balance: `read` and each class."""
    rows: Sequence[RowTried]
    """The first `SHOWN` records, in the order of the body."""
    problems: Sequence[Wrong]
    """The first `SHOWN` problems."""
    problem_count: int
    """How many problems there are."""
    removed: int = 0
    """Records that would be taken away, because this file replaces what it no longer names (rule R13)."""
    left: Sequence[int] = ()
    """The first heads that it no longer names, those too whose deletion would wait for a person."""
    held: tuple[str, str] | None = None
    """Why the stream would be held for a person, in Italian and English; None: it would not."""

    @property
    def good(self) -> bool:
        """Whether every record would be taken at once and nothing would wait for anybody."""
        return not self.problem_count and self.held is None


@dataclass(slots=True)
class _Notes:
    rows: list[RowTried] = field(default_factory=list)
    problems: list[Wrong] = field(default_factory=list)
    problem_count: int = 0
    held: Stopped | None = None

    def take(self, verdicts: Sequence[Verdict]) -> None:
        for each in verdicts:
            if len(self.rows) < SHOWN:
                self.rows.append(RowTried(position=each.position, kind=each.kind, verdict=each.verdict))
            found = _issues(each)
            self.problem_count += len(found)
            self.problems += [_wrong(each, issue) for issue in found[: SHOWN - len(self.problems)]]


async def validate(  # noqa: PLR0913 - what, where, by which rules, who looks on
    job: Job, body: Pushed, *, ledger: Ledger, world: World, checks: Rules = all_rules, look: Look = no_look
) -> Trial:
    """Say what a body would come to; nothing is written, and the partner is not asked; `look` as in `judge`.

    Raises:
        PluginFault: the plugin's own code failed.
        Stopped: it is more than a trial, or a run of the stream, may take.
        Trouble: the plugin does not come back.
        ValueError: the stream has no door.
    """
    if job.connector.door is None:
        raise ValueError(f"{job.name}: the connector {job.connector.name} has no door")
    key = await row_key(ledger, world)
    source = HandedIn(made(job.connector.door, job.settings), replace(given_to(job, ledger), pushed=_only(body)))
    limits = replace(job.limits, seconds=min(job.limits.seconds, SECONDS))
    course = await ledger.read(begin, job, world.milliseconds())
    notes = _Notes()
    async with (
        lane(translation(job, key, checks), job.isolation) as translate,
        reading(source, None, limits=limits, world=world, key=key) as (pages, _),
    ):
        async for page in pages:
            notes.take(await judged(ledger, course, page, bounded(translate, PAGE_S), look))
            try:
                hold(course.balance, job.limits)
            except Stopped as stopped:
                notes.held = notes.held or stopped
    return _trial(job, course, notes)


async def row_key(ledger: Ledger, world: World) -> bytes:
    """Give the ledger's key for the digests of rows, or any, where nothing was digested yet."""
    return await ledger.read(secrets.find, ROW_KEY) or world.chance.randbytes(secrets.SIZE)


def _only(body: Pushed) -> Callable[[int], AsyncIterator[Pushed]]:
    async def pushed(_after: int) -> AsyncIterator[Pushed]:
        yield body

    return pushed


async def judged(
    ledger: Ledger, course: Course, page: Page, translate: Lane, look: Look = no_look
) -> Sequence[Verdict]:
    """Translate what of a page is not known, and say what would become of it; `look` as in `judge`.

    Raises:
        PluginFault: the plugin's own code failed.
        Trouble: the plugin does not come back.
    """
    page = replace(page, known=await ledger.read(known, course, page.digests))
    rows = [(index, page.batch.rows[index]) for index, digest in enumerate(page.digests) if digest not in page.known]
    while rows:
        said, _ = await translate(rows)
        page = further(page, [index for index, _ in rows], said)
        rows = [(index, page.batch.rows[index]) for index in await ledger.read(overtaken, course, page)]
    return await ledger.read(judge, course, page, look)


def bounded(translate: Lane, seconds: float) -> Lane:
    """Give a lane that ends as a run's does: with the plugin's fault, or with a Trouble after so many seconds."""

    async def within(rows: Sequence[tuple[int, Row]]) -> Given:
        try:
            async with asyncio.timeout(seconds):
                return await translate(rows)
        except TimeoutError:
            raise troubles.stuck_rows(len(rows), seconds) from None
        except Exception as error:
            raise PluginFault from error

    return within


def _trial(job: Job, course: Course, notes: _Notes) -> Trial:
    held: Trouble | None = notes.held
    if held is None and course.vanished is not None:
        held = troubles.vanished(job.name, *course.vanished)
    words = None if held is None else held.detail.partition(" | ")
    return Trial(
        counts={each: int(getattr(course.balance, each)) for each in ("read", *CLASSES)},
        rows=tuple(notes.rows),
        problems=tuple(notes.problems),
        problem_count=notes.problem_count,
        removed=course.gone,
        left=tuple(course.left),
        held=None if words is None else (words[0], words[2] or words[0]),
    )


def _issues(verdict: Verdict) -> list[Issue]:
    """Give why a record would not be taken at once."""
    if verdict.failure is not None:
        return issues(verdict.failure)
    return [Issue("need.unknown", "", values={"kind": verdict.waits})] if verdict.waits is not None else []


def _wrong(verdict: Verdict, issue: Issue) -> Wrong:
    entry = CATALOGUE.get(issue.code)
    return Wrong(
        position=verdict.position,
        verdict=verdict.verdict,
        kind=verdict.kind,
        field=issue.where if issue.where.startswith("/") else "",
        code=issue.code,
        message=explain(issue),
        message_en=explain(issue, "en"),
        what_to_do="" if entry is None else entry.fix_it,
        what_to_do_en="" if entry is None else entry.fix_en,
        example=issue.values.get("example") or ("" if entry is None else entry.example),
        owner=owner_of(issue).value,
    )
