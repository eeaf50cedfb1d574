"""European Learning Model 3.1, LOQ profile: learning opportunities, and tables of what they refer to by id.

The tables stand behind the opportunities, so a document is read whole (within the caps) before its rows go on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from patto_connectors.errors import Malformed
from patto_connectors.xml import Caps, XmlSource
from patto_plugins.training_catalogue.rows import (
    TEXT,
    beyond,
    day,
    every,
    first,
    label,
    language,
    money,
    names,
    row_of,
    translations,
    url,
)
from patto_schemas.model import CourseOffering, Organisation
from patto_schemas.model.wire import wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from datetime import date
    from pathlib import Path

    from lxml.etree import _Element as Element

    from patto_connectors.contract import Batch, Cursor
    from patto_connectors.http.settings import HttpSettings
    from patto_connectors.xml.source import Body

LOQ = "{http://data.europa.eu/snb/model/ap/loq-constraints/}"
MEMORY = 64 * 2**20
"""Bytes of a document: its tables must be in memory to be referred to."""
SCHEDULES = {"72a0ab92fa": "full_time", "67395e6b5a": "part_time", "f230bae523": "part_time"}
MODES = {
    "9191af2ed9": "presential",
    "920fbb3cbe": "online",
    "e92d221e4d": "blended",
    "729f3bed4b": "work_based",
    "7813801c77": "project_based",
}
"""Ends of the addresses in Europass' vocabularies of schedules and modes."""
OPPORTUNITY = "learningOpportunity"
TABLES = {
    OPPORTUNITY: "learningOpportunityReferences",
    "organisation": "agentReferences",
    "agent": "agentReferences",
    "qualification": "learningAchievementSpecificationReferences",
    "learningAchievementSpecification": "learningAchievementSpecificationReferences",
    "learningOutcome": "learningOutcomeReferences",
    "location": "locationReferences",
}
"""What is read, and the table it stands in; elsewhere elements of these names only refer to it."""


class ElmOpportunity(CourseOffering):
    """An opportunity with what the canonical offering has no place for, kept under `elm:` names."""

    model_config = wire(CourseOffering)


class ElmOrganisation(Organisation):
    """An organisation with what the canonical one has no place for."""

    model_config = wire(Organisation)


@dataclass(frozen=True, slots=True, kw_only=True)
class ElmSource:
    """Reads a document of the LOQ profile; each row is an opportunity with what it refers to, or an organisation."""

    xml: XmlSource
    tongue: str

    @property
    def http(self) -> HttpSettings | None:
        """The partner's address, where the document comes from one."""
        return self.xml.http

    async def read(self, after: Cursor | None) -> AsyncIterator[Batch]:
        """Yield organisations and opportunities when the document's tables are known.

        Raises:
            Malformed: the document is refused, breaks off, or names a thing by an id that it does not hold.
        """
        tables: dict[str, dict[str, Any]] = {}
        held: list[Batch] = []
        async for batch in self.xml.read(after):
            for row in batch.rows:
                if not isinstance(row, bytes):
                    tables[str(row["id"])] = dict(row)
            wanted = [n for n, row in enumerate(batch.rows) if not isinstance(row, bytes) and row["is"] in _GIVEN]
            held.append(
                replace(
                    batch,
                    rows=[batch.rows[n] for n in wanted],
                    positions=[batch.positions[n] for n in wanted],
                )
            )
        for batch in held:
            rows = [_resolved(row, tables, self.tongue) for row in batch.rows if not isinstance(row, bytes)]
            yield replace(batch, rows=rows)


_GIVEN = frozenset([OPPORTUNITY, "organisation"])


def source(body: Body, tongue: str, xsd: Path | None = None) -> ElmSource:
    """Read a document, judged by the profile's XSD where that is configured."""
    xml = XmlSource(
        body=body,
        root=f"{LOQ}Courses",
        readers={f"{LOQ}{name}": partial(_named, name) for name in TABLES},
        parents={f"{LOQ}{name}": f"{LOQ}{table}" for name, table in TABLES.items()},
        name="corsi-elm.xml",
        xsd=xsd,
        whole=MEMORY,
        caps=Caps(document=MEMORY),
    )
    return ElmSource(xml=xml, tongue=tongue)


def _named(name: str, element: Element) -> dict[str, Any]:
    row = row_of(element)
    fields = row if isinstance(row, dict) else {}
    return {**fields, "is": name, "id": element.get("id") or f"senza id, riga {element.sourceline}"}


def _resolved(row: Mapping[str, Any], tables: Mapping[str, Mapping[str, Any]], tongue: str) -> dict[str, Any]:
    """Put what an opportunity refers to in the reference's place."""
    if row["is"] != OPPORTUNITY:
        return {**row, "tongue": tongue}
    specification = _referred(row, "learningAchievementSpecification", tables)
    outcomes = [each for one in specification for each in _referred(one, "learningOutcome", tables)]
    return {
        **row,
        "tongue": tongue,
        "providedBy": _referred(row, "providedBy", tables),
        "location": _referred(row, "location", tables),
        "learningAchievementSpecification": [{**each, "learningOutcome": outcomes} for each in specification],
    }


