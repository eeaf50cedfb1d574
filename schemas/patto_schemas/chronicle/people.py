"""The invented people: who lives where in an Ambito, with a tax code that nobody else in the world has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from patto_schemas.chronicle.chance import chance, instant
from patto_schemas.chronicle.scene import scene
from patto_schemas.chronicle.territory import numbers, territories
from patto_schemas.chronicle.told import History, Step, Teller, history, slug
from patto_schemas.identity import tax_code
from patto_schemas.invent import Inventor
from patto_schemas.model.base import Identifier
from patto_schemas.model.people import BirthPlace

if TYPE_CHECKING:
    from random import Random

    from patto_schemas.chronicle.settings import WorldSettings
    from patto_schemas.chronicle.told import TellerKind
    from patto_schemas.model import Person

BORN: Final = 17_000
"""Days of birth there are, from 1955 on."""
STRIDE: Final = 7919
"""Prime to BORN, so that neighbours in number are no neighbours in age and nobody is born on the same day."""
ABROAD: Final = {"Z129": "RO", "Z100": "AL", "Z330": "MA", "Z335": "NG"}
"""Countries by their cadastral codes."""
CITIZENSHIPS: Final = {"RO": "235", "AL": "201", "MA": "436", "NG": "443"}
"""The ministry's three digits of each."""


@dataclass(frozen=True, slots=True)
class Dweller:
    """One invented person, and the source of what befalls them."""

    settings: WorldSettings
    ambito: Teller
    number: int
    """Counts from 1 in each Ambito."""
    person: Person
    chance: Random

    @property
    def cf(self) -> str:
        """The tax code."""
        return self.person.identifiers[0].value

    @property
    def municipality(self) -> str:
        """Where the person lives."""
        return territories()[self.ambito.code][(self.number - 1) % len(territories()[self.ambito.code])]

    @property
    def centre(self) -> Teller:
        """The employment centre that serves the person's Ambito."""
        return self._partner("centre")

    @property
    def cooperative(self) -> Teller:
        """The cooperative that serves it."""
        return self._partner("cooperative")

    @property
    def lender(self) -> Teller:
        """The lender that serves it."""
        return self._partner("lender")

    def _partner(self, kind: TellerKind) -> Teller:
        tellers = scene(self.settings.seed).tellers
        return next(each for each in tellers if each.kind == kind and self.ambito.code in each.ambiti)

    @property
    def protocol(self) -> str:
        """The INPS protocol of the person's pact, by which lenders name it."""
        return self.other_key("INPS-ReD")

    def key(self, letters: str, part: int = 0) -> str:
        """Give a key of the Ambito's own system: `le-1-PA-000007`, `le-1-MI-000007-2`."""
        return f"{slug(self.ambito.code)}-{letters}-{self.number:06}{f'-{part}' if part else ''}"

    def other_key(self, letters: str, part: int = 0) -> str:
        """Give a key of another partner's system, that says nothing of the Ambito's."""
        return f"{letters}-{numbers()[self.ambito.code]:02}{self.number:05}{f'-{part}' if part else ''}"

    def sequence(self, part: int) -> int:
        """Give the number of a policy, that no other policy of the world has."""
        return (numbers()[self.ambito.code] << 24) | (self.number << 8) | part


def dweller(settings: WorldSettings, ambito: Teller, number: int) -> Dweller:
    """Give the person of an Ambito by number."""
    made = Dweller(settings, ambito, number, _person(settings, ambito.code, number), _source(settings, ambito, number))
    person = made.person
    home = None if person.residence is None else person.residence.model_copy(update={"municipality": made.municipality})
    update = {"person_id": made.key("PE"), "residence": home, "revision": None, "modified_at": None}
    return Dweller(settings, ambito, number, person.model_copy(update=update), made.chance)


def _source(settings: WorldSettings, ambito: Teller, number: int) -> Random:
    return chance(settings.seed, "life", ambito.code, number)


def _person(settings: WorldSettings, ambito: str, number: int) -> Person:
    luck = chance(settings.seed, "person", ambito, number)
    person = Inventor(luck).person()
    turn = (numbers()[ambito] + 45 * number) * STRIDE + settings.seed
    born = date(1955, 1, 1) + timedelta(turn % BORN)
    place = None if person.birth_place is None else person.birth_place.belfiore
    country = None
    if luck.random() < 0.08:  # noqa: PLR2004 - one in twelve was born abroad
        place = luck.choice(tuple(ABROAD))
        country = ABROAD[place]
    code = tax_code.of(person.family_name, person.given_name, born, person.sex, place or "A662")
    if luck.random() < 0.02:  # noqa: PLR2004 - one in fifty shares the plain code with somebody: an omocode
        code = tax_code.omocode(code, luck.randint(1, 3))
    return person.model_copy(
        update={
            "birth_date": born,
            "birth_place": BirthPlace(belfiore=place, country=country or "IT"),
            "citizenship": country or "IT",
            "citizenship_code": "000" if country is None else CITIZENSHIPS[country],
            "identifiers": (Identifier(scheme="cf", value=code),),
        }
    )


def person_history(who: Dweller, known_on: date) -> History:
    """Give the person's history at the Ambito: known, and now and then with a new telephone or situation later."""
    luck = who.chance
    steps = [Step(instant(luck, known_on), lambda _: {})]
    if luck.random() < 0.15:  # noqa: PLR2004 - some
        steps.append(
            Step(instant(luck, known_on + timedelta(luck.randint(60, 300))), lambda _: {"labour_status": "U5"})
        )
    return history(who.ambito.code, who.person, steps)
