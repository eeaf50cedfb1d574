"""The canonical entities that the hub keeps and serves."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from patto_schemas.model.base import Entity
from patto_schemas.model.credit import Loan, Visit
from patto_schemas.model.employment import Employment
from patto_schemas.model.measure import Measure
from patto_schemas.model.monitoring import MonitoringRecord
from patto_schemas.model.pact import Pact
from patto_schemas.model.payments import Movement, PaymentOrder
from patto_schemas.model.people import Consent, Person
from patto_schemas.model.places import Ambito, Organisation
from patto_schemas.model.training import AttendanceDay, AttendanceMonth, CourseOffering, Enrolment

if TYPE_CHECKING:
    from collections.abc import Mapping

ENTITIES: Final[Mapping[str, type[Entity]]] = MappingProxyType(
    {
        entity.kind: entity
        for entity in (
            Person,
            Consent,
            Organisation,
            Ambito,
            Pact,
            Measure,
            CourseOffering,
            Enrolment,
            AttendanceDay,
            AttendanceMonth,
            Loan,
            Visit,
            MonitoringRecord,
            Employment,
            PaymentOrder,
            Movement,
        )
    }
)
"""Every entity by its kind."""

__all__ = [
    "ENTITIES",
    "Ambito",
    "AttendanceDay",
    "AttendanceMonth",
    "Consent",
    "CourseOffering",
    "Employment",
    "Enrolment",
    "Entity",
    "Loan",
    "Measure",
    "MonitoringRecord",
    "Movement",
    "Organisation",
    "Pact",
    "PaymentOrder",
    "Person",
    "Visit",
]
