"""Tell: what became of a partner's rows, for a source that can pass it on (as an outcome file)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from typing import TypeGuard

    from patto_connectors.contract import Listener, Source
    from patto_hub.road.going import Going

LONGEST = 30.0
"""Seconds that a source may take to pass an outcome on."""

log = structlog.get_logger(__name__)


def listens(source: Source | None) -> TypeGuard[Listener]:
    """Say whether a source passes outcomes on."""
    return callable(getattr(source, "tell", None))


async def tell(going: Going) -> None:
    """Tell the source, where it listens; that it cannot pass it on changes nothing of the run."""
    if not listens(going.source):
        return
    for name in going.told.balances:
        outcome = going.told.outcome(name)
        try:
            async with asyncio.timeout(LONGEST):
                await going.source.tell(outcome)
        except Exception as error:  # noqa: BLE001 - a plugin's own code, after all is kept
            log.warning("outcome.not_told", job=going.job.name, run=going.run.id, error=type(error).__name__)
