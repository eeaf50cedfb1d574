"""Rules R1..R7 on measures, from ANPAL's technical documents on the SAP's section 6."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from patto_schemas.identity import policy
from patto_schemas.issues import Issue, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from patto_schemas.model import Enrolment, Measure

END_NEEDED_SINCE: Final = date(2015, 12, 9)
POLICY_NEEDED_SINCE: Final = date(2017, 12, 4)
NEEDS_EMPLOYER: Final = frozenset({"D01", "E01", "E02", "E03", "H01", "H02", "H03"})
NEEDS_DESCRIPTION: Final = frozenset({"C06"})
DRIVEN: Final = {
    "01": "proposed_on",
    "02": "started_on",
    "05": "ended_on",
    "07": "ended_on",
    "08": "ended_on",
    "09": "ended_on",
    "10": "ended_on",
    "12": "ended_on",
    "14": "ended_on",
    "15": "ended_on",
}
"""The date that each event fixes; 03, 04, 06, 11 and 13 fix none."""


def dates_in_order(measure: Measure) -> Iterable[Issue]:
    """R1: proposed, then started, then ended."""
    proposed, started, ended = measure.proposed_on, measure.started_on, measure.ended_on
    if started and proposed and started < proposed:
        yield Issue("R1.start", "/started_on", values={"earliest": proposed.isoformat()})
    if started and ended and ended < started:
        yield Issue("R1.end", "/ended_on", values={"earliest": started.isoformat()})


def enrolment_dates_in_order(enrolment: Enrolment) -> Iterable[Issue]:
    """R1 on enrolments: requested, then started, then ended."""
    requested, started, ended = enrolment.requested_on, enrolment.started_on, enrolment.ended_on
    if started and requested and started < requested:
        yield Issue("R1.start", "/started_on", values={"earliest": requested.isoformat()})
    if started and ended and ended < started:
        yield Issue("R1.end", "/ended_on", values={"earliest": started.isoformat()})


def end_is_given(measure: Measure) -> Iterable[Issue]:
    """R2: a started measure says its end, planned at least, for C*, D*, E* or if proposed since 9 December 2015."""
    if measure.started_on is None or measure.ended_on is not None or measure.planned_end_on is not None:
        return
    proposed = measure.proposed_on
    if measure.activity_code[0] in "CDE" or (proposed is not None and proposed >= END_NEEDED_SINCE):
        yield Issue("R2", "/ended_on")


def duration_has_unit(measure: Measure) -> Iterable[Issue]:
    """R3: duration and unit both or none, and a duration is positive."""
    if (measure.duration is None) != (measure.duration_unit is None):
        yield Issue("R3.pair", "/duration" if measure.duration is None else "/duration_unit")
    if measure.duration == 0:
        yield Issue("R3.positive", "/duration")


def activity_has_its_details(measure: Measure) -> Iterable[Issue]:
    """R4: the employer for public-utility work, contracts and incentives; a description for internships."""
    if measure.employer_cf is None and measure.activity_code in NEEDS_EMPLOYER:
        yield Issue("R4.employer", "/employer_cf", values={"activity": measure.activity_code})
    if not measure.description and measure.activity_code in NEEDS_DESCRIPTION:
        yield Issue("R4.description", "/description", values={"activity": measure.activity_code})


def last_event_fixes_date(measure: Measure) -> Iterable[Issue]:
    """R5: the date that the last event fixes is the event's date."""
    if not measure.events:
        return
    last = measure.events[-1]
    field = DRIVEN.get(last.code)
    if field is not None and getattr(measure, field) != last.on:
        yield Issue("R5", f"/{field}", values={"event": last.code, "expected": last.on.isoformat()})


def policy_is_identified(measure: Measure) -> Iterable[Issue]:
    """R6: policy id and last event, if proposed since 4 December 2017."""
    if measure.proposed_on is None or measure.proposed_on < POLICY_NEEDED_SINCE:
        return
    if measure.policy_id is None:
        yield Issue("R6.policy_id", "/policy_id")
    if not measure.events:
        yield Issue("R6.event", "/events")


def policy_letter_agrees(measure: Measure) -> Iterable[Issue]:
    """R7: the policy id's letter agrees with promoter, activity and date; a warning, as later edits keep the letter."""
    if measure.policy_id is None or measure.promoter_code is None or measure.proposed_on is None:
        return
    letter = policy.check_letter(measure.promoter_code, measure.activity_code, measure.proposed_on)
    if measure.policy_id[-1] != letter:
        yield Issue("R7", "/policy_id", Severity.WARNING, {"expected": letter})
