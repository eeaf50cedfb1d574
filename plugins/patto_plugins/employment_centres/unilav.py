"""Mandatory communications (UniLav) as the labour system lists them: chained into one row for each relationship.

Names as in Piemonte's silpapi (`ComunicazioneObbligatoria`), where what is filled in tells the kind of a communication.
The ministry's own XML was not at hand.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from patto_schemas.model import Employment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from patto_hub import Subject

FIELDS: Final = (
    "codiceComunicazione",
    "codiceComunicazionePrecedente",
    "tipoComunicazione",
    "dataRicezioneModulo",
    "dataRiferimento",
    "codiceFiscaleDatore",
    "tipologiaContrattualeRapporto",
    "dataInizioRapporto",
    "dataFineRapporto",
    "dataFineProrogaRapporto",
    "codiceCausaCessazioneRapporto",
    "dataCessazioneRapporto",
    "codiceTrasformazioneRapporto",
    "dataTrasformazioneRapporto",
    "oreSettimanaliMedieRapporto",
    "comunicazioneUniurg",
    "comunicazioneVardatori",
    "comunicazioneCessazione",
)
"""What is kept of a communication: no name, address, pay or citizenship."""
BEYOND: Final = frozenset({"tipoComunicazione"})
"""What silpapi does not have: the ministry's 01 first, 03 rectification, 04 annulment. Without it, a communication that
names an earlier one puts it right."""
ANNULMENT: Final = frozenset({"4", "04"})
HIRES: Final = frozenset({"ASS", "URG"})
INTERNSHIPS: Final = frozenset({"C.01.00", "C.02.00"})


def rows_of(listed: Iterable[Mapping[str, Any]], subject: Subject) -> list[dict[str, Any]]:
    """Give a row for each relationship that a person's communications tell of."""
    mine = [each for each in listed if str(each.get("codiceFiscaleLavoratore", "")).upper() == subject.person.value]
    return [
        {"pact": list(subject.pact), "person": subject.person.value, "communications": chain} for chain in chains(mine)
    ]


def chains(listed: Iterable[Mapping[str, Any]]) -> list[list[dict[str, Any]]]:
    """Put communications that speak of one relationship together, oldest first; one that came twice stands once.

    A communication belongs to the one that it names as its predecessor; else to the relationship of the same employer
    and first day; else to the only one of that first day (the employer may have changed: VARDATORI).
    """
    kept = [{name: str(each[name]) for name in FIELDS if each.get(name)} for each in listed]
    by_code = {each["codiceComunicazione"]: each for each in kept if "codiceComunicazione" in each}
    ordered = sorted(
        by_code.values(), key=lambda each: (each.get("dataRicezioneModulo", ""), each["codiceComunicazione"])
    )
    found: list[list[dict[str, Any]]] = []
    for each in ordered:
        chain = _home(found, each)
        if chain is None:
            found.append([each])
        else:
            chain.append(each)
    return [*found, *([each] for each in kept if "codiceComunicazione" not in each)]  # set aside when translated


