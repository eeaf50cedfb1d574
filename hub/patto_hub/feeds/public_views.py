"""The shapes of what is public: courses, bodies and social districts, without anything of persons."""

from __future__ import annotations

from datetime import date  # noqa: TC003 - pydantic reads it at run time
from decimal import Decimal  # noqa: TC003 - pydantic reads it at run time

from patto_hub.feeds.spec import Projection


class IdentifierView(Projection):
    """A name that somebody gave."""

    scheme: str
    value: str


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
