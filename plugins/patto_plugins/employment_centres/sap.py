"""The SAP's sheet (`lavoratore`) and its list of DID and pact (`ListaDID`), as rows and records.

Source: the published examples of a regional labour system's test stub and the SAP service classes of SISO; the XSD
("Allegato B") was not found. Of the sheet's other sections nothing is read: experience, studies, languages, status and
profiling are not needed for a pact's sake, nor are addresses and telephones.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from lxml import etree

from patto_connectors.soap import inner_document
from patto_hub import Malformed
from patto_schemas.codes.table import table
from patto_schemas.model import Measure, Person
from patto_schemas.model.base import Identifier, Name
from patto_schemas.model.types import OPEN_END, OPEN_START
from patto_schemas.rules.measures import DRIVEN, NEEDS_EMPLOYER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lxml.etree import _Element as Element

    from patto_connectors.given import Subject
    from patto_schemas.model.measure import MeasureKind

SAP_CODE: Final = re.compile(r"[A-Z]{2}[0-9]{8}[0-9A-Z]")
"""A sheet's code: the documents say nine digits, the examples end in a letter (trap 2)."""
STARTED: Final = frozenset({"02", *(code for code in DRIVEN if code != "01"), "11"})
"""Events that only a measure that has started can have as its last one."""
ENDED: Final = frozenset({*(code for code, field in DRIVEN.items() if field == "ended_on"), "11"})
"""Events after which `data_fine` is the day on which the measure ended; before them it is the day agreed."""
KINDS: Final[Mapping[str, MeasureKind]] = MappingProxyType(
    {
        "A": "orientation",
        "B": "on_the_job",
        "C": "training",
        "D": "community_work",
        "E": "on_the_job",
        "F": "on_the_job",
        "G": "on_the_job",
        "H": "on_the_job",
        "N": "orientation",
    }
)
"""What an activity is, by its first letter; C06 is an internship."""
BENEFIT: Final = re.compile(r"[A-Z]{2}[0-9]")
"""Activities that stand for a benefit, as RC1 for RdC: no measure of a pact."""
INCENTIVES: Final = frozenset({"H01", "H02", "H03"})
"""Activities whose denomination is an incentive's code."""
PERSONAL: Final = ("codicefiscale", "cognome", "nome", "sesso", "datanascita", "codcomune", "codcittadinanza")
POLICY: Final = (
    "tipo_attivita",
    "titolo_denominazione",
    "data_proposta",
    "data",
    "data_fine",
    "durata",
    "tipologia_durata",
    "descrizione",
    "titolo_progetto",
    "codice_ente_promotore",
    "identificativo_politica",
    "identificativo_presa_in_carico",
)
"""What is read of a policy; `indice_profiling` is not: no canonical field, and nothing in a pact needs it."""
EVENT: Final = ("evento", "data_evento")
"""What is read of an event; its description is free text about a person."""
_EMPLOYER: Final = re.compile(r"[0-9]{11}|[A-Z0-9]{16}")


def sheet_rows(text: str, subject: Subject, asked: str) -> list[dict[str, Any]]:
    """Give the rows of a sheet: who it is about, and each policy of section 6.

    Args:
        text: the document, as it came inside the answer.
        subject: the person asked about.
        asked: the sheet's code, where the sheet itself does not say it.

    Raises:
        Malformed: it is no sheet (`sap.document`), or that of somebody else (`sap.person`).
    """
    root = _document(text, "lavoratore")
    code = _said(root, "datiinvio/identificativosap") or asked
    personal = root.find("datianagrafici/datipersonali")
    _same_person(_said(root, "datianagrafici/datipersonali/codicefiscale"), subject, text)
    person = {
        "is": "person",
        "identificativosap": code,
        "residenza": _said(root, "datianagrafici/residenza/codcomune"),
        "anzianita": _said(root, "datiamministrativi/statoinanagrafe/anzianita"),
        **({} if personal is None else _texts(personal, PERSONAL)),
    }
    found = root.iterfind("politiche_attive_lst/politiche_attive")
    return [person, *(_policy_row(each, subject, code) for each in found if _is_measure(each))]


def did_rows(text: str, subject: Subject, known: Iterable[Mapping[str, Any]] = ()) -> list[dict[str, Any]]:
    """Give N00 and A02 of a person as rows, as far as the sheet has not shown them.

    Raises:
        Malformed: it is no such list, or that of somebody else.
    """
    root = _document(text, "ListaDID")
    _same_person(_said(root, "codicefiscale"), subject, text)
    shown = {_identifier(row) for row in known}
    rows = [_policy_row(each, subject, "") for name in ("N00", "A02") for each in root.iterfind(name) if len(each)]
    return [row for row in rows if _identifier(row) not in shown]


def person_of(text: str) -> Name:
    """Give whose sheet a document is.

    Raises:
        Malformed: it is no sheet, or does not say.
    """
    return Name("cf", _said(_document(text, "lavoratore"), "datianagrafici/datipersonali/codicefiscale").upper())


