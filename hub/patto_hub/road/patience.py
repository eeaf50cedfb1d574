"""Patience: a parked record waits without harm, but not in silence; whoever keeps the stream is told once."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import structlog

from patto_hub.ledger import parked

if TYPE_CHECKING:
    from patto_connectors.ports import World
    from patto_hub.ledger.parked import Waiting
    from patto_hub.ledger.store import Ledger

EVERY_S = 3_600.0
"""Seconds between two looks."""

log = structlog.get_logger(__name__)


async def watch(ledger: Ledger, world: World) -> None:
    """Look every hour, until cancelled."""
    while True:
        await tell_impatient(ledger, world)
        await world.sleep(EVERY_S)


async def tell_impatient(ledger: Ledger, world: World) -> list[Waiting]:
    """Note in the log which streams have records that waited too long, and for what kind; each record is told once."""
    told: list[Waiting] = []
    while found := await ledger.write(parked.impatient, world.milliseconds()):
        told += found
    for (job, kind, waits_kind, scheme), count in sorted(Counter(map(_of, told)).items()):
        log.warning("parked.impatient", job=job, kind=kind, waits_for=waits_kind, scheme=scheme, records=count)
    return told


def _of(each: Waiting) -> tuple[str, str, str, str]:
    return each.job, each.kind, each.waits_kind, each.waits_scheme
