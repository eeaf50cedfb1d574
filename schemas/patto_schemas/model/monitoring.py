"""Indicator values for the programme's monitoring (IGRUE IN00, IN01; ESF common indicators)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from patto_schemas.model.base import LOCAL, Entity, Name, Need
from patto_schemas.model.types import Code, Day, Key, Label, Money, Scheme


class MonitoringRecord(Entity):
    """The value of one indicator for a pact, a measure or a project, over a period."""

    kind: ClassVar[str] = "monitoring_record"
    key_field: ClassVar[str] = "record_id"

    record_id: Key
    subject: Literal["pact", "measure", "project"]
    subject_id: Key
    subject_scheme: Scheme = LOCAL
    period_from: Day
    period_to: Day
    indicator_type: Literal["COM", "DPR"] = "COM"
    """IGRUE TIPO_INDICATORE: common or of the programme."""
    indicator_code: Annotated[str, Field(pattern="^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")]
    unit: Label | None = None
    target: Money | None = None
    value: Money
    value_women: Money | None = None
    value_men: Money | None = None
    status: Literal["draft", "validated", "sent", "rejected"]
    computed_from: tuple[Key, ...] = ()
    rule_version: Code | None = None

    def needs(self) -> tuple[Need, ...]:
        """Give the pact or measure; a project lives outside the hub."""
        name = Name(self.subject_scheme, self.subject_id)
        return () if self.subject == "project" else (Need(self.subject, name),)
