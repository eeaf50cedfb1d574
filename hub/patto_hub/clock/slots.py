"""Which runs a schedule plans: pure functions, compared in UTC alone, so that neither night of the year confuses them.

A slot's key is what makes it one: the local date for schedules that are daily or slower (the hour that comes twice in
October gives one run, the hour that is skipped in March still gives one), the UTC instant for faster ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING

from patto_hub.clock import cron
from patto_hub.clock.calendar import EPOCH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patto_hub.clock.calendar import Place
    from patto_hub.clock.schedule import Schedule

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
MARGIN = timedelta(hours=3)
"""More than a clock ever jumps: looked at on both sides, then cut exactly in UTC."""
WINDOWS_MS = (HOUR_MS, DAY_MS, 8 * DAY_MS, 40 * DAY_MS, 400 * DAY_MS, 9 * 366 * DAY_MS)
"""How far to look for a slot, near first; the last one holds a 29 February."""
MOST = 1_000
"""Slots that a catch-up of all gives at most: the newest."""


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """A planned run: due at an instant (milliseconds since 1970 UTC, jitter included), known by its key."""

    due_at: int
    key: str


def due(schedule: Schedule, since: int, until: int, place: Place, *, job: str = "") -> list[Slot]:
    """List the slots that come due after `since` and not after `until`, in order.

    The jitter of a slot is drawn from the job's name and the slot's key: the same on every hub and after every restart.
    """
    jitter = round(schedule.jitter_s * 1000)
    found = {
        key: Slot(planned + _spread(job, key, jitter), key)
        for planned, key in _planned(schedule, since - jitter, until, place)
    }
    return sorted(slot for slot in found.values() if since < slot.due_at <= until)


def following(schedule: Schedule, after: int, place: Place, *, job: str = "") -> Slot | None:
    """Give the first slot after an instant; None if the schedule plans nothing."""
    for window in _windows(schedule):
        found = due(schedule, after, after + window, place, job=job)
        if found:
            return found[0]
    return None


def latest(schedule: Schedule, since: int | None, until: int, place: Place, *, job: str = "") -> Slot | None:
    """Give the last slot that came due after `since` (None: ever) and not after `until`; None if there was none."""
    for window in _windows(schedule):
        start = until - window if since is None else max(since, until - window)
        found = due(schedule, start, until, place, job=job)
        if found:
            return found[-1]
        if start == since:
            break
    return None


def missed(schedule: Schedule, since: int | None, until: int, place: Place, *, job: str = "") -> list[Slot]:
    """List the slots between the last known one and now that the schedule's catch-up rule still wants run.

    `since` is None for a job that never had a slot: its last planned run counts as missed, so that it starts now.
    """
    last = latest(schedule, since, until, place, job=job)
    if last is None:
        return []
    if schedule.catch_up == "all" and since is not None:
        return due(schedule, since, until, place, job=job)[-MOST:]
    return [last]


def problems(schedule: Schedule) -> list[str]:
    """Say what is wrong with a schedule, or will surprise its author twice a year; empty for nothing.

    Raises:
        ValueError: it plans nothing or cannot be read, with an example of a right one.
    """
    if schedule.cron is not None and schedule.every_s is not None:
        message = "«cron» ed «every_s» insieme: indicarne uno | `cron` and `every_s` together: give one of them"
        raise ValueError(message)
    if schedule.every_s is not None and schedule.every_s <= 0:
        message = f"«every_s» = {schedule.every_s}: servono secondi, come 3600 | seconds are needed, as 3600"
        raise ValueError(message)
    if schedule.cron is None:
        return []
    trigger = cron.parse(schedule.cron)
    year = datetime(2028, 1, 1)  # noqa: DTZ001 - wall clock; a leap year
    if next(cron.walls(trigger, year, year + timedelta(days=366)), None) is None:
        message = f"«{schedule.cron}» non capita mai, come il 30 febbraio | it never comes, as 30 February"
        raise ValueError(message)
    night = datetime(2028, 3, 26, 2)  # noqa: DTZ001 - wall clock
    fixed = not cron.once_a_day(schedule.cron) and not cron.every_hour(schedule.cron)
    if fixed and any(wall.hour == night.hour for wall in cron.walls(trigger, year, year + timedelta(days=366))):
        return [_NIGHTS.format(schedule.cron)]
    return []


def _planned(schedule: Schedule, first: int, last: int, place: Place) -> Iterator[tuple[int, str]]:
    if schedule.every_s is not None:
        plan = _by_distance(round(schedule.every_s * 1000), first, last, place)
    elif schedule.cron is not None:
        plan = _by_wall_clock(schedule.cron, first, last, place)
    else:
        return
    for instant, wall, key in plan:
        if not schedule.working_days_only or place.works(wall.date()):
            yield instant, key


def _by_distance(every: int, first: int, last: int, place: Place) -> Iterator[tuple[int, datetime, str]]:
    for instant in range(-(-first // every) * every, last + 1, every):
        wall = place.local(instant)
        yield instant, wall, (wall.date().isoformat() if every >= DAY_MS else _utc(instant))


def _by_wall_clock(expression: str, first: int, last: int, place: Place) -> Iterator[tuple[int, datetime, str]]:
    start, end = (place.local(instant).replace(tzinfo=None) for instant in (first, last))
    daily, hourly = cron.once_a_day(expression), cron.every_hour(expression)
    for wall in cron.walls(cron.parse(expression), start - MARGIN, end + MARGIN):
        instant = place.instant(wall)
        yield instant, wall, (wall.date().isoformat() if daily else _utc(instant))
        again = place.instant(wall, later=True)
        if hourly and again > instant:  # the hour comes twice, and this schedule means each hour that passes
            yield again, wall, _utc(again)


def _windows(schedule: Schedule) -> tuple[int, ...]:
    if schedule.every_s is None:
        return WINDOWS_MS if schedule.cron is not None else ()
    reach = round((schedule.every_s + schedule.jitter_s) * 1000)
    return (reach, 8 * DAY_MS + reach) if schedule.working_days_only else (reach,)


def _spread(job: str, key: str, jitter: int) -> int:
    if not jitter:
        return 0
    return int.from_bytes(blake2b(f"{job}|{key}".encode(), digest_size=8).digest()) % (jitter + 1)


def _utc(instant: int) -> str:
    moment = (EPOCH + timedelta(milliseconds=instant)).astimezone(UTC)
    return moment.isoformat(timespec="milliseconds" if instant % 1000 else "seconds").replace("+00:00", "Z")


_NIGHTS = (
    "«{0}»: le ore tra 02:00 e 02:59 mancano una notte di marzo e si ripetono una notte di ottobre: in quella notte di"
    " marzo la lettura parte un'ora dopo. Meglio prima delle 02:00 o dalle 03:00."
    " | `{0}`: times from 02:00 to 02:59 are missing one night in March and come twice one night in October: that night"
    " in March the run starts an hour later. Better before 02:00 or from 03:00."
)
