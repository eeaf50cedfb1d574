"""The partners of the invented world beside its people: who they are, by which identifier, and whom they serve."""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from patto_schemas.chronicle.chance import chance
from patto_schemas.chronicle.territory import CENTRES, COOPERATIVES, LENDERS, numbers, shared, territories
from patto_schemas.chronicle.told import Teller
from patto_schemas.codes.table import table
from patto_schemas.codes.territory import ambiti
from patto_schemas.identity.numbers import italian_iban
from patto_schemas.invent import Inventor
from patto_schemas.invented_words import FAMILY_NAMES
from patto_schemas.model import Organisation
from patto_schemas.model.base import Identifier, Name
from patto_schemas.model.people import Address

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CATALOGUE: Final = "catalogo_puglia"
BANK: Final = "banca"
BIC: Final = "PTTOIT2BXXX"
"""The invented bank's; nobody has it."""
ABI: Final = "09999"
"""The invented bank's number among Italian banks."""
CAB: Final = "04000"
FIRMS: Final = ("Masseria", "Panificio", "Officina", "Vivaio", "Albergo", "Caseificio", "Tipografia", "Sartoria")


class Scene(NamedTuple):
    """The bodies that take part beside the Ambiti, each with its record."""

    tellers: tuple[Teller, ...]
    organisations: Mapping[str, Organisation]
    """By the teller's code."""


@lru_cache(maxsize=8)
def scene(seed: int) -> Scene:
    """Give the partners of a seed's world: 45 Ambiti, 13 centres, a catalogue, 20 cooperatives, 2 lenders, a bank."""
    pairs = [*_ambiti(), *_centres(seed), _catalogue(), *_cooperatives(seed), *_lenders(seed), _bank()]
    return Scene(
        tuple(teller for teller, _ in pairs),
        MappingProxyType({teller.code: body for teller, body in pairs}),
    )


def iban(account: int) -> str:
    """Give an account of the invented bank, with its check letter and check digits."""
    return italian_iban(f"{ABI}{CAB}{account:012}")


def vat(seed: int, *names: object) -> str:
    """Give the VAT number of a body by what it is called."""
    return Inventor(chance(seed, "vat", *names)).vat_number()


@lru_cache(maxsize=256)
def host(seed: int, ambito: str) -> Organisation:
    """Give a firm of an Ambito's lead municipality that takes trainees."""
    number = vat(seed, "host", ambito)
    luck = chance(seed, "firm", ambito)
    return Organisation(
        organisation_id=number,
        type="host",
        legal_name=f"{luck.choice(FIRMS)} {luck.choice(FAMILY_NAMES)}",
        identifiers=(Identifier(scheme="piva", value=number), Identifier(scheme="cf", value=number)),
        seat=_seat(ambito),
    )


def _seat(ambito: str) -> Address:
    return Address(municipality=territories()[ambito][0], street="via Aldo Moro 1", postcode="70100")


def _ambiti() -> Iterator[tuple[Teller, Organisation]]:
    for each in ambiti():
        title = f"Ambito territoriale di {each.name}"
        yield (
            Teller(each.code, "ambito", Name("ambito", each.code), title, (each.code,)),
            Organisation(
                organisation_id=each.code,
                type="ambito",
                legal_name=title,
                identifiers=(Identifier(scheme="ambito", value=each.code),),
                seat=_seat(each.code),
            ),
        )


def _centres(seed: int) -> Iterator[tuple[Teller, Organisation]]:
    for number, served in enumerate(shared(CENTRES), 1):
        place = table("municipalities").rows[territories()[served[0]][0]][0]
        code = f"{place.more['belfiore']}C{chance(seed, 'centre', number).randrange(1000):03}{number:03}"
        title = f"Centro per l'impiego di {place.label_it}"
        yield (
            Teller(f"centro_impiego_{number:02}", "centre", Name("cpi_11", code), title, served),
            Organisation(
                organisation_id=code,
                type="employment_centre",
                legal_name=title,
                identifiers=(Identifier(scheme="cpi_11", value=code),),
                seat=_seat(served[0]),
            ),
        )


def _catalogue() -> tuple[Teller, Organisation]:
    title = "Catalogo formativo regionale"
    body = Organisation(
        organisation_id="catalogo",
        type="region",
        legal_name=title,
        identifiers=(Identifier(scheme="local:puglia", value="catalogo"),),
        seat=_seat("BA/1"),
    )
    return Teller(CATALOGUE, "catalogue", Name("local:puglia", "catalogo"), title, tuple(numbers())), body


def _cooperatives(seed: int) -> Iterator[tuple[Teller, Organisation]]:
    for number, served in enumerate(shared(COOPERATIVES), 1):
        body = Inventor(chance(seed, "cooperative", number), prefix=f"cooperativa-{number:02}-").organisation()
        body = body.model_copy(update={"seat": _seat(served[0]), "legal_name": f"{body.legal_name} {number}"})
        teller = Teller(f"cooperativa_{number:02}", "cooperative", body.identifiers[0].name, body.legal_name, served)
        yield teller, body


def _lenders(seed: int) -> Iterator[tuple[Teller, Organisation]]:
    for number, provinces in enumerate(LENDERS, 1):
        code = vat(seed, "lender", number)
        title = f"Microcredito Puglia {'Nord' if number == 1 else 'Sud'}"
        served = tuple(each.code for each in ambiti() if each.code.split("/")[0] in provinces)
        body = Organisation(
            organisation_id=code,
            type="microcredit_operator",
            legal_name=title,
            identifiers=(Identifier(scheme="piva", value=code), Identifier(scheme="cf", value=code)),
            seat=_seat(served[0]),
        )
        yield Teller(f"microcredito_{number}", "lender", Name("piva", code), title, served), body


def _bank() -> tuple[Teller, Organisation]:
    title = "Banca del Patto"
    body = Organisation(
        organisation_id=BIC,
        type="microcredit_operator",
        legal_name=title,
        identifiers=(Identifier(scheme="bic", value=BIC),),
        seat=_seat("BA/1"),
    )
    return Teller(BANK, "bank", Name("bic", BIC), title, tuple(numbers())), body