def positions(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Say where each row stands in its sheet."""
    place, found = 0, []
    for row in rows:
        place += row["is"] == "policy"
        found.append(f"politica {place}" if row["is"] == "policy" else "dati personali")
    return found


def translate(row: Mapping[str, Any]) -> Measure | Person:
    """Translate a row of a sheet or of a list.

    Raises:
        KeyError: an element is missing.
        ValueError: the sheet's code has not its shape, or the activity is of no known kind.
        pydantic.ValidationError: another element is not as agreed.
    """
    return _person(row) if row["is"] == "person" else measure(row)


def _person(row: Mapping[str, Any]) -> Person:
    """Say that a sheet is this person's: who, and where the centre believes that they live, to be compared."""
    code = row["identificativosap"]
    if not SAP_CODE.fullmatch(code):
        raise ValueError("a sheet's code is AA00000000A or AA000000000")
    cf = Identifier(scheme="cf", value=row["codicefiscale"].upper())
    home = _istat().get(row["residenza"])
    return Person.model_validate(
        {
            "person_id": code,
            "identifiers": (cf, Identifier(scheme="sap", value=code)),
            "given_name": row["nome"],
            "family_name": row["cognome"],
            "sex": row["sesso"],
            "birth_date": row["datanascita"],
            "birth_place": {"belfiore": row["codcomune"]} if row.get("codcomune") else None,
            "citizenship_code": row.get("codcittadinanza"),
            "residence": None if home is None else {"municipality": home},
            "job_search_months": row["anzianita"] or None,
        }
    )


def measure(row: Mapping[str, Any]) -> Measure:
    """Translate a policy; it is known by its own identifier, which the Ambito knows too.

    Raises:
        KeyError, ValueError, pydantic.ValidationError: as `translate`.
    """
    activity, last = row["tipo_attivita"], row["ultimo_evento"]
    code, policy = last.get("evento"), _identifier(row)
    proposed, started, end = (_day(row.get(name)) for name in ("data_proposta", "data", "data_fine"))
    has_started = code in STARTED if code else started is not None
    denomination, words = row.get("titolo_denominazione"), row.get("descrizione")
    return Measure.model_validate(
        {
            "measure_id": policy or _older_key(row),
            "pact_scheme": row["pact"][0],
            "pact_id": row["pact"][1],
            "type": "internship" if activity == "C06" else _kind(activity),
            "title": None if activity in INCENTIVES else denomination,
            "incentive_code": denomination if activity in INCENTIVES else None,
            "activity_code": activity,
            "project_code": row.get("titolo_progetto"),
            "policy_id": policy or None,
            "take_in_charge_id": row.get("identificativo_presa_in_carico"),
            "promoter_code": row.get("codice_ente_promotore"),
            "employer_cf": words if activity in NEEDS_EMPLOYER and _EMPLOYER.fullmatch(words or "") else None,
            "description": words if activity == "C06" else None,
            "proposed_on": proposed,
            "started_on": started if has_started else None,
            "ended_on": end if code in ENDED else None,
            "planned_end_on": None if code in ENDED else end,
            "duration": row.get("durata"),
            "duration_unit": row.get("tipologia_durata"),
            "events": _events(proposed, started, last) if code else (),
        }
    )


def _events(proposed: str | None, started: str | None, last: Mapping[str, Any]) -> list[dict[str, str]]:
    """Give the events: the last one is said, and the dates that 01 and 02 fix tell of those before (rule R5)."""
    code = last["evento"]
    before = [("01", proposed)] if code != "01" else []
    if code in STARTED and code != "02":
        before.append(("02", started))
    told = [{"code": each, "on": on} for each, on in before if on is not None]
    return [*told, {"code": code, "on": last["data_evento"]}]


def _kind(activity: str) -> MeasureKind:
    if activity[:1] not in KINDS:
        raise ValueError("no known kind of activity")
    return KINDS[activity[:1]]


def _day(written: str | None) -> str | None:
    """Give a day as it is written; None for the days that say "always" and "no end" (trap 8)."""
    if not written:
        return None
    try:
        day = date.fromisoformat(written)
    except ValueError:
        return written  # no date at all: the record's own check says so, with its place
    return written if OPEN_START < day < OPEN_END else None


def _identifier(row: Mapping[str, Any]) -> str:
    """Give a policy's identifier in capitals: the examples have hexadecimal digits in small letters."""
    return (row.get("identificativo_politica") or "").upper()


def _older_key(row: Mapping[str, Any]) -> str:
    """Make a key for a policy from before identifiers (2017): by what else tells it from the sheet's others."""
    return "/".join(row.get(name) or "-" for name in ("sap", "tipo_attivita", "data_proposta", "codice_ente_promotore"))


def _policy_row(element: Element, subject: Subject, code: str) -> dict[str, Any]:
    last = element.find("ultimo_evento")
    event = {} if last is None else _texts(last, EVENT)
    return {"is": "policy", "pact": list(subject.pact), "sap": code, **_texts(element, POLICY), "ultimo_evento": event}


def _texts(element: Element, names: tuple[str, ...]) -> dict[str, str]:
    """Give the texts of some children, empty ones left out; nothing else of the element is taken along."""
    return {name: text for name in names if (text := _said(element, name))}


def _is_measure(element: Element) -> bool:
    return not BENEFIT.fullmatch(_said(element, "tipo_attivita"))


def _document(text: str, name: str) -> Element:
    root = inner_document(text)
    for element in root.iter():  # a partner may give the sheet a namespace, or none
        if isinstance(element.tag, str):
            element.tag = etree.QName(element).localname
    if root.tag != name:
        raise Malformed("sap.document", f"The document inside the answer is no {name}.", content=text.encode())
    return root


def _same_person(said: str, subject: Subject, text: str) -> None:
    if said.upper() != subject.person.value:
        raise Malformed("sap.person", "The sheet is that of somebody else.", content=text.encode())


def _said(element: Element, path: str) -> str:
    return (element.findtext(path) or "").strip()


@lru_cache(maxsize=1)
def _istat() -> Mapping[str, str]:
    """Give ISTAT codes by cadastral codes, for Puglia."""
    return {row.more["belfiore"]: row.code for row in table("municipalities").current()}
