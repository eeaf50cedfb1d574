"""From real seconds to simulated instants and back, so that fakes that run beside each other tell the same day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from pydantic import Field

from patto_schemas.chronicle.settings import STARTS_ON
from patto_schemas.model.base import Model


class Calendar(Model):
    """The pace at which the world is told; pure, it asks no clock."""

    starts_on: date = STARTS_ON
    """The world's first day."""
    day_seconds: Annotated[float, Field(gt=0)] = 60.0
    """Real seconds that a simulated day takes."""
    ahead_days: Annotated[float, Field(ge=0)] = 120.0
    """Simulated days that are told at once, when the telling begins."""

    @property
    def opening(self) -> datetime:
        """The simulated instant at which the telling begins."""
        return datetime(self.starts_on.year, self.starts_on.month, self.starts_on.day, tzinfo=UTC) + timedelta(
            days=self.ahead_days
        )

    def at(self, elapsed: float) -> datetime:
        """Give the simulated instant after so many real seconds."""
        return self.opening + timedelta(days=max(elapsed, 0.0) / self.day_seconds)

    def elapsed(self, instant: datetime) -> float:
        """Give the real seconds after which an instant has come; 0 for what is told at once."""
        return max((instant - self.opening) / timedelta(days=1) * self.day_seconds, 0.0)