def _home(found: list[list[dict[str, Any]]], new: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    before = new.get("codiceComunicazionePrecedente")
    for chain in found:
        if before and any(each.get("codiceComunicazione") == before for each in chain):
            return chain
    start = _day(new, "dataInizioRapporto")
    same = [chain for chain in found if any(_day(each, "dataInizioRapporto") == start for each in chain)]
    own = [chain for chain in same if any(_employer(each) == _employer(new) for each in chain)]
    near = own or (same if type_of(new) == "VAR" else [])
    return near[-1] if len(near) == 1 or own else None


def type_of(row: Mapping[str, Any]) -> str:
    """Say what a communication tells, by what it fills in."""
    if row.get("comunicazioneCessazione") or row.get("dataCessazioneRapporto"):
        return "CES"
    if row.get("comunicazioneVardatori"):
        return "VAR"
    if row.get("codiceTrasformazioneRapporto") or row.get("dataTrasformazioneRapporto"):
        return "TRS"
    if row.get("dataFineProrogaRapporto"):
        return "PRO"
    return "URG" if row.get("comunicazioneUniurg") else "ASS"


@dataclass(slots=True)
class _Chain:
    """One relationship's communications, with what became of each."""

    rows: Sequence[Mapping[str, Any]]
    states: dict[str, str] = field(default_factory=dict)
    replaces: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Find out which were put right, and which taken back."""
        known = {each["codiceComunicazione"] for each in self.rows}
        for each in self.rows:
            code, before = each["codiceComunicazione"], each.get("codiceComunicazionePrecedente")
            annuls = each.get("tipoComunicazione") in ANNULMENT
            self.states.setdefault(code, "validated")
            if before in known:
                self.states[str(before)] = "annulled" if annuls else "rectified"
                self.replaces[code] = str(before)

    @property
    def told(self) -> list[Mapping[str, Any]]:
        """What is told of the relationship; an annulment tells nothing of its own."""
        return [each for each in self.rows if each.get("tipoComunicazione") not in ANNULMENT]

    @property
    def holds(self) -> list[Mapping[str, Any]]:
        """What still holds of it."""
        return [each for each in self.told if self.states[each["codiceComunicazione"]] == "validated"]


def translate(row: Mapping[str, Any]) -> Employment:
    """Translate a relationship.

    Raises:
        KeyError: a field is missing.
        ValueError: the hours are no number.
        pydantic.ValidationError: another field is not as agreed.
    """
    chain = _Chain(row["communications"])
    hires = [each for each in chain.holds if type_of(each) in HIRES]
    hired = hires[-1] if hires else chain.told[0]
    taken_back = not hires and any(type_of(each) in HIRES for each in chain.told)
    last = {type_of(each): each for each in chain.holds if not taken_back}
    end, extended, changed = last.get("CES"), last.get("PRO"), last.get("TRS")
    contract = (changed or hired).get("tipologiaContrattualeRapporto")
    employer = _employer(last.get("VAR") or hired)
    return Employment.model_validate(
        {
            "employment_id": chain.rows[0]["codiceComunicazione"],
            "person_id": row["person"],
            "pact_scheme": row["pact"][0],
            "pact_id": row["pact"][1],
            "type": "internship" if hired.get("tipologiaContrattualeRapporto") in INTERNSHIPS else "job",
            "contract_code": contract,
            "employer_id": employer,
            "employer_scheme": "piva" if (employer or "").isdigit() else "cf",
            "started_on": _day(hired, "dataInizioRapporto"),
            "planned_end_on": _planned(hired, extended, changed),
            "ended_on": None if end is None else _day(end, "dataCessazioneRapporto"),
            "end_cause": None if end is None else end.get("codiceCausaCessazioneRapporto"),
            "weekly_hours": _hours(hired.get("oreSettimanaliMedieRapporto")),
            "communications": [_communication(each, chain) for each in chain.told],
            "status": "annulled" if taken_back else "active" if end is None else "ended",
        }
    )


def _planned(
    hired: Mapping[str, Any], extended: Mapping[str, Any] | None, changed: Mapping[str, Any] | None
) -> str | None:
    """Give the last day agreed: of the newest extension, or none where the contract has become one without end."""
    if changed is not None:
        return _day(changed, "dataFineRapporto")
    return _day(hired, "dataFineRapporto") if extended is None else _day(extended, "dataFineProrogaRapporto")


def _communication(row: Mapping[str, Any], chain: _Chain) -> dict[str, Any]:
    code = row["codiceComunicazione"]
    return {
        "code": code,
        "type": type_of(row),
        "on": _day(row, "dataRiferimento"),
        "replaces": chain.replaces.get(code),
        "state": chain.states[code],
    }


def _employer(row: Mapping[str, Any]) -> str | None:
    found = row.get("codiceFiscaleDatore")
    return None if found is None else str(found).strip().upper()


def _day(row: Mapping[str, Any], name: str) -> str | None:
    """Give the day of a date-time as it is written, in whatever zone: the system keeps days at midnight."""
    written = row.get(name)
    return str(written)[:10] if written else None


def _hours(written: object) -> str | None:
    """Give weekly hours with a point; they come as text, also with a comma."""
    return str(written).replace(",", ".") if written else None
