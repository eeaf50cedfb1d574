"""A run on its way: what it works with, and what it has come to so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from patto_hub.balance import Balance
from patto_hub.marks import Marks
from patto_hub.road.named import File, Seen
from patto_hub.road.told import Told

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from patto_connectors.contract import Row, Source
    from patto_connectors.ports import World
    from patto_hub.jobs import Job
    from patto_hub.ledger.runs import Run
    from patto_hub.ledger.store import Ledger
    from patto_hub.road.lanes import Given, Lane
    from patto_hub.road.record import Writing

Progress: TypeAlias = "Callable[[Balance], None]"
"""Told after each page what the run has come to so far."""


async def _no_lane(_rows: Sequence[tuple[int, Row]]) -> Given:
    raise AssertionError("a run's lane is opened before its first page")


@dataclass(slots=True, kw_only=True)
class Going:
    """A run on its way."""

    job: Job
    ledger: Ledger
    world: World
    writing: Writing
    progress: Progress | None
    lane: Lane = _no_lane
    balance: Balance = field(default_factory=Balance)
    seen: Seen = field(default_factory=Seen)
    pacts: Marks = field(default_factory=Marks)
    """Pacts whose dossiers this run has changed."""
    source: Source | None = None
    told: Told = field(default_factory=Told)
    file: File = field(default_factory=File)

    @property
    def run(self) -> Run:
        """The run in the ledger."""
        return self.writing.run

    @property
    def receipts(self) -> bool:
        """Whether what this run reads may have been handed in, against a receipt; kept rows are read again without."""
        return self.job.connector.door is not None and self.writing.kept is None
