"""How the hub's views look where identity is not due: the fields that leave, and the names that leave as pseudonyms.

No free text, day of birth, account or list of identifiers is among them, nor a title that somebody wrote. What names a
person, a pact, a measure, an enrolment or an organisation (which may be one person's firm) is marked as a pseudonym.
"""

from __future__ import annotations

from datetime import date  # noqa: TC003 - pydantic reads it at run time
from decimal import Decimal  # noqa: TC003 - pydantic reads it at run time
from typing import Annotated

from patto_hub.feeds.marked import Pseudonym
from patto_hub.feeds.spec import Projection

_Person = Annotated[str, Pseudonym("person", scheme="person_scheme")]
_Pact = Annotated[str, Pseudonym("pact", scheme="pact_scheme")]
_POLICY = Pseudonym("policy", common="policy")
_Enrolment = Annotated[str, Pseudonym("enrolment")]


class ConcealedPerson(Projection):
    """That there is a person, and by which pseudonym pacts and enrolments name it."""

    person_id: Annotated[str, Pseudonym("person", among="identifiers")]


class ConcealedPact(Projection):
    """That a pact exists, in which Ambito and state."""

    pact_id: Annotated[str, Pseudonym("pact")]
    person_id: _Person
    person_scheme: str = "cf"
    ambito: str
    scheme: str
    signed_on: date | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    status: str
    loan_mode: str = "none"
    next_review_on: date | None = None


class ConcealedEvent(Projection):
    """Something that happened to a measure, without notes."""

    code: str
    on: date


class ConcealedMeasure(Projection):
    """What a measure is, and how far it is."""

    measure_id: Annotated[str, Pseudonym("measure")]
    pact_id: _Pact
    pact_scheme: str = "local"
    type: str
    activity_code: str
    policy_id: Annotated[str | None, _POLICY] = None
    provider_id: Annotated[str | None, Pseudonym("organisation", scheme="provider_scheme", common="cf")] = None
    provider_scheme: str | None = None
    host_id: Annotated[str | None, Pseudonym("organisation", scheme="host_scheme", common="cf")] = None
    host_scheme: str | None = None
    proposed_on: date | None = None
    started_on: date | None = None
    ended_on: date | None = None
    planned_end_on: date | None = None
    planned_hours: Decimal | None = None
    actual_hours: Decimal | None = None
    events: tuple[ConcealedEvent, ...] = ()


class ConcealedEnrolment(Projection):
    """That somebody is in a course, an internship or a service, and in which state."""

    enrolment_id: _Enrolment
    person_id: _Person
    person_scheme: str = "cf"
    policy_id: Annotated[str, _POLICY]
    type: str
    edition_id: str | None = None
    course_code: str | None = None
    status: str
    status_on: date | None = None
    requested_on: date | None = None
    started_on: date | None = None
    ended_on: date | None = None
    planned_hours: Decimal | None = None


class ConcealedDay(Projection):
    """Hours attended on a day."""

    attendance_id: Annotated[str, Pseudonym("attendance_day")]
    enrolment_id: _Enrolment
    day: date
    hours: Decimal | None = None


class ConcealedMonth(Projection):
    """A month's closing: hours and state."""

    attendance_month_id: Annotated[str, Pseudonym("attendance_month")]
    enrolment_id: _Enrolment
    month: str
    planned_hours: Decimal | None = None
    attended_hours: Decimal
    status: str


class ConcealedEmployment(Projection):
    """That an internship or a job goes on or has ended."""

    employment_id: Annotated[str, Pseudonym("employment")]
    person_id: _Person
    person_scheme: str = "cf"
    pact_id: _Pact
    pact_scheme: str = "local"
    type: str
    contract_code: str | None = None
    employer_id: Annotated[str | None, Pseudonym("organisation", scheme="employer_scheme", common="cf")] = None
    employer_scheme: str | None = None
    promoter_id: Annotated[str | None, Pseudonym("organisation", scheme="promoter_scheme", common="cf")] = None
    promoter_scheme: str | None = None
    started_on: date
    planned_end_on: date | None = None
    ended_on: date | None = None
    status: str