def _referred(row: Mapping[str, Any], name: str, tables: Mapping[str, Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    found = []
    for value in every(row, name):
        wanted = value.get("@idref") if isinstance(value, dict) else None
        if wanted is None:
            continue
        if wanted not in tables:
            raise Malformed(
                "page.malformed",
                f"The document refers to a {name} that it does not hold.",
                hint="Includere nel documento tutto ciò che è citato (put in all that is referred to): chi lo produce.",
            )
        found.append(tables[wanted])
    return found


def translate(row: Mapping[str, Any]) -> CourseOffering | Organisation:
    """Translate a resolved row.

    Raises:
        pydantic.ValidationError: an opportunity without a title or a provider, or a field that is not as agreed.
    """
    return _offering(row) if row["is"] == OPPORTUNITY else _organisation(row)


def _offering(row: Mapping[str, Any]) -> CourseOffering:
    tongue = language(_end(row, "defaultLanguage"), row["tongue"])
    specification: Mapping[str, Any] = next(iter(row["learningAchievementSpecification"]), {})
    provider: Mapping[str, Any] = next(iter(row["providedBy"]), {})
    outcomes = every(specification, "learningOutcome")
    return ElmOpportunity(
        modified_at=_instant(first(row, "modified")),
        offering_id=row["id"],
        identifiers=_identifiers(row),
        provider={
            "provider_id": provider.get("id"),
            "name": _name(provider),
            "homepage": _page(provider),
        },
        title=translations(row, "title", tongue),
        description=translations(row, "description", tongue),
        homepage=_page(row),
        default_language=tongue,
        subjects=[
            found for each in every(specification, "educationSubject") if (found := label(first(each, "prefLabel")))
        ],
        figure=_figure(specification, outcomes),
        objective="\n".join(found for each in outcomes if (found := first(each, "title")))[:TEXT] or None,
        entry_requirement=_note(specification, "entryRequirement"),
        target_groups=[_last(each) for each in every(specification, "targetGroup")],
        qualification=label(first(specification, "title")),
        presentations=[_presentation(row, specification)],
        **beyond(row, _OFFERING, "elm"),
    )


_OFFERING = names(
    "is id tongue identifier title description homepage temporal duration mode learningSchedule "
    "scheduleInformation applicationDeadline priceDetail providedBy location "
    "learningAchievementSpecification defaultLanguage modified"
)
_ORGANISATION = names("is id tongue legalName prefLabel homepage identifier")


def _presentation(row: Mapping[str, Any], specification: Mapping[str, Any]) -> dict[str, Any]:
    temporal = next((each for each in every(row, "temporal") if isinstance(each, dict)), {})
    deadlines: list[date] = [found for each in every(row, "applicationDeadline") if (found := day(each))]
    price = next((each for each in every(row, "priceDetail") if isinstance(each, dict)), {})
    amount = next((each for each in every(price, "amount") if isinstance(each, dict)), {})
    euro = money(first(amount, "value")) if _end(amount, "unit") == "EUR" else None
    place: Mapping[str, Any] = next(iter(row["location"]), {})
    return {
        "edition_id": next((each["value"] for each in _identifiers(row)), row["id"]),
        "start_on": day(first(temporal, "startDate")),
        "end_on": day(first(temporal, "endDate")),
        "apply_until": max(deadlines, default=None),
        "duration": label(first(row, "duration")),
        "study_mode": SCHEDULES.get(_end(row, "learningSchedule") or "", "unknown"),
        "delivery": next((MODES[end] for each in every(row, "mode") if (end := _last(each)) in MODES), None),
        "schedule": label(_note(row, "scheduleInformation")),
        "languages": list(dict.fromkeys(language(_last(each)) for each in every(specification, "language"))),
        "venue": label(
            first(place, "geographicName"), *(_note(each, "fullAddress") for each in every(place, "address"))
        ),
        "cost": euro,
        "cost_text": None if euro is not None else label(first(amount, "value"), _end(amount, "unit")),
    }


def _organisation(row: Mapping[str, Any]) -> Organisation:
    return ElmOrganisation(
        organisation_id=row["id"],
        type="training_provider",
        legal_name=_name(row),
        identifiers=[{"scheme": "local", "value": row["id"]}, *_identifiers(row)],
        homepage=_page(row),
        **beyond(row, _ORGANISATION, "elm"),
    )


def _name(row: Mapping[str, Any]) -> str | None:
    return label(first(row, "legalName") or first(row, "prefLabel"))


def _identifiers(row: Mapping[str, Any]) -> list[dict[str, str]]:
    found = [first(each, "notation") for each in every(row, "identifier") if isinstance(each, dict)]
    return [{"scheme": "local", "value": value} for value in dict.fromkeys(found) if value]


def _figure(specification: Mapping[str, Any], outcomes: list[Any]) -> dict[str, Any]:
    level, field = _end(specification, "EQFLevel") or "", _end(specification, "ISCEDFCode") or ""
    skills = [_uri(skill) for each in outcomes for skill in every(each, "relatedESCOSkill")]
    return {
        "eqf": int(level) if level in set("12345678") else None,
        "isced_f": field if field.isdigit() else None,
        "skills": [each for each in dict.fromkeys(skills) if url(each)],
    }


def _page(row: Mapping[str, Any]) -> str | None:
    return next((url(first(each, "contentUrl")) for each in every(row, "homepage") if isinstance(each, dict)), None)


def _note(row: Any, name: str) -> str | None:  # noqa: ANN401 - what `row_of` gives
    notes = [first(each, "noteLiteral") for each in every(row, name) if isinstance(each, dict)]
    return " ".join(note for note in notes if note) or None


def _uri(value: Any) -> str:  # noqa: ANN401 - what `row_of` gives
    return str(value.get("@uri", "")) if isinstance(value, dict) else ""


def _last(value: Any) -> str:  # noqa: ANN401 - what `row_of` gives
    return _uri(value).rpartition("/")[2]


def _end(row: Mapping[str, Any], name: str) -> str | None:
    """Give the last part of the address that a child refers to: its code in the vocabulary."""
    return next((_last(each) for each in every(row, name)), None)


def _instant(value: str | None) -> str | None:
    """Give an instant that says its offset; without one its order against others is not known."""
    return value if value and value.endswith("Z") else None
