"""Codes stand in their list on the day that counts; a list that is only partly known gives warnings."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from patto_schemas.codes import table
from patto_schemas.issues import Issue, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from patto_schemas.model import Employment, MonitoringRecord, Organisation, Pact, Person
    from patto_schemas.model.measure import Measure


@lru_cache(maxsize=4096)
def _listed(name: str, code: str, on: date | None) -> str | None:
    """Give the issue code of a code on a day, or None where the list has it (today's list if no day counts)."""
    codes = table(name)
    if code not in codes:
        return "code.unknown" if codes.complete else "code.unlisted"
    return None if codes.find(code, on) else "code.expired"


def _check(name: str, code: str | None, where: str, on: date | None = None) -> tuple[Issue, ...]:
    found = None if code is None else _listed(name, code, on)
    if found is None:
        return ()
    severity = Severity.WARNING if found == "code.unlisted" else Severity.ERROR
    return (Issue(found, where, severity, {"list": name}),)


@lru_cache(maxsize=1)
def _puglia() -> frozenset[str]:
    return frozenset(row.more["istat"] for row in table("provinces").current())


def municipality(code: str | None, where: str) -> tuple[Issue, ...]:
    """Check a municipality of Puglia; the list has no others, so others pass."""
    return _check("municipalities", code, where) if code is not None and code[:3] in _puglia() else ()


def person_codes(person: Person) -> Iterable[Issue]:
    """Education, labour condition, household and municipalities of a person."""
    yield from _check("education_levels", person.education, "/education")
    yield from _check("labour_statuses", person.labour_status, "/labour_status")
    yield from _check("household_types", person.household_type, "/household_type")
    if person.residence is not None:
        yield from municipality(person.residence.municipality, "/residence/municipality")
    if person.domicile is not None:
        yield from municipality(person.domicile.municipality, "/domicile/municipality")


def organisation_codes(organisation: Organisation) -> Iterable[Issue]:
    """Legal form and seat of an organisation."""
    yield from _check("legal_forms", organisation.legal_form, "/legal_form")
    if organisation.seat is not None:
        yield from municipality(organisation.seat.municipality, "/seat/municipality")


def pact_codes(pact: Pact) -> Iterable[Issue]:
    """Social district and municipality of a pact."""
    return _check("ambiti", pact.ambito, "/ambito") + municipality(pact.municipality, "/municipality")


def measure_codes(measure: Measure) -> Iterable[Issue]:
    """Activity and project type of a measure, valid on the day it was proposed."""
    day = measure.proposed_on
    return _check("sap_activities", measure.activity_code, "/activity_code", day) + _check(
        "project_types", measure.project_code, "/project_code", day
    )


def employment_codes(employment: Employment) -> Iterable[Issue]:
    """Contract type of an employment, valid on its first day."""
    return _check("contract_types", employment.contract_code, "/contract_code", employment.started_on)


def indicator_is_listed(record: MonitoringRecord) -> Iterable[Issue]:
    """A common indicator, valid on the period's first day."""
    if record.indicator_type != "COM":
        return ()
    return _check("esf_indicators", record.indicator_code, "/indicator_code", record.period_from)
