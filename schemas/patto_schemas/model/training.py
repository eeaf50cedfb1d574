"""Courses in three levels (provider, course, presentations), enrolments in them, and attendance.

Levels as in XCRI-CAP 1.2 / EN 15982 and in the European Learning Model 3.1; exits as in
the participant record SC01 of the IGRUE protocol (Protocollo Unico di Colloquio).
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from patto_schemas.model.base import LOCAL, Entity, Identifier, Model, Name, Need
from patto_schemas.model.people import Address
from patto_schemas.model.types import (
    Clock,
    Code,
    Count,
    Day,
    Flag,
    Hours,
    Key,
    Label,
    Language,
    Money,
    PolicyId,
    Scheme,
    Text,
    Url,
    ValidFrom,
    ValidTo,
    Whole,
)

EnrolmentStatus = Literal[
    "requested",
    "admitted",
    "waitlisted",
    "enrolled",
    "suspended",
    "completed",
    "withdrawn",
    "excluded",
    "cancelled",
]
PresentationStatus = Literal["planned", "open", "running", "closed", "cancelled"]
"""An edition's life: announced, taking applications, going on, over; or it does not take place."""
AttendanceKind = Literal["present", "justified_absence", "unjustified_absence", "illness"]
StudyMode = Literal["full_time", "part_time", "part_of_full_time", "flexible", "unknown"]
"""XCRI's FT, PT, PF, FL and NK."""
Delivery = Literal["presential", "online", "blended", "work_based", "project_based"]
"""ELM's learning modes."""


class Translation(Model):
    """A text in one language."""

    language: Language
    text: Text


class Provider(Model):
    """The first level: who gives the course."""

    provider_id: Key
    provider_scheme: Scheme = LOCAL
    name: Label
    homepage: Url | None = None
    address: Address | None = None

    @property
    def organisation(self) -> Name:
        """The provider as an organisation."""
        return Name(self.provider_scheme, self.provider_id)


class Figure(Model):
    """What the course leads to, by the reference lists that name it."""

    rrfp: Code | None = None
    """Regional figure (Repertorio regionale delle figure professionali)."""
    qnqr: Code | None = None
    """National qualification (Atlante del lavoro)."""
    eqf: Annotated[int, Whole(1, 8)] | None = None
    isced_f: Annotated[str, Field(pattern="^[0-9]{2,4}$")] | None = None
    skills: tuple[Url, ...] = ()
    """ESCO concepts by URI."""


class CourseHours(Model):
    """Hours by way of learning, as IGRUE record FO00 splits them."""

    classroom: Hours | None = None
    work_based: Hours | None = None
    laboratory: Hours | None = None


class Presentation(Model):
    """The third level: one edition of the course, at a time and a place."""

    edition_id: Key
    identifiers: tuple[Identifier, ...] = ()
    start_on: Day | None = None
    start_text: Label | None = None
    """Where the provider says it only in words, as `settembre 2026`."""
    end_on: Day | None = None
    apply_from: ValidFrom = None
    """None where applications are always open (XCRI writes 1900-01-01)."""
    apply_until: ValidTo = None
    apply_to: Url | None = None
    duration: Label | None = None
    study_mode: StudyMode = "unknown"
    delivery: Delivery | None = None
    schedule: Label | None = None
    languages: tuple[Language, ...] = ()
    venue: Label | None = None
    address: Address | None = None
    places: Count | None = None
    cost: Money | None = None
    cost_text: Text | None = None
    status: PresentationStatus | None = None
    closed_on: Day | None = None
    """The day on which it was over in fact, or was cancelled; `end_on` is the planned one."""


class CourseOffering(Entity):
    """The second level: a course, with its provider and its editions."""

    kind: ClassVar[str] = "course_offering"
    key_field: ClassVar[str] = "offering_id"

    offering_id: Key
    identifiers: tuple[Identifier, ...] = ()
    provider: Provider
    title: Annotated[tuple[Translation, ...], Field(min_length=1)]
    description: tuple[Translation, ...] = ()
    homepage: Url | None = None
    default_language: Language = "it"
    subjects: tuple[Label, ...] = ()
    figure: Figure | None = None
    objective: Text | None = None
    entry_requirement: Text | None = None
    assessment: Text | None = None
    target_groups: tuple[Label, ...] = ()
    hours: CourseHours | None = None
    internship: Flag | None = None
    exam: Flag | None = None
    certificate_code: Code | None = None
    """IGRUE table TC20, or the title of the qualification where there is no code."""
    qualification: Label | None = None
    approval_act: Label | None = None
    cost: Money | None = None
    presentations: tuple[Presentation, ...] = ()

    def names(self) -> tuple[Name, ...]:
        """Give the local key, every identifier, and for each edition `edition:<id>` and its identifiers."""
        names = [Name(LOCAL, self.offering_id), *(identifier.name for identifier in self.identifiers)]
        for presentation in self.presentations:
            names.append(edition(presentation.edition_id))
            names.extend(identifier.name for identifier in presentation.identifiers)
        return tuple(names)

    def organisations(self) -> tuple[Name, ...]:
        """Give the provider."""
        return (self.provider.organisation,)


