"""An internship: proposed by the Ambito, kept by a cooperative with its register, reported to the centre."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from patto_schemas.chronicle.chance import after, instant
from patto_schemas.chronicle.chapter import Part
from patto_schemas.chronicle.employment import internship_notices
from patto_schemas.chronicle.enrolment import turns
from patto_schemas.chronicle.measures import Policy, happens, measure_history, proposed, refused
from patto_schemas.chronicle.pact import asked
from patto_schemas.chronicle.register import Register
from patto_schemas.chronicle.scene import host
from patto_schemas.chronicle.told import History, Step, history, in_order
from patto_schemas.model import Enrolment

if TYPE_CHECKING:
    from patto_schemas.chronicle.pact import Road
    from patto_schemas.chronicle.people import Dweller
    from patto_schemas.model import Measure
    from patto_schemas.model.base import Name

MONTHS: Final = (3, 6, 6, 6)
"""How long internships are agreed for."""
DAY: Final = 4
"""Hours of a day."""


def internship(who: Dweller, way: Road, ready: date, part: int) -> Part:
    """Let a person work as a trainee with a cooperative, or with a firm that the cooperative has found."""
    luck = who.chance
    on = way.awake(after(luck, ready, 0, 15))
    start = way.awake(after(luck, on, 10, 30))
    months = luck.choice(MONTHS)
    if on >= way.ends:
        return Part()
    firm = host(who.settings.seed, who.ambito.code).identifiers[0].name
    place = who.cooperative.organisation if luck.random() < 0.6 else firm  # noqa: PLR2004 - mostly in the cooperative
    granted, consents = asked(who, on - timedelta(1), who.cooperative.organisation)
    base = _measure(who, place, (part, on, start, months))
    events = happens(luck, way, on, start, start + timedelta(30 * months))
    made = Policy(base, events if granted else refused(on, "04", after(luck, on, 2, 6)))
    told = measure_history(who.ambito.code, luck, made)
    if not granted:
        return Part((told,), consents=tuple(consents), policies=(made,))
    enrolment = _enrolment(who, made, place, part, months)
    kept = _kept(who, enrolment, made)
    notices = internship_notices(who, made, who.cooperative.organisation, place)
    registers = (_register(who, enrolment.enrolment_id, made),) if made.spans() else ()
    return Part((told, kept, *notices), registers, tuple(consents), (made,), made.on("10"))


def _measure(who: Dweller, place: Name, agreed: tuple[int, date, date, int]) -> Measure:
    part, on, start, months = agreed
    provider = who.cooperative.organisation
    return proposed(who, part, "internship", "C06", on).model_copy(
        update={
            "title": "Tirocinio di inclusione sociale",
            "provider_id": provider.value,
            "provider_scheme": provider.scheme,
            "host_id": place.value,
            "host_scheme": place.scheme,
            "employer_cf": place.value,
            "planned_end_on": start + timedelta(30 * months),
            "duration": months,
            "duration_unit": "M",
            "planned_hours": Decimal(months * 20 * DAY),
            "description": "Tirocinio con tutor aziendale e accompagnamento educativo",
        }
    )


def _enrolment(who: Dweller, made: Policy, place: Name, part: int, months: int) -> Enrolment:
    on = made.events[0].on
    return Enrolment(
        enrolment_id=who.other_key("T", part),
        person_id=who.cf,
        policy_id=made.policy_id,
        type="internship",
        host_id=place.value,
        host_scheme=place.scheme,
        status="admitted",
        status_on=on,
        requested_on=on,
        planned_hours=Decimal(months * 20 * DAY),
    )


def _kept(who: Dweller, enrolment: Enrolment, made: Policy) -> History:
    """The cooperative's own record: in its book from the proposal on, then as the measure goes."""
    luck = who.chance
    first = Step(instant(luck, made.events[0].on, (16, 18)), lambda _: {})
    return history(who.cooperative.code, enrolment, in_order([first, *turns(luck, made)]), may_age=True)


def _register(who: Dweller, enrolment_id: str, made: Policy) -> Register:
    return Register(
        settings=who.settings,
        teller=who.cooperative.code,
        enrolment_id=enrolment_id,
        spans=made.spans(),
        weekdays=(0, 1, 2, 3, 4),
        activity="Tirocinio",
        starts_at=who.chance.choice(("08:00", "08:30", "09:00", "14:00")),
        hours=DAY,
        monthly=Decimal(who.chance.choice((300, 400, 500))),
    )
