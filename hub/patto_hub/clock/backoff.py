"""How long to wait after trouble: longer each time, never all at once, and as long as the partner asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patto_hub.ledger.job_state import OPEN_AFTER

if TYPE_CHECKING:
    from random import Random

FIRST_S = 15.0
PROBE_S = 60.0
"""Shortest distance between two tries while the circuit is open."""
LONGEST_S = 3_600.0
LONGEST_ASKED_S = 6 * 3_600.0
"""A partner's Retry-After is obeyed up to this; ten years are a mistake."""
SPREAD = 0.25
"""Share by which a wait is made longer by chance, so that jobs which failed together do not come back together."""


def delay(failures: int, chance: Random, *, retry_after: float | None = None) -> float:
    """Give the seconds to wait after the n-th failure in a row (from 1)."""
    wait = min(FIRST_S * 2.0 ** min(failures - 1, 20), LONGEST_S)
    if failures >= OPEN_AFTER:
        wait = max(wait, PROBE_S)
    wait *= 1 + SPREAD * chance.random()
    return max(wait, min(retry_after or 0.0, LONGEST_ASKED_S))
