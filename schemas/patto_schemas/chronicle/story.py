"""The story of one person: everything that every partner could tell of it, made from seed, Ambito and number alone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from patto_schemas.chronicle.centre import at_the_centre, orientation
from patto_schemas.chronicle.credit import credit
from patto_schemas.chronicle.employment import job
from patto_schemas.chronicle.internship import internship
from patto_schemas.chronicle.pact import pact_history, road
from patto_schemas.chronicle.people import dweller, person_history
from patto_schemas.chronicle.service import service
from patto_schemas.chronicle.training import training

if TYPE_CHECKING:
    from patto_schemas.chronicle.chapter import Part
    from patto_schemas.chronicle.pact import Road
    from patto_schemas.chronicle.people import Dweller
    from patto_schemas.chronicle.register import Register
    from patto_schemas.chronicle.settings import WorldSettings
    from patto_schemas.chronicle.told import History, Teller


class Story(NamedTuple):
    """What is true of one person, as the histories of records, and the registers that are written when asked for."""

    histories: tuple[History, ...]
    registers: tuple[Register, ...]


def story(settings: WorldSettings, ambito: Teller, number: int) -> Story:
    """Give the story of an Ambito's person; some of it may lie after the world's end."""
    who = dweller(settings, ambito, number)
    way = road(who)
    parts = _parts(who, way) if way.signed is not None else ()
    consents = [step for part in parts for step in part.consents]
    person = person_history(who, (way.drafted or way.proposed) - timedelta(1))
    pact = pact_history(who, way, consents)
    histories = (person, pact, *(each for part in parts for each in part.histories))
    return Story(histories, tuple(each for part in parts for each in part.registers))


def _parts(who: Dweller, way: Road) -> tuple[Part, ...]:
    """Give the chapters: orientation first, then work and courses or, instead of them, a loan; then what follows."""
    parts = [orientation(who, way), service(who, way, 2)]
    if way.loan_mode == "alternative":
        parts.append(credit(who, way, way.active + timedelta(20), 3))
    else:
        parts.extend(_activation(who, way))
    return (*parts, at_the_centre(who, way, [each for part in parts for each in part.policies]))


def _activation(who: Dweller, way: Road) -> list[Part]:
    """Give a course, an internship, or one after the other; then a loan, or a job."""
    luck, ready = who.chance, way.active + timedelta(14)
    parts: list[Part] = []
    if luck.random() < 0.65:  # noqa: PLR2004 - two in three
        parts.append(training(who, way, ready, 4))
        ready = (parts[-1].finished or ready) + timedelta(10)
    if not parts or luck.random() < 0.6:  # noqa: PLR2004 - who takes no course works, others may
        parts.append(internship(who, way, ready, 5))
    finished = min((each.finished for each in parts if each.finished), default=None)
    if way.loan_mode == "downstream" and finished is not None:
        parts.append(credit(who, way, finished + timedelta(15), 6))
    elif finished is not None and luck.random() < 0.4:  # noqa: PLR2004 - two in five find work
        parts.append(job(who, finished + timedelta(20)))
    return parts
