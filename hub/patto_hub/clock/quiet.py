"""Quiet hours: times of the local day at which a receiver is left alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from patto_hub.clock.calendar import Place

_SHAPE: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)")
_MINUTES: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class Window:
    """A part of each day, from its first minute to the one that is no longer of it; it may go over midnight."""

    begins: time
    ends: time

    def __str__(self) -> str:
        """Write it as settings and pages do."""
        return f"{self.begins:%H:%M}-{self.ends:%H:%M}"

    def end_of(self, wall: datetime) -> datetime | None:
        """Give the local time at which the window ends that a local time lies in; None if it lies in none."""
        now, over = wall.time(), self.ends <= self.begins
        if not (self.begins <= now and (over or now < self.ends)) and not (over and now < self.ends):
            return None
        day = wall.date() + timedelta(days=int(over and now >= self.begins))
        return datetime.combine(day, self.ends)


@dataclass(frozen=True, slots=True)
class Quiet:
    """The quiet hours of a receiver."""

    windows: tuple[Window, ...] = ()

    def until(self, instant: int, place: Place) -> int | None:
        """Give the instant at which the quiet ends that reigns at an instant (milliseconds since 1970); None: none."""
        end = instant
        for _ in self.windows:  # where one ends another may have begun
            end = max((self._ended(each, end, place) for each in self.windows), default=end)
        return None if end == instant else end

    @staticmethod
    def _ended(window: Window, instant: int, place: Place) -> int:
        wall = window.end_of(place.local(instant).replace(tzinfo=None))
        if wall is None:
            return instant
        first = place.instant(wall)
        return first if first > instant else place.instant(wall, later=True)  # of an hour that comes twice in October

    def __str__(self) -> str:
        """Write them as pages do."""
        return ", ".join(map(str, self.windows))


def window(text: str) -> Window:
    """Read a window: `22:00-06:00`.

    Raises:
        ValueError: it is none, or lasts no minute.
    """
    match = _SHAPE.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    begins = time(int(match[1]), int(match[2]))
    ends = time(int(match[3] or 0), int(match[4] or 0))
    if begins == ends:
        raise ValueError(text)
    return Window(begins, ends)


def loud(windows: Iterable[Window]) -> bool:
    """Say whether at least an hour of the day is left: a receiver that is never called gets nothing."""
    quiet: set[int] = set()
    for each in windows:
        begins, ends = (at.hour * 60 + at.minute for at in (each.begins, each.ends))
        quiet.update(minute % _MINUTES for minute in range(begins, ends if ends > begins else ends + _MINUTES))
    return len(quiet) <= _MINUTES - 60
