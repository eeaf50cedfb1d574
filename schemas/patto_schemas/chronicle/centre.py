"""What an employment centre tells: the person, orientation, and the Ambito's measures as the centre knows them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from patto_schemas.chronicle.chance import after, chance, instant
from patto_schemas.chronicle.chapter import Part
from patto_schemas.chronicle.measures import (
    Policy,
    at_centre,
    happens,
    measure_history,
    otherwise,
    proposed,
)
from patto_schemas.chronicle.pact import asked
from patto_schemas.chronicle.territory import numbers
from patto_schemas.chronicle.told import History, Step, history
from patto_schemas.model.base import Identifier

if TYPE_CHECKING:
    from datetime import date

    from patto_schemas.chronicle.pact import Road
    from patto_schemas.chronicle.people import Dweller

LAG: Final = 9
"""The most days after which a centre notes what has happened at the Ambito."""


def orientation(who: Dweller, way: Road) -> Part:
    """Let the person sign the centre's pact of service (A02), one only, after a word on whether it may read along."""
    luck = who.chance
    _, consents = asked(who, way.active, who.centre.organisation)
    on = way.active
    start = way.awake(after(luck, on, 2, 15))
    base = proposed(who, 1, "orientation", "A02", on).model_copy(
        update={
            "title": "Patto di servizio personalizzato",
            "planned_end_on": start + timedelta(180),
            "duration": 6,
            "duration_unit": "M",
        }
    )
    events = happens(luck, way, on, start, start + timedelta(180))
    made = Policy(base, events)
    told = measure_history(who.ambito.code, luck, made)
    return Part((told,), consents=tuple(consents), policies=(made,))


def at_the_centre(who: Dweller, way: Road, policies: list[Policy]) -> Part:
    """Tell the same person and the same policies once more, as the centre has them."""
    luck = chance(who.settings.seed, "centre", who.ambito.code, who.number)
    known = way.active - timedelta(luck.randint(0, 1))
    return Part((_person(who, known), *(_copy(who, each) for each in policies)))


def _person(who: Dweller, known: date) -> History:
    """The centre's own record of the person, by the SAP's identifier; sometimes with an old address."""
    luck, rates = chance(who.settings.seed, "sap", who.ambito.code, who.number), who.settings.rates
    sap = f"PU{numbers()[who.ambito.code]:02}{who.number:06}H"
    cf = Identifier(scheme="cf", value=who.cf)
    person = who.person.model_copy(
        update={"person_id": sap, "identifiers": (cf, Identifier(scheme="sap", value=sap)), "contacts": ()}
    )
    told = history(who.centre.code, person, [Step(instant(luck, known), lambda _: {})])
    if luck.random() >= rates.differing or person.residence is None:
        return told
    old = person.residence.model_copy(update={"municipality": "072006", "street": "via Garibaldi 3"})
    said = history(
        who.centre.code, person.model_copy(update={"residence": old}), [Step(told.versions[0].when, lambda _: {})]
    )
    return History(who.centre.code, told.versions, said.versions)


def _copy(who: Dweller, made: Policy) -> History:
    """A measure as the centre knows it: mostly the same, a few days later."""
    luck = chance(who.settings.seed, "copy", made.policy_id)
    own = at_centre(made, who.ambito.scheme)
    right = measure_history(who.centre.code, luck, own, lag=LAG, may_vanish=True)
    wrong = otherwise(luck, own) if luck.random() < who.settings.rates.differing else None
    if wrong is None:
        return right
    said = measure_history(who.centre.code, luck, wrong, lag=LAG)
    return History(who.centre.code, right.versions, said.versions, may_vanish=True)
