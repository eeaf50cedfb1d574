"""A course from the catalogue: asked for by the Ambito, answered by the catalogue, attended, finished or left."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from patto_schemas.chronicle.catalogue import Edition, editions
from patto_schemas.chronicle.chance import after, between, instant, weighted
from patto_schemas.chronicle.chapter import Part
from patto_schemas.chronicle.enrolment import turns
from patto_schemas.chronicle.measures import (
    WITH_PACT,
    Policy,
    accounted,
    event,
    measure_history,
    proposed,
    refused,
)
from patto_schemas.chronicle.pact import asked
from patto_schemas.chronicle.register import Register
from patto_schemas.chronicle.scene import CATALOGUE
from patto_schemas.chronicle.told import History, Step, history, in_order
from patto_schemas.model import Enrolment
from patto_schemas.model.base import LOCAL, Name

if TYPE_CHECKING:
    from patto_schemas.chronicle.pact import Road
    from patto_schemas.chronicle.people import Dweller
    from patto_schemas.chronicle.told import Change
    from patto_schemas.model import Measure
    from patto_schemas.model.measure import MeasureEvent

ANSWERS: Final = MappingProxyType({"admitted": 76, "waitlisted": 13, "cancelled": 8, "declined": 3})
"""What the catalogue says to a request; the last one is the person's own word, after a yes."""
ENDINGS: Final = MappingProxyType({"10": 78, "05": 11, "15": 5, "08": 2, "07": 2, "14": 2})
LONG_ENOUGH: Final = 0.7
"""The part of a course after which it counts as finished where the pact ends first."""
LESSON: Final = 4
"""Hours of a day of lessons."""


class Answers(NamedTuple):
    """What the catalogue says of a request before the course begins, and how the measure goes on."""

    said: list[tuple[date, str]]
    events: tuple[MeasureEvent, ...]


def training(who: Dweller, way: Road, ready: date, part: int) -> Part:
    """Let a person ask for a course; without a fitting edition there is no such chapter."""
    luck = who.chance
    edition = _edition(who, way, ready)
    if edition is None:
        return Part()
    first = max(ready, edition.announced)
    on = way.awake(between(luck, first, min(edition.apply_until, first + timedelta(20))))
    if on > edition.apply_until or on >= way.ends:
        return Part()
    granted, consents = asked(who, on - timedelta(1), *_readers(edition))
    base = _measure(who, edition, on, part)
    if not granted:
        made = Policy(base, refused(on, "04", after(luck, on, 2, 6)))
        told = measure_history(who.ambito.code, luck, made)
        return Part((told,), consents=tuple(consents), policies=(made,))
    answers = _answers(who, way, edition, on)
    made = Policy(base, answers.events, extends=False)
    enrolment = _enrolment(who, edition, made, part, on)
    histories = (
        measure_history(who.ambito.code, luck, made),
        _request(who, enrolment),
        _confirmation(who, enrolment, answers, made),
    )
    lessons = (_lessons(who, edition, enrolment.enrolment_id, made),) if made.spans() else ()
    return Part(histories, lessons, tuple(consents), (made,), made.on("10"))


def _edition(who: Dweller, way: Road, ready: date) -> Edition | None:
    """Choose an edition that takes applications soon and begins, at least, well within the pact."""
    settings = who.settings
    fitting = [
        each
        for each in editions(settings.seed, settings.starts_on, settings.days)
        if ready + timedelta(3) <= each.apply_until <= ready + timedelta(110) and each.start + timedelta(40) < way.ends
    ]
    return who.chance.choice(fitting) if fitting else None


def _readers(edition: Edition) -> tuple[Name, ...]:
    return Name("local:puglia", "catalogo"), edition.offering.provider.organisation


def _measure(who: Dweller, edition: Edition, on: date, part: int) -> Measure:
    code = "C05" if (edition.end - edition.start).days > 80 else "C07"  # noqa: PLR2004 - a qualification takes longer
    base = proposed(who, part, "training", code, on)
    provider = edition.offering.provider.organisation
    return base.model_copy(
        update={
            "title": edition.offering.title[0].text,
            "provider_id": provider.value,
            "provider_scheme": provider.scheme,
            "planned_end_on": edition.end,
            "duration": _hours(edition),
            "duration_unit": "O",
            "planned_hours": Decimal(_hours(edition)),
        }
    )


