"""Where the catalogue and others do not say the same of a course."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from patto_hub import Check, Finding
from patto_schemas.issues import Owner
from patto_schemas.model import AttendanceDay, Enrolment, Measure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patto_hub import Dossier, Statement

PATIENCE: Final = timedelta(days=30)
"""How long a request may go unanswered, and a measure may go on after its course has ended."""
RUNNING: Final = frozenset({"02"})
"""The last event of a measure that goes on (SAP: started)."""
OVER: Final = frozenset({"completed", "withdrawn", "excluded"})


def _of(dossier: Dossier, model: type) -> list[Statement]:
    return [each for each in dossier.statements if isinstance(each.record, model)]


def ended_while_running(dossier: Dossier) -> Iterator[Finding]:
    """Find measures that go on although the catalogue has said for a month that the course is over."""
    for said in _of(dossier, Enrolment):
        course = said.record
        if not isinstance(course, Enrolment) or course.type != "course" or course.status not in OVER:
            continue
        for other in _of(dossier, Measure):
            measure = other.record
            if (
                isinstance(measure, Measure)
                and measure.policy_id == course.policy_id
                and other.partner != said.partner
                and (course.ended_on or dossier.today) + PATIENCE < dossier.today
                and measure.events
                and measure.events[-1].code in RUNNING
            ):
                yield Finding(
                    subject=f"measure:{measure.key}", sources=(said.partner, other.partner), owner=Owner.AMBITO
                )


def attended_after_the_end(dossier: Dossier) -> Iterator[Finding]:
    """Find days in a register after the enrolment had ended."""
    ended = {
        (said.partner, said.record.key): said.record.ended_on
        for said in _of(dossier, Enrolment)
        if isinstance(said.record, Enrolment) and said.record.status in OVER and said.record.ended_on is not None
    }
    late: dict[tuple[str, str], Statement] = {}
    for said in _of(dossier, AttendanceDay):
        day = said.record
        if isinstance(day, AttendanceDay) and day.attendance == "present":
            end = ended.get((said.partner, day.enrolment_id))
            if end is not None and day.day > end:
                late.setdefault((said.partner, day.enrolment_id), said)
    for partner, enrolment in sorted(late):
        yield Finding(subject=f"enrolment:{enrolment}", sources=(partner,), owner=Owner.PARTNER)


def hours_above_the_plan(dossier: Dossier) -> Iterator[Finding]:
    """Find courses in which more hours were attended than were planned."""
    attended: dict[tuple[str, str], Decimal] = {}
    for said in _of(dossier, AttendanceDay):
        day = said.record
        if isinstance(day, AttendanceDay) and day.hours is not None and day.attendance == "present":
            key = (said.partner, day.enrolment_id)
            attended[key] = attended.get(key, Decimal(0)) + day.hours
    for said in _of(dossier, Enrolment):
        course = said.record
        if not isinstance(course, Enrolment) or course.type != "course" or course.planned_hours is None:
            continue
        if attended.get((said.partner, course.key), Decimal(0)) > course.planned_hours:
            yield Finding(subject=f"enrolment:{course.key}", sources=(said.partner,), owner=Owner.PARTNER)


def unanswered(dossier: Dossier) -> Iterator[Finding]:
    """Find requests to enrol in a course that nobody has answered for a month."""
    answered = {
        (said.record.request_scheme, said.record.request_id)
        for said in _of(dossier, Enrolment)
        if isinstance(said.record, Enrolment) and said.record.request_id is not None
    }
    for said in _of(dossier, Enrolment):
        asked = said.record
        if (
            isinstance(asked, Enrolment)
            and (asked.type, asked.status) == ("course", "requested")
            and asked.request_id is None
            and (f"local:{said.partner}", asked.key) not in answered
            and (asked.requested_on or dossier.today) + PATIENCE < dossier.today
        ):
            yield Finding(subject=f"enrolment:{asked.key}", sources=(said.partner,), owner=Owner.REGION)


CHECKS: Final = (
    Check(
        rule="course.ended_while_running",
        find=ended_while_running,
        summary={
            "it": "Per il catalogo il corso è finito, per un altro partner la misura è ancora in corso",
            "en": "The catalogue says that the course has ended, another partner that the measure goes on",
        },
    ),
    Check(
        rule="course.attended_after_the_end",
        find=attended_after_the_end,
        summary={"it": "Presenze dopo la fine dell'iscrizione", "en": "Attendance after the enrolment's end"},
    ),
    Check(
        rule="course.hours_above_the_plan",
        find=hours_above_the_plan,
        summary={"it": "Ore frequentate oltre quelle previste", "en": "More hours attended than planned"},
    ),
    Check(
        rule="course.request_unanswered",
        find=unanswered,
        summary={
            "it": "Richiesta di iscrizione senza risposta da oltre 30 giorni",
            "en": "Request to enrol without an answer for over 30 days",
        },
    ),
)
