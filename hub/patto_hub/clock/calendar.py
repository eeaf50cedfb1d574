"""Where the hub lives: its time zone, and the days on which offices there work."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from holidays import country_holidays

if TYPE_CHECKING:
    from collections.abc import Container

SATURDAY = 5
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A time zone and its public holidays; local dates and times of schedules are meant there."""

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Rome"))
    holidays: Container[date] = frozenset()

    def works(self, day: date) -> bool:
        """Whether offices work on this day: Monday to Friday, no public holiday."""
        return day.weekday() < SATURDAY and day not in self.holidays

    def local(self, instant: int) -> datetime:
        """Give an instant (milliseconds since 1970 UTC) as the local clock shows it."""
        return (EPOCH + timedelta(milliseconds=instant)).astimezone(self.zone)

    def instant(self, wall: datetime, *, later: bool = False) -> int:
        """Give the instant (milliseconds since 1970 UTC) at which the local clock shows `wall` (naive).

        A time that the clock skips in March is as far behind the jump as it was meant to be: 02:30 is 03:30. Of a time
        that comes twice in October it is the first one, or with `later` the second.
        """
        return milliseconds(wall.replace(tzinfo=self.zone, fold=int(later)))


def italy(subdivision: str | None = None) -> Place:
    """Make the place for Italy; a province's code (`BA`) adds its capital's patron saint."""
    return Place(holidays=country_holidays("IT", subdiv=subdivision))


def milliseconds(moment: datetime) -> int:
    """Give an aware time as whole milliseconds since 1970 UTC, without the rounding of floats."""
    return (moment.astimezone(UTC) - EPOCH) // timedelta(milliseconds=1)
