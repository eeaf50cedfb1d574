"""The hub's own feeds and the fields that leave in them: the fewest that the purpose needs."""

from __future__ import annotations

from datetime import date  # noqa: TC003 - pydantic reads it at run time
from decimal import Decimal  # noqa: TC003 - pydantic reads it at run time
from typing import Final

from patto_hub.feeds.concealed import (
    ConcealedDay,
    ConcealedEmployment,
    ConcealedEnrolment,
    ConcealedMeasure,
    ConcealedMonth,
    ConcealedPact,
    ConcealedPerson,
)
from patto_hub.feeds.spec import FeedSpec, Projection, View


class IdentifierView(Projection):
    """A name that somebody gave."""

    scheme: str
    value: str


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


class TranslationView(Projection):
    """A text in one language."""

    language: str
    text: str


class ProviderView(Projection):
    """Who gives a course."""

    provider_id: str
    provider_scheme: str = "local"
    name: str
    homepage: str | None = None


class FigureView(Projection):
    """What a course leads to."""

    rrfp: str | None = None
    qnqr: str | None = None
    eqf: int | None = None
    isced_f: str | None = None
    skills: tuple[str, ...] = ()


class CourseHoursView(Projection):
    """Hours by way of learning."""

    classroom: Decimal | None = None
    work_based: Decimal | None = None
    laboratory: Decimal | None = None


class VenueView(Projection):
    """Where an edition takes place."""

    municipality: str | None = None
    locality: str | None = None
    street: str | None = None
    postcode: str | None = None


class PresentationView(Projection):
    """One edition of a course."""

    edition_id: str
    start_on: date | None = None
    start_text: str | None = None
    end_on: date | None = None
    apply_from: date | None = None
    apply_until: date | None = None
    apply_to: str | None = None
    duration: str | None = None
    study_mode: str = "unknown"
    delivery: str | None = None
    schedule: str | None = None
    languages: tuple[str, ...] = ()
    venue: str | None = None
    address: VenueView | None = None
    places: int | None = None
    cost: Decimal | None = None
    cost_text: str | None = None
    status: str | None = None
    closed_on: date | None = None


class CourseOfferingView(Projection):
    """A course as its provider publishes it."""

    offering_id: str
    identifiers: tuple[IdentifierView, ...] = ()
    provider: ProviderView
    title: tuple[TranslationView, ...]
    description: tuple[TranslationView, ...] = ()
    homepage: str | None = None
    default_language: str = "it"
    subjects: tuple[str, ...] = ()
    figure: FigureView | None = None
    objective: str | None = None
    entry_requirement: str | None = None
    assessment: str | None = None
    target_groups: tuple[str, ...] = ()
    hours: CourseHoursView | None = None
    internship: bool | None = None
    exam: bool | None = None
    qualification: str | None = None
    cost: Decimal | None = None
    presentations: tuple[PresentationView, ...] = ()


class OrganisationView(Projection):
    """A body that takes part; no contacts, which may be of persons."""

    organisation_id: str
    type: str
    legal_name: str
    identifiers: tuple[IdentifierView, ...] = ()
    homepage: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None


class MembershipView(Projection):
    """A municipality's time in a social district."""

    municipality: str
    valid_from: date | None = None
    valid_to: date | None = None
    confirmed: bool = True


class AmbitoView(Projection):
    """A social district."""

    code: str
    name: str
    lead_municipality: str
    members: tuple[MembershipView, ...] = ()


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


_FOLLOW: Final = {
    "it": "Seguire il patto di cui si è parte e le sue misure",
    "en": "Follow the pact that one is a party of, and its measures",
}
_ATTEND: Final = {
    "it": "Sapere chi frequenta e per quante ore, ai fini della misura",
    "en": "Know who attends and for how many hours, for the measure's sake",
}
_WORK: Final = {
    "it": "Verificare che il tirocinio o il lavoro della persona del patto sia iniziato, prosegua o sia finito",
    "en": "See that the internship or job of the pact's person has begun, goes on or has ended",
}
_PAY: Final = {
    "it": "Eseguire i pagamenti disposti per un prestito o per l'indennità di un patto",
    "en": "Execute the payments ordered for a loan or for a pact's indemnity",
}
_RECONCILE: Final = {
    "it": "Riconciliare erogazioni e rate di un prestito con i movimenti del conto",
    "en": "Match a loan's disbursements and instalments with the account's movements",
}
_OFFER: Final = {
    "it": "Conoscere l'offerta formativa pubblica",
    "en": "Know the public offer of courses",
}

