"""Replay: rows in quarantine are read again from their kept bytes, after the plugin or the reference data were mended.

It is a run like any other, with its balance sheet; the partner is not called and no cursor moves. A row that is taken
now closes its entry in the same transaction.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from patto_connectors.contract import Batch
from patto_hub.ledger import quarantine
from patto_hub.road import runner
from patto_schemas.rules import check as all_rules

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from patto_connectors.contract import Cursor
    from patto_connectors.ports import World
    from patto_hub.jobs import Job
    from patto_hub.ledger.runs import Outcome
    from patto_hub.ledger.store import Connection, Ledger
    from patto_hub.road.check import Rules
    from patto_hub.road.going import Progress

PAGE = 1_000
"""Rows of a page."""


@dataclass(slots=True)
class Kept:
    """A source over open entries of a job's quarantine."""

    ledger: Ledger
    job: str
    numbers: frozenset[int] | None
    came: dict[int, int] = field(default_factory=dict)
    """When each row came, by its digest."""

    async def read(self, _after: Cursor | None) -> AsyncIterator[Batch]:
        """Yield the rows, oldest first."""
        last = 0
        while entries := await self.ledger.read(_entries, self.job, last):
            last = entries[-1].id
            wanted = [each for each in entries if self._wants(each)]
            self.came |= {each.row_digest: each.last_at for each in wanted}
            if wanted:
                yield Batch(rows=[each.row for each in wanted], positions=[each.position for each in wanted])

    def _wants(self, entry: quarantine.Quarantined) -> bool:
        """Leave out what is no row: a page that was malformed as a whole must come from its partner again."""
        return entry.code != "page.malformed" and (self.numbers is None or entry.id in self.numbers)


async def replay(  # noqa: PLR0913 - what a run is told
    job: Job,
    *,
    ledger: Ledger,
    world: World,
    owner: str,
    numbers: Sequence[int] | None = None,
    checks: Rules = all_rules,
    progress: Progress | None = None,
) -> Outcome | None:
    """Read quarantined rows of a job again, all open ones or those with these numbers; None if its lease is held.

    What is still wrong stays open, with the reasons of today.
    """
    source = Kept(ledger, job.name, None if numbers is None else frozenset(numbers))
    again = replace(
        job,
        connector=replace(job.connector, source=lambda _settings: source, asks=None, door=None),
        limits=replace(job.limits, stop_at_share=1.0),  # most of these rows may still be bad: no reason to stop
    )
    return await runner.run(
        again,
        ledger=ledger,
        world=world,
        owner=owner,
        reason="replay",
        checks=checks,
        progress=progress,
        kept=source.came,
    )


def _entries(connection: Connection, job: str, after: int) -> list[quarantine.Quarantined]:
    return quarantine.open_entries(connection, job=job, after=after, limit=PAGE)
