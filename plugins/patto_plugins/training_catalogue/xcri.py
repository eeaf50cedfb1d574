"""XCRI-CAP 1.2 (BS 8581 on EN 15982): a catalogue of providers, their courses and each course's presentations.

Met in real files: dates in words with the machine's value only in `@dtf`; 1900-01-01 for "always open"; empty
`credit:level`; XHTML inside texts; a byte order mark; a provider within each venue.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from patto_connectors.xml import XmlSource
from patto_plugins.training_catalogue.rows import (
    beyond,
    day,
    every,
    first,
    label,
    language,
    money,
    names,
    row_of,
    scheme_of,
    text,
    texts,
    translations,
    url,
)
from patto_schemas.model import CourseOffering, Organisation
from patto_schemas.model.training import Presentation
from patto_schemas.model.types import OPEN_START
from patto_schemas.model.wire import wire

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml.etree import _Element as Element

    from patto_connectors.xml.source import Body

CATALOG = "{http://xcri.org/profiles/1.2/catalog}"
DC = "{http://purl.org/dc/elements/1.1/}"
MLO = "{http://purl.org/net/mlo}"
STUDY_MODES = {
    "nk": "unknown",
    "fl": "flexible",
    "ft": "full_time",
    "full-time": "full_time",
    "full time": "full_time",
    "pt": "part_time",
    "part-time": "part_time",
    "part time": "part_time",
    "part-time day": "part_time",
    "pf": "part_of_full_time",
}
"""Codes of the XCRI vocabulary, and words that real catalogues write instead."""


ROWS = frozenset(["course", "provider"])
"""The rows that `source` gives, by their member `is`."""


class XcriPresentation(Presentation):
    """A presentation with what the canonical edition has no place for."""

    model_config = wire(Presentation)


class XcriCourse(CourseOffering):
    """A course with what the canonical offering has no place for, kept under `xcri:` names."""

    model_config = wire(CourseOffering)
    presentations: tuple[XcriPresentation, ...] = ()


class XcriProvider(Organisation):
    """A provider with what the canonical organisation has no place for."""

    model_config = wire(Organisation)


def source(body: Body, tongue: str) -> XmlSource:
    """Read a catalogue's courses and, after each one's courses, its provider."""
    return XmlSource(
        body=body,
        root=f"{CATALOG}catalog",
        readers={f"{CATALOG}course": partial(_course, tongue), f"{CATALOG}provider": _provider},
        parents={f"{CATALOG}provider": f"{CATALOG}catalog"},
        name="catalogo.xml",
    )


def _course(tongue: str, element: Element) -> dict[str, Any]:
    provider = element.getparent()
    by = (
        {}
        if provider is None
        else {
            "identifier": provider.findtext(f"{DC}identifier"),
            "title": provider.findtext(f"{DC}title"),
            "url": provider.findtext(f"{MLO}url"),
        }
    )
    return {**row_of(element), "is": "course", "by": by, "tongue": tongue}


def _provider(element: Element) -> dict[str, Any]:
    return {**row_of(element), "is": "provider"}


def translate(row: Mapping[str, Any]) -> CourseOffering | Organisation:
    """Translate a row of a catalogue.

    Raises:
        KeyError: a course without an identifier.
        pydantic.ValidationError: a course without a title, or another field that is not as agreed.
    """
    return _organisation(row) if row["is"] == "provider" else _offering(row)


def _offering(row: Mapping[str, Any]) -> CourseOffering:
    tongue = row["tongue"]
    ids = _ids(row)
    qualification = next((each for each in every(row, "qualification") if isinstance(each, dict)), {})
    abstract = translations(row, "abstract", tongue)
    described = [each for each in translations(row, "description", tongue) if each not in abstract]
    return XcriCourse(
        offering_id=ids[0],
        identifiers=[{"scheme": "local", "value": value} for value in ids[1:]],
        provider={
            "provider_id": _key(row["by"]["identifier"]),
            "provider_scheme": scheme_of(row["by"]["identifier"]),
            "name": label(row["by"]["title"]),
            "homepage": url(row["by"]["url"]),
        },
        title=translations(row, "title", tongue),
        description=[*abstract, *described],
        homepage=url(first(row, "url")),
        default_language=tongue,
        subjects=[found for each in every(row, "subject") if (found := _subject(each))],
        figure=_figure(row),
        objective=first(row, "objective"),
        entry_requirement=first(row, "prerequisite"),
        assessment=first(row, "assessment"),
        qualification=label(*(first(qualification, name) for name in _QUALIFICATION), first(row, "level")),
        presentations=[_presentation(each, f"{ids[0]}#{n}") for n, each in enumerate(every(row, "presentation"), 1)],
        **beyond(row, _COURSE, "xcri"),
    )


_QUALIFICATION = ("title", "educationLevel", "type", "awardedBy")
_COURSE = names(
    "is by tongue identifier title abstract description url subject objective prerequisite assessment "
    "qualification level presentation"
)
_PRESENTATION = names(
    "identifier start end applyFrom applyUntil applyTo duration studyMode attendanceMode "
    "attendancePattern languageOfInstruction venue places cost"
)
_PROVIDER = names("is identifier title url location course")


def _presentation(row: Mapping[str, Any], otherwise: str) -> dict[str, Any]:
    ids = _ids(row, otherwise)
    start = next(iter(every(row, "start")), None)
    begins = day(start)
    always = begins is not None and begins <= OPEN_START
    mode, written = _study_mode(next(iter(every(row, "studyMode")), None))
    duration = next(iter(every(row, "duration")), None)
    cost = first(row, "cost")
    venue, place = _venue(row)
    return {
        "edition_id": ids[0],
        "identifiers": [{"scheme": "local", "value": value} for value in ids[1:]],
        "start_on": None if always else begins,
        "start_text": "sempre aperto" if always else label(text(start)) if _wordy(start) else None,
        "end_on": day(next(iter(every(row, "end")), None)),
        "apply_from": day(next(iter(every(row, "applyFrom")), None)),
        "apply_until": day(next(iter(every(row, "applyUntil")), None)),
        "apply_to": url(first(row, "applyTo")),
        "duration": label(text(duration), duration.get("@interval") if isinstance(duration, dict) else None),
        "study_mode": mode,
        "schedule": label(written, first(row, "attendanceMode"), first(row, "attendancePattern")),
        "languages": [language(each) for each in texts(row, "languageOfInstruction")],
        "venue": venue,
        "address": place,
        "places": int(places) if (places := first(row, "places") or "").isdigit() else None,
        "cost": money(cost),
        "cost_text": cost if money(cost) is None else None,
        **beyond(row, _PRESENTATION, "xcri"),
    }


def _wordy(start: Any) -> bool:  # noqa: ANN401 - what `row_of` gives
    """Whether a start says in words more than its date does."""
    return day(start) is None or (isinstance(start, dict) and day(text(start)) is None)


def _study_mode(value: Any) -> tuple[str, str | None]:  # noqa: ANN401 - what `row_of` gives
    """Give the mode, and the partner's words where they say more."""
    code = value.get("@identifier") if isinstance(value, dict) else None
    words = text(value)
    mode = STUDY_MODES.get((code or words or "").lower(), "unknown")
    return mode, None if words and STUDY_MODES.get(words.lower()) else words