def edition(edition_id: str) -> Name:
    """Give the name by which an edition is looked up among course offerings."""
    return Name(LOCAL, f"edition:{edition_id}")


class Certificate(Model):
    """What the person got at the end."""

    code: Code
    issued_on: Day
    credential_id: Label | None = None


class Exit(Model):
    """How the person left (IGRUE SC01: DATA_USCITA, STATO_PARTECIPANTE, TIPO_LAVORO)."""

    on: Day
    reason: Code | None = None
    job_type: Code | None = None


class Enrolment(Entity):
    """A person in a course edition, an internship or a service, under one measure."""

    kind: ClassVar[str] = "enrolment"
    key_field: ClassVar[str] = "enrolment_id"

    enrolment_id: Key
    person_id: Key
    person_scheme: Scheme = "cf"
    policy_id: PolicyId
    """The measure, by the SAP policy that every partner knows."""
    type: Literal["course", "internship", "service"]
    edition_id: Key | None = None
    """The course edition, by the catalogue's key."""
    course_code: Key | None = None
    """IGRUE CODICE_CORSO."""
    host_id: Key | None = None
    host_scheme: Scheme = "cf"
    status: EnrolmentStatus
    status_on: Day | None = None
    requested_on: Day | None = None
    started_on: Day | None = None
    ended_on: Day | None = None
    planned_hours: Hours | None = None
    certificate: Certificate | None = None
    exit: Exit | None = None
    note: Text | None = None
    request_id: Key | None = None
    """The request that this confirms or refuses, by the requester's key."""
    request_scheme: Scheme | None = None
    """Whose key that is, as `local:<partner>`; None where there was no request."""

    @property
    def person(self) -> Name:
        """The person enrolled."""
        return Name(self.person_scheme, self.person_id)

    def needs(self) -> tuple[Need, ...]:
        """Give the measure, and the course edition where it names one."""
        measure = Need("measure", Name("policy", self.policy_id))
        return (measure,) if self.edition_id is None else (measure, Need("course_offering", edition(self.edition_id)))

    def organisations(self) -> tuple[Name, ...]:
        """Give the host, where there is one."""
        return () if self.host_id is None else (Name(self.host_scheme, self.host_id),)


class AttendanceDay(Entity):
    """One row of a register: what a person did on one day."""

    kind: ClassVar[str] = "attendance_day"
    key_field: ClassVar[str] = "attendance_id"

    attendance_id: Key
    enrolment_id: Key
    day: Day
    attendance: AttendanceKind
    hours: Hours | None = None
    starts_at: Clock | None = None
    ends_at: Clock | None = None
    activity: Label | None = None
    signed_by_trainee: Flag = False
    signed_by_tutor: Flag = False

    def needs(self) -> tuple[Need, ...]:
        """Give the enrolment."""
        return (Need("enrolment", Name(LOCAL, self.enrolment_id)),)


class AttendanceMonth(Entity):
    """The month's closing, which decides the indemnity."""

    kind: ClassVar[str] = "attendance_month"
    key_field: ClassVar[str] = "attendance_month_id"

    attendance_month_id: Key
    enrolment_id: Key
    month: Annotated[str, Field(pattern="^[0-9]{4}-(0[1-9]|1[0-2])$")]
    """As `2026-03`."""
    planned_hours: Hours | None = None
    attended_hours: Hours
    justified_hours: Hours | None = None
    unjustified_hours: Hours | None = None
    status: Literal["draft", "closed", "sent", "paid"]
    closed_on: Day | None = None
    amount_due: Money | None = None

    def needs(self) -> tuple[Need, ...]:
        """Give the enrolment."""
        return (Need("enrolment", Name(LOCAL, self.enrolment_id)),)
