"""The Ambiti's names and words (`names.toml`) laid over the canonical records: a page becomes records in one pass."""

from __future__ import annotations

from pathlib import Path

from patto_schemas.model import Enrolment, Measure, Pact, Person
from patto_schemas.model.dialect import dialect, read_table

TABLE = read_table(Path(__file__).with_name("names.toml"))

DistrictPerson = dialect(Person, TABLE, "District")
DistrictPact = dialect(Pact, TABLE, "District")
DistrictMeasure = dialect(Measure, TABLE, "District")
DistrictRequest = dialect(Enrolment, TABLE, "District")