_TASK: Final = {
    "it": "Compito di interesse pubblico (art. 6, par. 1, lett. e, GDPR): L.R. Puglia 3/2016; d.lgs. 147/2017",
    "en": "Task in the public interest (art. 6(1)(e) GDPR): regional law Puglia 3/2016; d.lgs. 147/2017",
}
_LABOUR: Final = {
    "it": "Compito di interesse pubblico (art. 6, par. 1, lett. e, GDPR): L.R. Puglia 3/2016; d.lgs. 150/2015",
    "en": "Task in the public interest (art. 6(1)(e) GDPR): regional law Puglia 3/2016; d.lgs. 150/2015",
}
_MONEY: Final = {
    "it": "Compito di interesse pubblico (art. 6, par. 1, lett. e, GDPR): L.R. Puglia 3/2016; per il microcredito"
    " art. 111 d.lgs. 385/1993",
    "en": "Task in the public interest (art. 6(1)(e) GDPR): regional law Puglia 3/2016; for microcredit art. 111 of"
    " d.lgs. 385/1993",
}
_PUBLIC: Final = {
    "it": "Dati pubblici, senza dati di persone: riutilizzo secondo il d.lgs. 36/2006",
    "en": "Public data, none of persons: reuse under d.lgs. 36/2006",
}

PACTS: Final = FeedSpec(
    name="pacts",
    title={"it": "Patti e misure", "en": "Pacts and measures"},
    views=(
        View(kind="person", shape=PersonView, purpose=_FOLLOW, legal_basis=_TASK, under_pseudonyms=ConcealedPerson),
        View(kind="pact", shape=PactView, purpose=_FOLLOW, legal_basis=_TASK, under_pseudonyms=ConcealedPact),
        View(kind="measure", shape=MeasureView, purpose=_FOLLOW, legal_basis=_TASK, under_pseudonyms=ConcealedMeasure),
    ),
)
CATALOGUE: Final = FeedSpec(
    name="catalogue",
    title={"it": "Catalogo dei corsi", "en": "Course catalogue"},
    views=(
        View(
            kind="course_offering",
            shape=CourseOfferingView,
            purpose=_OFFER,
            legal_basis=_PUBLIC,
            version=2,
            under_pseudonyms=CourseOfferingView,
        ),
        View(
            kind="organisation",
            shape=OrganisationView,
            purpose=_OFFER,
            legal_basis=_PUBLIC,
            under_pseudonyms=OrganisationView,
        ),
        View(kind="ambito", shape=AmbitoView, purpose=_OFFER, legal_basis=_PUBLIC, under_pseudonyms=AmbitoView),
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
            purpose=_ATTEND,
            legal_basis=_TASK,
            version=2,
            under_pseudonyms=ConcealedEnrolment,
        ),
        View(
            kind="attendance_day",
            shape=AttendanceDayView,
            purpose=_ATTEND,
            legal_basis=_TASK,
            under_pseudonyms=ConcealedDay,
        ),
        View(
            kind="attendance_month",
            shape=AttendanceMonthView,
            purpose=_ATTEND,
            legal_basis=_TASK,
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
            purpose=_WORK,
            legal_basis=_LABOUR,
            under_pseudonyms=ConcealedEmployment,
        ),
    ),
)
PAYMENTS: Final = FeedSpec(
    name="payments",
    title={"it": "Ordini di pagamento", "en": "Payment orders"},
    views=(View(kind="payment_order", shape=PaymentOrderView, purpose=_PAY, legal_basis=_MONEY),),
)
MOVEMENTS: Final = FeedSpec(
    name="movements",
    title={"it": "Movimenti di conto", "en": "Account movements"},
    views=(View(kind="movement", shape=MovementView, purpose=_RECONCILE, legal_basis=_MONEY),),
)
FEEDS: Final = (PACTS, CATALOGUE, ENROLMENTS, EMPLOYMENTS, PAYMENTS, MOVEMENTS)
"""What the hub offers before any plugin adds to it."""
