"""The hub's own feeds and the fields that leave in them: the fewest that the purpose needs."""

from __future__ import annotations

from datetime import date  # noqa: TC003 - pydantic reads it at run time
from decimal import Decimal  # noqa: TC003 - pydantic reads it at run time
from typing import Final

from patto_hub.feeds import grounds
from patto_hub.feeds.concealed import (
    ConcealedDay,
    ConcealedEmployment,
    ConcealedEnrolment,
    ConcealedMeasure,
    ConcealedMonth,
    ConcealedPact,
    ConcealedPerson,
)
from patto_hub.feeds.public_views import AmbitoView, CourseOfferingView, IdentifierView, OrganisationView
from patto_hub.feeds.spec import FeedSpec, Projection, View


class PersonView(Projection):
    """Who the person of a pact is; nothing of health, household, home or work."""

    person_id: str
    identifiers: tuple[IdentifierView, ...] = ()
    given_name: str
    family_name: str
    birth_date: date


class PactView(Projection):
    """That a pact exists, with whom, and in which state; no goals, sanctions or amounts."""

    pact_id: str
    pact_number: str | None = None
    person_id: str
    person_scheme: str = "cf"
    ambito: str
    scheme: str
    signed_on: date | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    status: str
    loan_mode: str = "none"
    next_review_on: date | None = None


class MeasureEventView(Projection):
    """Something that happened to a measure, without notes."""

    code: str
    on: date


class MeasureView(Projection):
    """What the pact's measure is, who carries it out, and how far it is."""

    measure_id: str
    pact_id: str
    pact_scheme: str = "local"
    type: str
    title: str | None = None
    activity_code: str
    policy_id: str | None = None
    promoter_code: str | None = None
    provider_id: str | None = None
    provider_scheme: str = "cf"
    host_id: str | None = None
    host_scheme: str = "cf"
    proposed_on: date | None = None
    started_on: date | None = None
    ended_on: date | None = None
    planned_end_on: date | None = None
    planned_hours: Decimal | None = None
    actual_hours: Decimal | None = None
    events: tuple[MeasureEventView, ...] = ()


class EnrolmentView(Projection):
    """That a person is in a course, an internship or a service, and in which state; no notes, no way out."""

    enrolment_id: str
    person_id: str
    person_scheme: str = "cf"
    policy_id: str
    type: str
    edition_id: str | None = None
    course_code: str | None = None
    status: str
    status_on: date | None = None
    requested_on: date | None = None
    started_on: date | None = None
    ended_on: date | None = None
    planned_hours: Decimal | None = None
    request_id: str | None = None
    request_scheme: str | None = None


class AttendanceDayView(Projection):
    """Hours attended on a day; not why somebody was away, which may tell of health."""

    attendance_id: str
    enrolment_id: str
    day: date
    hours: Decimal | None = None


class AttendanceMonthView(Projection):
    """A month's closing: hours and state."""

    attendance_month_id: str
    enrolment_id: str
    month: str
    planned_hours: Decimal | None = None
    attended_hours: Decimal
    status: str


class EmploymentView(Projection):
    """That an internship or a job of the pact's person goes on or has ended; not why, nor what was notified."""

    employment_id: str
    person_id: str
    person_scheme: str = "cf"
    pact_id: str
    pact_scheme: str = "local"
    type: str
    contract_code: str | None = None
    employer_id: str | None = None
    employer_scheme: str = "cf"
    promoter_id: str | None = None
    promoter_scheme: str = "cf"
    started_on: date
    planned_end_on: date | None = None
    ended_on: date | None = None
    status: str


class PaymentOrderView(Projection):
    """What a bank needs to pay; of the payee the name and the account, and neither pact nor loan."""

    order_id: str
    type: str
    debtor_name: str
    debtor_iban: str
    creditor_name: str
    creditor_iban: str
    amount: Decimal
    currency: str = "EUR"
    requested_on: date
    end_to_end_id: str
    remittance: str | None = None
    bank_id: str | None = None
    bank_scheme: str = "bic"
    status: str


class MovementView(Projection):
    """That money came or went and what it belongs to; not the entry's text, which may name people."""

    movement_id: str
    account_iban: str
    statement_id: str | None = None
    booked_on: date | None = None
    value_on: date | None = None
    amount: Decimal
    direction: str
    currency: str = "EUR"
    status: str
    end_to_end_id: str | None = None
    bank_reference: str | None = None
    transaction_code: str | None = None


