"""Chance from names: every choice of the world hangs on the seed and on what it is about, never on other choices."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

C = TypeVar("C", bound=str)


def chance(*names: object) -> Random:
    """Give the source of chance of one thing; the same names give the same, in every process."""
    return Random(" ".join(map(str, names)))  # noqa: S311 - the same world for the same seed


def weighted(luck: Random, weights: Mapping[C, float]) -> C:
    """Choose a key, each as often as its weight says."""
    point, total = luck.random() * sum(weights.values()), 0.0
    for key, weight in weights.items():
        total += weight
        if point < total:
            return key
    return next(reversed(list(weights)))


def after(luck: Random, day: date, least: int, most: int) -> date:
    """Give a day from `least` to `most` days after another."""
    return day + timedelta(luck.randint(least, most))


def between(luck: Random, first: date, last: date) -> date:
    """Give a day from the first to the last."""
    return first + timedelta(luck.randint(0, max((last - first).days, 0)))


def instant(luck: Random, day: date, hours: tuple[int, int] = (7, 16)) -> datetime:
    """Give an instant of an office day, in UTC."""
    return midnight(day) + timedelta(seconds=luck.randrange(hours[0] * 3600, hours[1] * 3600))


def midnight(day: date) -> datetime:
    """Give the instant at which a day begins, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


@lru_cache(maxsize=64)
def _holidays(year: int) -> frozenset[date]:
    from holidays import country_holidays  # noqa: PLC0415 - slow to import, and only registers ask for it

    return frozenset(country_holidays("IT", years=[year]))


def works(day: date) -> bool:
    """Tell whether people work on a day: Monday to Friday, no public holiday."""
    return day.weekday() < 5 and day not in _holidays(day.year)  # noqa: PLR2004 - Saturday is 5


def working_days(first: date, last: date) -> Iterator[date]:
    """Give the days from the first to the last on which people work."""
    return (day for day in days(first, last) if works(day))


def days(first: date, last: date) -> Iterator[date]:
    """Give the days from the first to the last."""
    return (first + timedelta(number) for number in range((last - first).days + 1))
