"""Measures of a pact, each one an active policy of the national SAP (section 6)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from patto_schemas.model.base import LOCAL, Entity, Identifier, Model, Name, Need
from patto_schemas.model.pact import DurationUnit
from patto_schemas.model.types import Code, Day, Hours, Key, Label, PolicyId, PromoterCode, Scheme, Text, Whole

MeasureKind = Literal[
    "social_service", "on_the_job", "internship", "training", "community_work", "microcredit", "orientation"
]
EventCode = Annotated[str, Field(pattern="^(0[1-9]|1[0-5])$")]
"""An event of an active policy by the SAP's code, 01 proposed .. 15 excluded (`codes/sap_events.csv`)."""


class MeasureEvent(Model):
    """Something that happened to a measure; events are only ever added."""

    code: EventCode
    on: Day
    note: Text | None = None


class Measure(Entity):
    """A support that the pact gives: an internship, a course, a service, a loan."""

    kind: ClassVar[str] = "measure"
    key_field: ClassVar[str] = "measure_id"

    measure_id: Key
    pact_id: Key
    pact_scheme: Scheme = LOCAL
    type: MeasureKind
    title: Label | None = None
    activity_code: Annotated[str, Field(pattern="^[A-Z][0-9]{2}$")]
    """SAP activity, as `C06` (`codes/sap_activities.csv`)."""
    project_code: Annotated[str, Field(pattern="^[0-9]{2}$")] | None = None
    """SAP project type, as `01`."""
    policy_id: PolicyId | None = None
    take_in_charge_id: Key | None = None
    promoter_code: PromoterCode | None = None
    provider_id: Key | None = None
    provider_scheme: Scheme = "cf"
    host_id: Key | None = None
    host_scheme: Scheme = "cf"
    employer_cf: Annotated[str, Field(pattern="^([0-9]{11}|[A-Z0-9]{16})$")] | None = None
    """Tax code or VAT number of the employer (rule R4)."""
    incentive_code: Code | None = None
    """Denomination of H01..H03, where SAP wants a code."""
    proposed_on: Day | None = None
    started_on: Day | None = None
    ended_on: Day | None = None
    planned_end_on: Day | None = None
    duration: Annotated[int, Whole(0, 100_000)] | None = None
    duration_unit: DurationUnit | None = None
    planned_hours: Hours | None = None
    actual_hours: Hours | None = None
    description: Text | None = None
    events: tuple[MeasureEvent, ...] = ()
    """Oldest first; the last one gives the measure's state."""
    enrolment_ids: tuple[Key, ...] = ()
    loan_id: Key | None = None
    identifiers: tuple[Identifier, ...] = ()

    @property
    def pact(self) -> Name:
        """The pact that the measure belongs to."""
        return Name(self.pact_scheme, self.pact_id)

    def names(self) -> tuple[Name, ...]:
        """Give the local key, the policy identifier and every other identifier."""
        names = (Name(LOCAL, self.measure_id), *(identifier.name for identifier in self.identifiers))
        return names if self.policy_id is None else (*names, Name("policy", self.policy_id))

    def needs(self) -> tuple[Need, ...]:
        """Give the pact."""
        return (Need("pact", self.pact),)

    def organisations(self) -> tuple[Name, ...]:
        """Give the promoter, the provider and the host, as far as they are named."""
        named = (
            None if self.promoter_code is None else Name("cpi_11", self.promoter_code),
            None if self.provider_id is None else Name(self.provider_scheme, self.provider_id),
            None if self.host_id is None else Name(self.host_scheme, self.host_id),
        )
        return tuple(name for name in named if name is not None)
