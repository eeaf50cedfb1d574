"""When a job is due, and by when its data are expected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import time


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A job's plan, in local time of the hub's zone; of `cron` and `every_s` at most one is set (none: run by hand)."""

    cron: str | None = None
    """Five fields, as `30 2 * * *`."""
    every_s: float | None = None
    """Seconds between runs."""
    jitter_s: float = 0.0
    catch_up: Literal["none", "last", "all"] = "last"
    expected_by: time | None = None
    """Local time of day by which the day's data should be here."""
    expected_within_s: float | None = None
    """Or: longest time without a good run, in seconds."""
    working_days_only: bool = False
