"""What a run of a job would change, field by field; nothing is written, no cursor moves."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from patto_hub.balance import Balance
from patto_hub.ledger import cursors, identifiers, records, secrets
from patto_hub.road.given import source_of
from patto_hub.road.lanes import lane
from patto_hub.road.read import reading
from patto_hub.road.record import known_rows
from patto_hub.road.runner import ROW_KEY, translation
from patto_schemas.model.base import LOCAL
from patto_schemas.rules import check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from patto_connectors.ports import World
    from patto_hub.jobs import Job
    from patto_hub.ledger.store import Connection, Ledger
    from patto_hub.road.entry import Entry, Failure, Page


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
    seen: dict[tuple[str, str], int] = field(default_factory=dict)
    """Contents of this reading, as digests."""
    names: set[tuple[str, tuple[str, str]]] = field(default_factory=set)
    """Names that this reading has brought."""


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
    key = await ledger.write(secrets.get, ROW_KEY, world)
    found = Preview()
    after = await ledger.read(cursors.get, job.name)
    async with (
        lane(translation(job, key, check), job.isolation) as translate,
        reading(source_of(job, ledger), after, limits=job.limits, world=world, key=key) as (pages, _),
    ):
        async for page in pages:
            _, known = await ledger.read(known_rows, job.partner_id, page.digests)
            found.balance.pages += 1
            for digest in page.digests:
                if digest in known:
                    found.balance.read += len(known[digest].heads)
                    found.balance.unchanged += len(known[digest].heads)
            rows = [(index, row) for index, row in enumerate(page.batch.rows) if page.digests[index] not in known]
            said, _ = await translate(rows)
            for index, (entries, failures) in said.items():
                _fail(found, page, index, failures)
                for entry in entries:
                    await _compare(found, ledger, job, entry, page.batch.position(index))
            _troubles(found, page)
            progress(found.balance)
            if most is not None and found.balance.read >= most:
                found.cut = True
                break
    return found


def _fail(found: Preview, page: Page, index: int, failures: Sequence[Failure]) -> None:
    for failure in failures:
        found.balance.read += 1
        if failure.refused:
            found.balance.refused += 1
        else:
            found.balance.quarantined += 1
        issues = json.loads(failure.issues)
        found.set_aside.append(SetAside(position=page.batch.position(index), issues=issues, owner=failure.owner))


def _troubles(found: Preview, page: Page) -> None:
    for position, code, _content in page.batch.troubles:
        found.balance.read += 1
        found.balance.quarantined += 1
        found.set_aside.append(SetAside(position=position, issues=[{"code": code, "where": position}], owner="partner"))


async def _compare(found: Preview, ledger: Ledger, job: Job, entry: Entry, position: str) -> None:
    balance = found.balance
    balance.read += 1
    found.names.update((entry.kind, name) for name in entry.names)
    found.names.add((entry.kind, (f"{LOCAL}:{job.partner}", entry.key)))
    head, before = await ledger.read(_current, job.partner_id, entry)
    if head is not None and head.digest == entry.short and not head.tombstone:
        balance.unchanged += 1
    elif found.seen.get((entry.kind, entry.key)) == entry.short:
        balance.duplicate += 1
    elif await _waits(found, ledger, entry):
        balance.parked += 1
    else:
        changes = tuple(differences(before, json.loads(entry.payload)))
        balance.new += head is None
        balance.changed += head is not None
        found.changes.append(
            RecordChange(kind=entry.kind, key=entry.key, position=position, new=head is None, fields=changes)
        )
    found.seen[entry.kind, entry.key] = entry.short


async def _waits(found: Preview, ledger: Ledger, entry: Entry) -> bool:
    """Whether a record would wait: it needs a name that neither the ledger nor this reading has brought so far."""
    needs = [need for need in entry.needs if need not in found.names]
    return bool(needs) and len(await ledger.read(identifiers.find, needs)) < len(set(needs))


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
