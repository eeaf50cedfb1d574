"""Invented courses as XCRI and ELM documents, with the oddities that real catalogues have."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from lxml.etree import _Element as Element

    from patto_schemas.model import CourseOffering
    from patto_schemas.model.training import Presentation, Provider

CAP = "http://xcri.org/profiles/1.2/catalog"
DC = "http://purl.org/dc/elements/1.1/"
MLO = "http://purl.org/net/mlo"
CREDIT = "http://purl.org/net/cm"
XHTML = "http://www.w3.org/1999/xhtml"
SKOS = "http://www.w3.org/2004/02/skos/core#"
LOQ = "http://data.europa.eu/snb/model/ap/loq-constraints/"
SNB = "http://data.europa.eu/snb"
AUTHORITY = "http://publications.europa.eu/resource/authority"
MONTHS = (
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre".split()  # noqa: SIM905 - shorter
)


_LOQ_NAMES = cast("dict[str, str]", {None: LOQ, "skos": SKOS})
_CAP_NAMES = cast("dict[str, str]", {None: CAP, "dc": DC, "mlo": MLO, "credit": CREDIT})


def _add(parent: Element, namespace: str, name: str, text: str | None = None, **attributes: str) -> Element:
    element = etree.SubElement(parent, f"{{{namespace}}}{name}", dict(attributes))
    element.text = text
    return element


def xcri_document(courses: Sequence[CourseOffering]) -> bytes:
    """Write a catalogue: dates in words beside `@dtf`, texts in XHTML, an empty credit level, a mark at the start."""
    root = etree.Element(f"{{{CAP}}}catalog", {"generated": "2026-01-01T00:00:00Z"}, _CAP_NAMES)
    for provider in dict.fromkeys(course.provider for course in courses):
        element = _add(root, CAP, "provider")
        _add(element, DC, "identifier", provider.provider_id)
        _add(element, DC, "title", provider.name)
        _add(element, MLO, "url", provider.homepage or "https://ente.example")
        for course in courses:
            if course.provider == provider:
                _xcri_course(element, course)
    return b"\xef\xbb\xbf" + etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _xcri_course(provider: Element, course: CourseOffering) -> None:
    element = _add(provider, CAP, "course")
    _add(element, DC, "identifier", course.offering_id)
    _add(element, DC, "title", course.title[0].text)
    _add(element, DC, "subject", "Formazione professionale", identifier="RRFP")
    _add(element, MLO, "url", course.homepage)
    objective = _add(_add(element, MLO, "objective"), XHTML, "div")
    _add(objective, XHTML, "p", "Imparare il mestiere.")
    _add(objective, XHTML, "p", "Conoscere la sicurezza sul lavoro.")
    credit = _add(element, MLO, "credit")
    _add(credit, CREDIT, "scheme", "EQF")
    _add(credit, CREDIT, "level", None if course.figure is None else str(course.figure.eqf))
    _add(_add(element, MLO, "credit"), CREDIT, "level")
    for number, presentation in enumerate(course.presentations):
        _xcri_presentation(element, presentation, always=number == 0 and course.offering_id.endswith("7"))


def _xcri_presentation(course: Element, presentation: Presentation, *, always: bool) -> None:
    element = _add(course, CAP, "presentation")
    _add(element, DC, "identifier", presentation.edition_id)
    if always:
        _add(element, MLO, "start", "1900-01-01")
    elif presentation.start_on is not None:
        _add(element, MLO, "start", _words(presentation.start_on), dtf=presentation.start_on.isoformat())
    if presentation.end_on is not None:
        _add(element, CAP, "end", presentation.end_on.isoformat())
    if presentation.apply_until is not None:
        _add(element, CAP, "applyUntil", _words(presentation.apply_until), dtf=presentation.apply_until.isoformat())
    _add(element, MLO, "duration", "5 mesi", interval="P5M")
    _add(element, CAP, "studyMode", "Tempo parziale", identifier="PT")
    _add(element, CAP, "attendanceMode", "In aula")
    _add(element, MLO, "languageOfInstruction", "it")
    _add(element, MLO, "places", str(presentation.places or 15))
    _add(element, MLO, "cost", "0.00")
    venue = _add(_add(element, CAP, "venue"), CAP, "provider")
    _add(venue, DC, "title", presentation.venue)
    location = _add(venue, MLO, "location")
    _add(location, MLO, "street", "via Roma 1")
    _add(location, MLO, "town", "Lecce")
    _add(location, MLO, "postcode", "73100")


def _words(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def elm_document(courses: Sequence[CourseOffering]) -> bytes:
    """Write a document of the LOQ profile: opportunities, then the tables that they refer to."""
    root = etree.Element(f"{{{LOQ}}}Courses", nsmap=_LOQ_NAMES)
    opportunities = _add(root, LOQ, "learningOpportunityReferences")
    for course in courses:
        for presentation in course.presentations:
            _opportunity(opportunities, course, presentation)
    specifications = _add(root, LOQ, "learningAchievementSpecificationReferences")
    for course in courses:
        _specification(specifications, course)
    outcome = _add(_add(root, LOQ, "learningOutcomeReferences"), LOQ, "learningOutcome", id="https://ente.example/lo/1")
    _add(outcome, LOQ, "title", "Conoscere la sicurezza sul lavoro", language="it")
    _agents(root, dict.fromkeys(course.provider for course in courses))
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _opportunity(parent: Element, course: CourseOffering, presentation: Presentation) -> None:
    element = _add(parent, LOQ, "learningOpportunity", id=f"https://ente.example/lop/{presentation.edition_id}")
    _add(_add(element, LOQ, "identifier"), SKOS, "notation", presentation.edition_id)
    _add(element, LOQ, "title", course.title[0].text, language="it")
    homepage = _add(element, LOQ, "homepage")
    _add(homepage, LOQ, "language", uri=f"{AUTHORITY}/language/ITA")
    _add(homepage, LOQ, "contentUrl", course.homepage)
    temporal = _add(element, LOQ, "temporal")
    if presentation.start_on is not None:
        _add(temporal, LOQ, "startDate", f"{presentation.start_on}T00:00:00")
    if presentation.end_on is not None:
        _add(temporal, LOQ, "endDate", f"{presentation.end_on}T00:00:00")
    _add(element, LOQ, "mode", uri=f"{SNB}/learning-assessment/9191af2ed9")
    _add(element, LOQ, "learningSchedule", uri=f"{SNB}/learning-schedule/67395e6b5a")
    if presentation.apply_until is not None:
        _add(element, LOQ, "applicationDeadline", f"{presentation.apply_until}T00:00:00")
    _add(element, LOQ, "providedBy", idref=_organisation_id(course.provider))
    _add(element, LOQ, "learningAchievementSpecification", idref=f"https://ente.example/las/{course.offering_id}")
    _add(element, LOQ, "defaultLanguage", uri=f"{AUTHORITY}/language/ITA")


def _specification(parent: Element, course: CourseOffering) -> None:
    element = _add(parent, LOQ, "qualification", id=f"https://ente.example/las/{course.offering_id}")
    _add(element, LOQ, "title", course.title[0].text, language="it")
    _add(element, LOQ, "ISCEDFCode", uri=f"{SNB}/isced-f/1013")
    _add(element, LOQ, "language", uri=f"{AUTHORITY}/language/ITA")
    _add(element, LOQ, "learningOutcome", idref="https://ente.example/lo/1")
    if course.figure is not None and course.figure.eqf is not None:
        _add(element, LOQ, "EQFLevel", uri=f"{SNB}/eqf/{course.figure.eqf}")
    _add(element, LOQ, "NQFLevel", uri=f"{SNB}/qdr/c_060f2f91")


def _agents(root: Element, providers: Iterable[Provider]) -> None:
    agents = _add(root, LOQ, "agentReferences")
    for provider in providers:
        element = _add(agents, LOQ, "organisation", id=_organisation_id(provider))
        _add(element, LOQ, "legalName", provider.name, language="it")
        _add(element, LOQ, "location", idref="https://ente.example/loc/1")
    location = _add(_add(root, LOQ, "locationReferences"), LOQ, "location", id="https://ente.example/loc/1")
    address = _add(location, LOQ, "address")
    _add(address, LOQ, "countryCode", uri=f"{AUTHORITY}/country/ITA")


def _organisation_id(provider: Provider) -> str:
    return f"https://ente.example/org/{provider.provider_id}"