CLOSED_EDITIONS: Final = {
    "it": "Aggiunti a ogni edizione lo stato (status) e il giorno di chiusura (closed_on).",
    "en": "Each edition got its state (status) and the day when it closed (closed_on).",
}
REQUESTS: Final = {
    "it": "Aggiunto il codice della richiesta da cui nasce l'iscrizione (request_id, request_scheme).",
    "en": "The code of the request that led to the enrolment was added (request_id, request_scheme).",
}
PACTS: Final = FeedSpec(
    name="pacts",
    title={"it": "Patti e misure", "en": "Pacts and measures"},
    views=(
        View(
            kind="person",
            shape=PersonView,
            purpose=grounds.FOLLOW,
            legal_basis=grounds.TASK,
            under_pseudonyms=ConcealedPerson,
        ),
        View(
            kind="pact",
            shape=PactView,
            purpose=grounds.FOLLOW,
            legal_basis=grounds.TASK,
            under_pseudonyms=ConcealedPact,
        ),
        View(
            kind="measure",
            shape=MeasureView,
            purpose=grounds.FOLLOW,
            legal_basis=grounds.TASK,
            under_pseudonyms=ConcealedMeasure,
        ),
    ),
)
CATALOGUE: Final = FeedSpec(
    name="catalogue",
    title={"it": "Catalogo dei corsi", "en": "Course catalogue"},
    views=(
        View(
            kind="course_offering",
            shape=CourseOfferingView,
            purpose=grounds.OFFER,
            legal_basis=grounds.PUBLIC,
            version=2,
            changes={2: CLOSED_EDITIONS},
            under_pseudonyms=CourseOfferingView,
        ),
        View(
            kind="organisation",
            shape=OrganisationView,
            purpose=grounds.OFFER,
            legal_basis=grounds.PUBLIC,
            under_pseudonyms=OrganisationView,
        ),
        View(
            kind="ambito",
            shape=AmbitoView,
            purpose=grounds.OFFER,
            legal_basis=grounds.PUBLIC,
            under_pseudonyms=AmbitoView,
        ),
    ),
    public=True,
)
ENROLMENTS: Final = FeedSpec(
    name="enrolments",
    title={"it": "Iscrizioni e presenze", "en": "Enrolments and attendance"},
    views=(
        View(
            kind="enrolment",
            shape=EnrolmentView,
            purpose=grounds.ATTEND,
            legal_basis=grounds.TASK,
            version=2,
            changes={2: REQUESTS},
            under_pseudonyms=ConcealedEnrolment,
        ),
        View(
            kind="attendance_day",
            shape=AttendanceDayView,
            purpose=grounds.ATTEND,
            legal_basis=grounds.TASK,
            under_pseudonyms=ConcealedDay,
        ),
        View(
            kind="attendance_month",
            shape=AttendanceMonthView,
            purpose=grounds.ATTEND,
            legal_basis=grounds.TASK,
            under_pseudonyms=ConcealedMonth,
        ),
    ),
)
EMPLOYMENTS: Final = FeedSpec(
    name="employments",
    title={"it": "Tirocini e rapporti di lavoro", "en": "Internships and jobs"},
    views=(
        View(
            kind="employment",
            shape=EmploymentView,
            purpose=grounds.WORK,
            legal_basis=grounds.LABOUR,
            under_pseudonyms=ConcealedEmployment,
        ),
    ),
)
PAYMENTS: Final = FeedSpec(
    name="payments",
    title={"it": "Ordini di pagamento", "en": "Payment orders"},
    views=(View(kind="payment_order", shape=PaymentOrderView, purpose=grounds.PAY, legal_basis=grounds.MONEY),),
)
MOVEMENTS: Final = FeedSpec(
    name="movements",
    title={"it": "Movimenti di conto", "en": "Account movements"},
    views=(View(kind="movement", shape=MovementView, purpose=grounds.RECONCILE, legal_basis=grounds.MONEY),),
)
FEEDS: Final = (PACTS, CATALOGUE, ENROLMENTS, EMPLOYMENTS, PAYMENTS, MOVEMENTS)
"""What the hub offers before any plugin adds to it."""
