"""What is said: canonical models, code lists, rules and their published forms."""

from __future__ import annotations

from patto_schemas.issues import Issue, Owner, Severity
from patto_schemas.model import (
    ENTITIES,
    Ambito,
    AttendanceDay,
    AttendanceMonth,
    Consent,
    CourseOffering,
    Employment,
    Enrolment,
    Entity,
    Loan,
    Measure,
    MonitoringRecord,
    Movement,
    Organisation,
    Pact,
    PaymentOrder,
    Person,
    Visit,
)
from patto_schemas.model.base import LOCAL, Identifier, Model, Name, Need
from patto_schemas.model.wire import canonical_json, extras, wire

__all__ = [
    "ENTITIES",
    "LOCAL",
    "Ambito",
    "AttendanceDay",
    "AttendanceMonth",
    "Consent",
    "CourseOffering",
    "Employment",
    "Enrolment",
    "Entity",
    "Identifier",
    "Issue",
    "Loan",
    "Measure",
    "Model",
    "MonitoringRecord",
    "Movement",
    "Name",
    "Need",
    "Organisation",
    "Owner",
    "Pact",
    "PaymentOrder",
    "Person",
    "Severity",
    "Visit",
    "canonical_json",
    "extras",
    "wire",
]
