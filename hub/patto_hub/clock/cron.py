"""Cron expressions as people know them, on the wall clock alone: no time zone, no jump, no repeated hour.

APScheduler reads and steps the expression. Two things of its own are put right here: it counts weekdays from Monday as
0, and it wants day-of-month AND weekday where a crontab wants either.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from apscheduler.triggers.cron import CronTrigger

if TYPE_CHECKING:
    from collections.abc import Iterator

WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
FIELDS = 5
EXAMPLE = "`30 2 * * *` (ogni giorno alle 02:30 | every day at 02:30)"


@lru_cache(maxsize=1024)
def parse(expression: str) -> CronTrigger:
    """Read five fields: minute, hour, day of month, month, weekday (0 and 7 are Sunday, or `mon`..`sun`).

    Raises:
        ValueError: it cannot be read; the message says which part and shows a right one.
    """
    fields = expression.lower().split()
    if len(fields) != FIELDS:
        message = f"«{expression}»: servono cinque campi, come {EXAMPLE} | five fields are needed"
        raise ValueError(message)
    minute, hour, day, month, weekday = fields
    if day != "*" and weekday != "*":
        message = (
            f"«{expression}»: indicare il giorno del mese oppure il giorno della settimana, non entrambi, come"
            " `30 2 * * 1-5` | give a day of the month or a weekday, not both"
        )
        raise ValueError(message)
    try:
        return CronTrigger(minute=minute, hour=hour, day=day, month=month, day_of_week=_weekdays(weekday), timezone=UTC)
    except ValueError as error:
        message = f"«{expression}»: non è leggibile, un esempio giusto è {EXAMPLE} | it cannot be read ({error})"
        raise ValueError(message) from error


def walls(trigger: CronTrigger, first: datetime, last: datetime) -> Iterator[datetime]:
    """Step through the wall-clock times (naive) from `first` to `last`, both included."""
    moment = first.replace(tzinfo=UTC)  # a calendar without jumps to count on; not meant as UTC
    end = last.replace(tzinfo=UTC)
    while (found := trigger.get_next_fire_time(None, moment)) is not None and found <= end:
        yield found.replace(tzinfo=None)
        moment = found + timedelta(seconds=1)


def once_a_day(expression: str) -> bool:
    """Whether the expression gives at most one time per day."""
    minute, hour, *_ = expression.split()
    return minute.isdigit() and hour.isdigit()


def every_hour(expression: str) -> bool:
    """Whether the expression goes on through all hours, so that it means distances, not wall-clock times."""
    return expression.split()[1] == "*"


def _weekdays(field: str) -> str:
    return ",".join(_weekday(part) for part in field.split(","))


def _weekday(part: str) -> str:
    if not re.fullmatch(r"[0-7](-[0-7])?(/\d+)?", part):
        return part  # names, `*` and `*/2` mean the same to both
    span, _, step = part.partition("/")
    first, _, last = span.partition("-")
    end = int(last) if last else (6 if step else int(first))
    days = range(int(first), end + 1, int(step or 1))
    if not days:
        message = f"weekdays {part!r} go backwards"
        raise ValueError(message)
    return ",".join(dict.fromkeys(WEEKDAYS[day] for day in days))
