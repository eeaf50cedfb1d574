"""Enrolments as the catalogue's REST service lists them: its names and words (`names.toml`) over our fields."""

from __future__ import annotations

from pathlib import Path

from patto_schemas.model import Enrolment
from patto_schemas.model.dialect import dialect, read_table

TABLE = read_table(Path(__file__).with_name("names.toml"))

CatalogueEnrolment = dialect(Enrolment, TABLE, "Catalogue")