def _hours(edition: Edition) -> int:
    return ((edition.end - edition.start).days // 7 + 1) * len(edition.weekdays) * LESSON


def _answers(who: Dweller, way: Road, edition: Edition, on: date) -> Answers:
    """Answer a request: yes, perhaps or no; a yes may still come to nothing before the course begins."""
    luck, start = who.chance, edition.start
    answered = after(luck, on, 1, 4)
    answer = weighted(luck, ANSWERS)
    if answer == "cancelled":
        return Answers([(answered, answer)], refused(on, "03", answered))
    said = [(answered, "admitted" if answer == "declined" else answer)]
    last = start - timedelta(1)
    if answer == "declined":
        off = between(luck, answered + timedelta(1), last)
        return Answers([*said, (off, "cancelled")], refused(on, "04", off))
    if answer == "waitlisted":
        if luck.random() < 0.4:  # noqa: PLR2004 - no place comes free for two in five
            return Answers([*said, (last, "cancelled")], refused(on, "03", last))
        said.append((between(luck, answered + timedelta(1), start - timedelta(5)), "admitted"))
    if edition.called_off is not None or way.rests(start):
        off = edition.called_off or last
        return Answers([*said, (off, "cancelled")], refused(on, "06", off))
    return Answers(said, (event("01", on), *_attended(who, way, edition)))


def _attended(who: Dweller, way: Road, edition: Edition) -> tuple[MeasureEvent, ...]:
    """Let the course take its course: with a rest of the pact or of its own, to its end or to an earlier one."""
    luck, start, end = who.chance, edition.start, edition.end
    events = [event("02", start)]
    rest = way.rest if way.rest is not None and start < way.rest[0] < end else None
    if way.rest is None and luck.random() < 0.07:  # noqa: PLR2004 - one in fourteen is ill for a while
        first = between(luck, start + timedelta(10), start + timedelta(40))
        rest = first, after(luck, first, 7, 20)
    if rest is not None:
        events.append(event("09", rest[0]))
        if rest[1] + timedelta(7) >= min(end, way.ends):
            return (*events, event("05", min(rest[1], max(way.ends, rest[0]))))
        events.append(event("02", rest[1]))
    code = weighted(luck, ENDINGS)
    on = end if code == "10" else between(luck, events[-1].on + timedelta(4), end - timedelta(4))
    if on >= way.ends:
        code, on = _cut(way, edition), max(way.ends, events[-1].on)
    return (*events, event(code, on), *accounted(luck, code, on))


def _cut(way: Road, edition: Edition) -> str:
    """Give how a course ends with the pact: it counts if most of it is done."""
    if way.end != "completed":
        return WITH_PACT[way.end]
    done = (way.ends - edition.start).days / (edition.end - edition.start).days
    return "10" if done >= LONG_ENOUGH else "05"


def _enrolment(who: Dweller, edition: Edition, made: Policy, part: int, on: date) -> Enrolment:
    return Enrolment(
        enrolment_id=who.other_key("CF-IS", part),
        person_id=who.cf,
        policy_id=made.policy_id,
        type="course",
        edition_id=edition.edition_id,
        course_code=edition.edition_id,
        status="requested",
        status_on=on,
        requested_on=on,
        planned_hours=Decimal(_hours(edition)),
        request_id=who.key("RI", part),
        request_scheme=who.ambito.scheme,
    )


def _request(who: Dweller, enrolment: Enrolment) -> History:
    """Tell the Ambito's own record: the request, which the hub carries to the catalogue.

    It names the edition as the course's code (IGRUE CODICE_CORSO), which every partner knows: an `edition_id` would be
    looked up among the Ambito's own courses.
    """
    own = {"enrolment_id": enrolment.request_id, "request_id": None, "request_scheme": LOCAL, "edition_id": None}
    asks = enrolment.model_copy(update=own)
    on = enrolment.requested_on or who.settings.starts_on
    return history(who.ambito.code, asks, [Step(instant(who.chance, on, (16, 17)), lambda _: {})])


def _confirmation(who: Dweller, enrolment: Enrolment, answers: Answers, made: Policy) -> History:
    luck = who.chance
    steps = [Step(instant(luck, on), _answer(on, status)) for on, status in answers.said]
    later = turns(luck, made, begins="02", certificate=True)
    return history(CATALOGUE, enrolment, in_order([*steps, *later]), may_age=True)


def _answer(on: date, status: str) -> Change:
    ends = {"ended_on": on} if status == "cancelled" else {}
    return lambda _: {"status": status, "status_on": on, **ends}


def _lessons(who: Dweller, edition: Edition, enrolment_id: str, made: Policy) -> Register:
    return Register(
        settings=who.settings,
        teller=CATALOGUE,
        enrolment_id=enrolment_id,
        spans=made.spans(),
        weekdays=edition.weekdays,
        activity="Attività d'aula",
        starts_at="09:00",
        hours=LESSON,
    )
