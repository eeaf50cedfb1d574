"""Social services that go with a pact: accompaniment by a cooperative, work for the community."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from patto_schemas.chronicle.chance import after
from patto_schemas.chronicle.chapter import Part
from patto_schemas.chronicle.measures import Policy, happens, measure_history, proposed
from patto_schemas.chronicle.scene import vat

if TYPE_CHECKING:
    from datetime import date

    from patto_schemas.chronicle.pact import Road
    from patto_schemas.chronicle.people import Dweller
    from patto_schemas.model import Measure
    from patto_schemas.model.measure import MeasureKind


class _Service(NamedTuple):
    kind: MeasureKind
    code: str
    title: str
    days: int
    public_work: bool = False
    """Whether it is work, so that an employer is named (rule R4)."""


SERVICES = (
    _Service("social_service", "B04", "Accompagnamento educativo e sostegno alla famiglia", 300),
    _Service("on_the_job", "B05", "Accompagnamento al lavoro con tutor e mediazione", 120),
    _Service("community_work", "D01", "Progetto utile alla collettività", 150, public_work=True),
)


def service(who: Dweller, way: Road, part: int) -> Part:
    """Give a person one of the services; the Ambito tells of it, nobody else."""
    luck = who.chance
    each = luck.choice(SERVICES)
    on = way.active
    start = way.awake(after(luck, on, 3, 25))
    made = Policy(_measure(who, each, on, start, part), happens(luck, way, on, start, start + timedelta(each.days)))
    return Part((measure_history(who.ambito.code, luck, made),))


def _measure(who: Dweller, each: _Service, on: date, start: date, part: int) -> Measure:
    base = proposed(who, part, each.kind, each.code, on)
    employer = {"employer_cf": vat(who.settings.seed, "municipality", who.municipality)} if each.public_work else {}
    return base.model_copy(
        update={
            "title": each.title,
            "planned_end_on": start + timedelta(each.days),
            "duration": each.days,
            "duration_unit": "G",
            "planned_hours": Decimal(each.days),
            **employer,
        }
    )
