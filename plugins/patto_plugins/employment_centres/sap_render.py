"""Write a measure as a policy of the SAP's section 6, in a sheet (`lavoratore`) with only who it is about beside it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from lxml import etree

from patto_connectors.soap import inner_text
from patto_plugins.employment_centres.sap import INCENTIVES
from patto_schemas.codes.table import table
from patto_schemas.rules.measures import NEEDS_EMPLOYER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from lxml.etree import _Element as Element

    from patto_schemas.model import Measure, Pact, Person
    from patto_schemas.model.base import Entity

LACKING: Final = "lacking"
"""The member of a row that says what is not there yet: `person` or `policy_id`."""


def render(record: Entity, beside: Sequence[Entity]) -> Mapping[str, Any]:
    """Give what the centre is to know after a change: a sheet with the measure, or with all of them for a person.

    Nothing (`{}`) for a change that says nothing new to a centre: a pact's own, or what a centre has said itself.
    """
    records: list[Any] = [record, *beside]
    if record.kind == "person":
        return _of_person(record, records)
    if record.kind != "measure" or not _is_news(record):
        return {}
    return _row(_signer(records), records[:1])


def _of_person(person: Any, records: list[Any]) -> Mapping[str, Any]:  # noqa: ANN401 - a view of a person
    """Give all measures again: the person came after them, or is told of otherwise than before."""
    signer = _signer(records)
    news = [each for each in records if each.kind == "measure" and _is_news(each) and each.policy_id]
    return _row(signer, news) if news and signer is not None and signer.person_id == person.person_id else {}


def _row(signer: Person | None, measures: Sequence[Measure]) -> Mapping[str, Any]:
    if signer is None:
        return {LACKING: "person"}
    if not all(each.policy_id for each in measures):
        return {LACKING: "policy_id"}
    return {"lavoratore": sheet(signer, measures)}


def _is_news(measure: Any) -> bool:  # noqa: ANN401 - a view of a measure
    """Say whether a measure is told by somebody else than a centre: those key theirs by the policy (`sap.measure`).

    What a centre has said is never sent to one, or the two would go on telling each other for ever.
    """
    return bool(measure.measure_id != measure.policy_id)


def _signer(records: Iterable[Any]) -> Person | None:
    """Give the person who signed, as the first of those says it who say it all."""
    pacts: list[Pact] = [each for each in records if each.kind == "pact"]
    named = {(pact.person_scheme, pact.person_id) for pact in pacts}
    found: list[Person] = [
        each
        for each in records
        if each.kind == "person" and named & {(one.scheme, one.value) for one in each.identifiers}
    ]
    return next((each for each in found if _code(each, "cf") and each.residence is not None), None)


def sheet(person: Person, measures: Sequence[Measure]) -> dict[str, Any]:
    """Give a sheet as nested members, by the SAP's names; those without a value stand there as None."""
    home = None if person.residence is None else person.residence.municipality
    birth = person.birth_place
    return {
        "datiinvio": {
            "dataultimoagg": _day(max((each.events[-1].on for each in measures if each.events), default=None)),
            "identificativosap": _code(person, "sap"),
            "codiceentetit": measures[-1].promoter_code if measures else None,
            "tipovariazione": None,
            "datadinascita": _day(person.birth_date),
        },
        "datianagrafici": {
            "datipersonali": {
                "codicefiscale": _code(person, "cf"),
                "cognome": person.family_name,
                "nome": person.given_name,
                "sesso": person.sex,
                "datanascita": _day(person.birth_date),
                "codcomune": None if birth is None else birth.belfiore,
                "codcittadinanza": person.citizenship_code,
            },
            "residenza": {"codcomune": _belfiore().get(home or "")},
        },
        "politiche_attive_lst": {"politiche_attive": [policy(each) for each in measures]},
    }


def policy(measure: Measure) -> dict[str, Any]:
    """Give a measure as a policy; its state is its last event (domain facts, the table of measure states)."""
    last = measure.events[-1] if measure.events else None
    return {
        "tipo_attivita": measure.activity_code,
        "titolo_denominazione": measure.incentive_code if measure.activity_code in INCENTIVES else measure.title,
        "data_proposta": _day(measure.proposed_on),
        "data": _day(measure.started_on),
        "data_fine": _day(measure.ended_on or measure.planned_end_on),
        "durata": measure.duration,
        "tipologia_durata": measure.duration_unit,
        "descrizione": measure.employer_cf
        if measure.activity_code in NEEDS_EMPLOYER
        else (measure.description if measure.activity_code == "C06" else None),
        "titolo_progetto": measure.project_code,
        "codice_ente_promotore": measure.promoter_code,
        "identificativo_politica": measure.policy_id,
        "identificativo_presa_in_carico": measure.take_in_charge_id,
        "ultimo_evento": None if last is None else {"evento": last.code, "data_evento": _day(last.on)},
    }


def document(name: str, members: Mapping[str, Any]) -> str:
    """Write nested members as a document; those without a value are left out, lists are repeated elements."""
    root = etree.Element(name)
    _fill(root, members)
    return inner_text(root)


def _fill(parent: Element, members: Mapping[str, Any]) -> None:
    for name, value in members.items():
        for each in value if isinstance(value, list) else [value]:
            if each is None:
                continue
            child = etree.SubElement(parent, name)
            if isinstance(each, dict):
                _fill(child, each)
            else:
                child.text = str(each)


def _code(person: Person, scheme: str) -> str | None:
    return next((each.value for each in person.identifiers if each.scheme == scheme), None)


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


@lru_cache(maxsize=1)
def _belfiore() -> Mapping[str, str]:
    """Give cadastral codes by ISTAT codes, for Puglia."""
    return {row.code: row.more["belfiore"] for row in table("municipalities").current()}
