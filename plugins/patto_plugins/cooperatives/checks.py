"""Where registers contradict themselves, the pact, or each other."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from itertools import combinations
from typing import TYPE_CHECKING, Final

from patto_hub import Check, Finding
from patto_schemas.issues import Owner
from patto_schemas.model import AttendanceDay, AttendanceMonth, Enrolment, Pact

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from patto_hub import Dossier

NOTHING: Final = Decimal(0)
TOLERATED: Final = Decimal(0)
"""The part of a month's planned hours that may be missed without excuse before nothing is due.

Attendance without unjustified absence is a condition of the indemnity (Reg. reg. Puglia 8/2016)."""
KEPT: Final = frozenset({"internship", "service"})
"""Enrolments whose registers these rules look at; courses have rules of their own."""


def _enrolments(dossier: Dossier) -> dict[tuple[str, str], Enrolment]:
    return {
        (said.partner, said.record.key): said.record
        for said in dossier.statements
        if isinstance(said.record, Enrolment) and said.record.type in KEPT
    }


def _present(dossier: Dossier) -> Iterator[tuple[tuple[str, str], AttendanceDay]]:
    """Give the days of presence with (partner, enrolment)."""
    for said in dossier.statements:
        if isinstance(said.record, AttendanceDay) and said.record.attendance == "present":
            yield (said.partner, said.record.enrolment_id), said.record


def two_hosts_on_a_day(dossier: Dossier) -> Iterator[Finding]:
    """Find internships of one person at two hosts that have a day in common."""
    enrolments = _enrolments(dossier)
    by_day: dict[date, set[tuple[str, str]]] = defaultdict(set)
    for key, day in _present(dossier):
        if key in enrolments and enrolments[key].type == "internship":
            by_day[day.day].add(key)
    clashing = {
        pair
        for there in by_day.values()
        for pair in combinations(sorted(there), 2)
        if enrolments[pair[0]].host_id != enrolments[pair[1]].host_id
    }
    for first, second in sorted(clashing):
        yield Finding(
            subject=f"enrolment:{first[1]}+enrolment:{second[1]}",
            sources=tuple(dict.fromkeys((first[0], second[0]))),
            owner=Owner.PARTNER,
        )


def attended_after_the_pact(dossier: Dossier) -> Iterator[Finding]:
    """Find registers that go on after the pact was closed."""
    closed = [
        (said.partner, said.record.closure.on)
        for said in dossier.statements
        if isinstance(said.record, Pact) and said.record.closure is not None
    ]
    last: dict[tuple[str, str], date] = {}
    enrolments = _enrolments(dossier)
    for key, day in _present(dossier):
        if key in enrolments:
            last[key] = max(day.day, last.get(key, day.day))
    for ambito, on in closed:
        for (partner, enrolment), end in sorted(last.items()):
            if end > on:
                yield Finding(subject=f"enrolment:{enrolment}", sources=(ambito, partner), owner=Owner.AMBITO)


def hours_above_the_plan(dossier: Dossier) -> Iterator[Finding]:
    """Find internships and services that have taken more hours than were planned."""
    attended: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for key, day in _present(dossier):
        attended[key] += day.hours or NOTHING
    for key, enrolment in _enrolments(dossier).items():
        if enrolment.planned_hours is not None and attended[key] > enrolment.planned_hours:
            yield Finding(subject=f"enrolment:{key[1]}", sources=(key[0],), owner=Owner.PARTNER)


def _closed(dossier: Dossier) -> Iterator[tuple[str, AttendanceMonth]]:
    for said in dossier.statements:
        if isinstance(said.record, AttendanceMonth) and said.record.status != "draft":
            yield said.partner, said.record


def month_differs_from_days(dossier: Dossier) -> Iterator[Finding]:
    """Find closed months whose hours are not those of their days."""
    hours: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for (partner, enrolment), day in _present(dossier):
        hours[partner, enrolment, f"{day.day:%Y-%m}"] += day.hours or NOTHING
    for partner, month in _closed(dossier):
        if month.attended_hours != hours[partner, month.enrolment_id, month.month]:
            yield Finding(subject=f"attendance_month:{month.key}", sources=(partner,), owner=Owner.PARTNER)


def due_despite_absences(dossier: Dossier) -> Iterator[Finding]:
    """Find closed months with an indemnity although the person was away without excuse."""
    for partner, month in _closed(dossier):
        missed = month.unjustified_hours or NOTHING
        if (month.amount_due or NOTHING) > NOTHING and missed > (month.planned_hours or NOTHING) * TOLERATED:
            yield Finding(subject=f"attendance_month:{month.key}", sources=(partner,), owner=Owner.AMBITO)


CHECKS: Final = (
    Check(
        rule="internship.two_hosts_on_a_day",
        find=two_hosts_on_a_day,
        summary={
            "it": "Due tirocini nello stesso giorno presso due soggetti ospitanti",
            "en": "Two internships on the same day at two hosts",
        },
    ),
    Check(
        rule="internship.attended_after_the_pact",
        find=attended_after_the_pact,
        summary={"it": "Presenze dopo la chiusura del patto", "en": "Attendance after the pact was closed"},
    ),
    Check(
        rule="internship.hours_above_the_plan",
        find=hours_above_the_plan,
        summary={
            "it": "Ore di tirocinio o di servizio oltre quelle previste",
            "en": "More hours of internship or service than planned",
        },
    ),
    Check(
        rule="internship.month_differs_from_days",
        find=month_differs_from_days,
        summary={
            "it": "Il totale del mese chiuso non è la somma dei suoi giorni",
            "en": "A closed month's total is not the sum of its days",
        },
    ),
    Check(
        rule="internship.due_despite_absences",
        find=due_despite_absences,
        summary={
            "it": "Indennità dovuta benché il mese abbia assenze ingiustificate",
            "en": "An indemnity is due although the month has unjustified absences",
        },
    ),
)
