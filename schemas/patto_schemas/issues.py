"""What can be wrong with a record, said so that the right person can mend it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Owner(StrEnum):
    """Who can fix an issue."""

    PARTNER = "partner"
    """The organisation that sent the record."""
    AMBITO = "ambito"
    """The social district that leads the pact."""
    ENGINEER = "engineer"
    """Whoever wrote or configured the plugin."""
    REGION = "region"
    """The region's staff: code lists, registrations, scopes."""


class Severity(StrEnum):
    """An error sets the record aside; a warning travels with it."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is wrong: a code of the catalogue, the place, and values that are no personal data."""

    code: str
    """A key of the catalogue (`catalogue.py`), as `R1` or `field.missing`."""
    where: str
    """JSON pointer into the record (`/measures/0/started_on`), or the place in the source (`riga 12`)."""
    severity: Severity = Severity.ERROR
    values: Mapping[str, str] = field(default_factory=dict)
    """What the catalogue's sentences name, as `{"latest": "2016-12-31"}`; never a name, a tax code or an address."""
