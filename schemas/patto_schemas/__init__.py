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
    Enrolment,
    Entity,
    Loan,
    Measure,
    MonitoringRecord,
    Organisation,
    Pact,
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
    "Enrolment",
    "Entity",
    "Identifier",
    "Issue",
    "Loan",
    "Measure",
    "Model",
    "MonitoringRecord",
    "Name",
    "Need",
    "Organisation",
    "Owner",
    "Pact",
    "Person",
    "Severity",
    "Visit",
    "canonical_json",
    "extras",
    "wire",
]
