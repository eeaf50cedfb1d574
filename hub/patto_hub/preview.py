"""What a run of a job would change, field by field; nothing is written, no cursor moves."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from patto_hub.balance import Balance
from patto_hub.ledger import cursors, records
from patto_hub.road.given import source_of
from patto_hub.road.lanes import lane
from patto_hub.road.read import reading
from patto_hub.road.runner import translation
from patto_hub.road.trial import begin
from patto_hub.road.validate import bounded, judged, row_key
from patto_schemas.rules import check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from patto_connectors.ports import World
    from patto_hub.jobs import Job
    from patto_hub.ledger.store import Connection, Ledger
    from patto_hub.road.entry import Entry
    from patto_hub.road.resolve import Candidate
    from patto_hub.road.trial import Verdict


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that a run would change."""

    pointer: str
    """JSON pointer into the record."""
    before: Any
    """None where there was nothing."""
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordChange:
    """One record that a run would make or change."""

    kind: str
    key: str
    position: str
    new: bool
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """One row that a run would set aside or refuse."""

    position: str
    issues: Sequence[Mapping[str, Any]]
    owner: str


@dataclass(slots=True, kw_only=True)
class Preview:
    """What a run would come to."""

    balance: Balance = field(default_factory=Balance)
    changes: list[RecordChange] = field(default_factory=list)
    set_aside: list[SetAside] = field(default_factory=list)
    cut: bool = False
    """Whether more would follow: reading stopped at the number of rows that was asked for."""


async def preview(
    job: Job,
    *,
    ledger: Ledger,
    world: World,
    most: int | None = None,
    progress: Callable[[Balance], None] = lambda _balance: None,
) -> Preview:
    """Read a partner as a run would, from its cursor, and compare with the ledger; `most` rows, or all.

    Raises:
        Trouble: the partner's, or a limit's.
    """
    key = await row_key(ledger, world)
    course = await ledger.read(begin, job, world.milliseconds())
    found = Preview(balance=course.balance)
    after = await ledger.read(cursors.get, job.name)
    async with (
        lane(translation(job, key, check), job.isolation) as translate,
        reading(source_of(job, ledger), after, limits=job.limits, world=world, key=key) as (pages, _),
    ):
        within = bounded(translate, job.limits.page_seconds)
        async for page in pages:
            for each in await judged(ledger, course, page, within, partial(_compare, found, job.partner_id)):
                _aside(found, each)
            progress(found.balance)
            if most is not None and found.balance.read >= most:
                found.cut = True
                break
    return found


def _aside(found: Preview, verdict: Verdict) -> None:
    if verdict.failure is not None:
        issues, owner = json.loads(verdict.failure.issues), verdict.failure.owner
        found.set_aside.append(SetAside(position=verdict.position, issues=issues, owner=owner))


def _compare(
    found: Preview, partner_id: int, connection: Connection, current: Sequence[tuple[records.Head, Candidate]]
) -> None:
    found.changes += compared(connection, partner_id, [candidate for _, candidate in current])


def compared(connection: Connection, partner_id: int, candidates: Iterable[Candidate]) -> Iterator[RecordChange]:
    """Compare what would become current with what the ledger holds now."""
    for candidate in candidates:
        entry = candidate.entry
        head, before = _current(connection, partner_id, entry)
        changes = tuple(differences(before, json.loads(entry.payload)))
        yield RecordChange(
            kind=entry.kind, key=entry.key, position=candidate.position, new=head is None, fields=changes
        )


def _current(connection: Connection, partner_id: int, entry: Entry) -> tuple[records.Head | None, Any]:
    heads = records.heads(connection, partner_id, entry.kind, [entry.key])
    if not heads:
        return None, {}
    payload = records.payload(connection, heads[0].version_id)
    return heads[0], {} if payload is None else json.loads(payload)


def differences(before: Any, after: Any, pointer: str = "") -> Iterator[FieldChange]:  # noqa: ANN401 - any JSON
    """Give the fields that differ between two JSON values, by JSON pointer, in the order of `after`."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in [*after, *(each for each in before if each not in after)]:
            inner = f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
            yield from differences(before.get(name), after.get(name), inner)
    elif isinstance(before, list) and isinstance(after, list):
        for index in range(max(len(before), len(after))):
            one = before[index] if index < len(before) else None
            other = after[index] if index < len(after) else None
            yield from differences(one, other, f"{pointer}/{index}")
    elif isinstance(after, dict) and before is None and after:
        yield from differences({}, after, pointer)
    elif isinstance(after, list) and before is None and after:
        yield from differences([], after, pointer)
    elif before != after or type(before) is not type(after):
        yield FieldChange(pointer, before, after)
