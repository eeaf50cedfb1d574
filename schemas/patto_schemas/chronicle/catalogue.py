"""The courses of the invented catalogue: eight providers, three courses each, editions that open, run and close."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from patto_schemas.chronicle.chance import chance, instant, midnight
from patto_schemas.chronicle.scene import CATALOGUE
from patto_schemas.chronicle.told import History, Step, history
from patto_schemas.invent import Inventor
from patto_schemas.invented_words import COURSES
from patto_schemas.model import CourseOffering
from patto_schemas.model.training import CourseHours, Figure, Presentation, Provider, Translation

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from random import Random

    from patto_schemas.chronicle.told import Change
    from patto_schemas.model.training import PresentationStatus

PROVIDERS: Final = 8
COURSES_EACH: Final = 3
ANNOUNCED: Final = 75
"""Days before its start on which an edition opens for applications."""
TOWNS: Final = (
    *("072006", "073027", "075035", "071024", "074001", "110001", "072004", "075016"),  # seats of the providers
)


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition of a course, and what becomes of it."""

    offering: CourseOffering
    edition_id: str
    start: date
    end: date
    weekdays: tuple[int, ...]
    """The days of the week on which there are lessons, Monday 0."""
    called_off: date | None
    """When it is cancelled, for want of participants."""
    places: int

    @property
    def announced(self) -> date:
        """When applications open."""
        return self.start - timedelta(ANNOUNCED)

    @property
    def apply_until(self) -> date:
        """The last day for applications."""
        return self.start - timedelta(10)


@lru_cache(maxsize=8)
def editions(seed: int, starts_on: date, days: int) -> tuple[Edition, ...]:
    """Give every edition of a world, by day of start: each course begins anew every three months or so."""
    found = [
        edition
        for provider in range(PROVIDERS)
        for course in range(COURSES_EACH)
        for edition in _of_course(
            chance(seed, "course", provider, course), _offering(seed, provider, course), starts_on, days
        )
    ]
    return tuple(sorted(found, key=lambda each: (each.start, each.edition_id)))


def _offering(seed: int, provider: int, course: int) -> CourseOffering:
    luck = chance(seed, "offering", provider, course)
    body = Inventor(chance(seed, "provider", provider))
    vat = body.vat_number()
    key = f"CF-CO-{provider + 1:02}{course + 1:02}"
    title = COURSES[(provider + course) % len(COURSES)]
    return CourseOffering(
        offering_id=key,
        provider=Provider(
            provider_id=vat,
            provider_scheme="piva",
            name=f"Ente di formazione {provider + 1}",
            address=body.address().model_copy(update={"municipality": TOWNS[provider]}),
        ),
        title=(Translation(language="it", text=title),),
        homepage=f"https://formazione.example/corsi/{key.lower()}",
        figure=Figure(eqf=luck.randrange(2, 5), isced_f="1013"),
        hours=CourseHours(classroom=Decimal(160), work_based=Decimal(80)),
        internship=True,
        exam=True,
        qualification=title,
        certificate_code="FREQ",
    )


def _of_course(luck: Random, offering: CourseOffering, starts_on: date, days: int) -> list[Edition]:
    found: list[Edition] = []
    start = starts_on + timedelta(luck.randint(15, 100))
    while (start - starts_on).days < days + ANNOUNCED:
        start += timedelta(-start.weekday())  # lessons begin on a Monday
        off = start - timedelta(luck.randint(2, 4)) if luck.random() < 0.08 else None  # noqa: PLR2004 - one in twelve
        found.append(
            Edition(
                offering=offering,
                edition_id=f"{offering.offering_id.replace('CO', 'ED')}-{len(found) + 1:02}",
                start=start,
                end=start + timedelta(luck.choice((74, 88, 102))),  # a Friday
                weekdays=(0, 2, 4) if luck.random() < 0.7 else (0, 1, 2, 3, 4),  # noqa: PLR2004 - mostly part-time
                called_off=off,
                places=luck.randint(12, 20),
            )
        )
        start += timedelta(luck.randint(80, 110))
    return found


def offerings(seed: int, starts_on: date, days: int) -> tuple[History, ...]:
    """Give each course's history: an edition comes, opens, runs, and closes or is called off."""
    by_course: dict[str, list[Edition]] = {}
    for edition in editions(seed, starts_on, days):
        by_course.setdefault(edition.offering.key, []).append(edition)
    return tuple(_history(seed, each, midnight(starts_on)) for each in by_course.values())


def _history(seed: int, course: list[Edition], opening: datetime) -> History:
    luck = chance(seed, "editions", course[0].offering.key)
    steps = [Step(opening, lambda _: {})]
    for edition in course:
        for day, change in _turns(edition):
            steps.append(Step(max(instant(luck, day), opening), change))
    told = history(CATALOGUE, course[0].offering, steps)
    at_once = sum(version.when == opening for version in told.versions)
    return History(CATALOGUE, told.versions[at_once - 1 :])


def _turns(edition: Edition) -> list[tuple[date, Change]]:
    planned, opened = edition.announced - timedelta(20), edition.announced
    turns = [(planned, _put(edition, "planned", None)), (opened, _put(edition, "open", None))]
    if edition.called_off is not None:
        return [*turns, (edition.called_off, _put(edition, "cancelled", edition.called_off))]
    return [
        *turns,
        (edition.start, _put(edition, "running", None)),
        (edition.end, _put(edition, "closed", edition.end)),
    ]


def _put(edition: Edition, status: PresentationStatus, closed: date | None) -> Change:
    def change(record: CourseOffering) -> Mapping[str, object]:
        others = [each for each in record.presentations if each.edition_id != edition.edition_id]
        return {"presentations": (*others, _presentation(edition, status, closed))}

    return change


def _presentation(edition: Edition, status: PresentationStatus, closed: date | None) -> Presentation:
    return Presentation(
        edition_id=edition.edition_id,
        start_on=edition.start,
        end_on=edition.end,
        apply_from=edition.announced,
        apply_until=edition.apply_until,
        study_mode="full_time" if len(edition.weekdays) == 5 else "part_time",  # noqa: PLR2004 - every day of the week
        delivery="presential",
        languages=("it",),
        venue="Sede formativa",
        places=edition.places,
        status=status,
        closed_on=closed,
    )