def _venue(row: Mapping[str, Any]) -> tuple[str | None, dict[str, str | None] | None]:
    """Give a venue's name and address; an address abroad has no Italian postcode and goes into the name's line."""
    venue = next((each for each in every(row, "venue") if isinstance(each, dict)), {})
    within = venue.get("provider")
    provider = within if isinstance(within, dict) else venue
    name = first(provider, "title")
    location = next((each for each in every(provider, "location") if isinstance(each, dict)), {})
    street, town, postcode = (first(location, part) for part in ("street", "town", "postcode"))
    if postcode and len(postcode) == 5 and postcode.isdigit():  # noqa: PLR2004 - an Italian postcode
        return label(name), {"street": label(street), "locality": label(town), "postcode": postcode}
    return label(name, street, town, postcode, first(location, "address")), None


def _organisation(row: Mapping[str, Any]) -> Organisation:
    ids = _ids(row)
    location = next((each for each in every(row, "location") if isinstance(each, dict)), {})
    contacts = [("phone", first(location, "phone")), ("other", first(location, "fax"))]
    mail = first(location, "email")
    contacts.append(("email" if "@" in (mail or "") else "other", mail))
    _, seat = _venue({"venue": row})
    return XcriProvider(
        organisation_id=ids[0],
        type="training_provider",
        legal_name=label(first(row, "title")),
        identifiers=[{"scheme": scheme_of(value), "value": value} for value in ids],
        homepage=url(first(row, "url")),
        seat=seat,
        contacts=[{"channel": channel, "value": label(value)} for channel, value in contacts if value],
        **beyond(row, _PROVIDER, "xcri"),
        **({} if seat or not location else {"xcri:location": location}),
    )


def _subject(value: Any) -> str | None:  # noqa: ANN401 - what `row_of` gives
    return label(text(value), value.get("@identifier") if isinstance(value, dict) else None)


def _figure(row: Mapping[str, Any]) -> dict[str, int] | None:
    for credit in every(row, "credit"):
        if isinstance(credit, dict) and (first(credit, "scheme") or "").upper() == "EQF":
            level = first(credit, "level") or ""
            if level in set("12345678"):
                return {"eqf": int(level)}
    return None


def _key(value: str | None) -> str:
    if not value or not value.strip():
        raise KeyError("identifier")
    return value.strip()


def _ids(row: Mapping[str, Any], otherwise: str | None = None) -> list[str]:
    ids = list(dict.fromkeys(texts(row, "identifier")))
    return ids or [_key(otherwise)]
