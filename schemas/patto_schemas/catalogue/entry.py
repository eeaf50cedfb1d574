"""One entry of the catalogue of issues."""

from __future__ import annotations

from dataclasses import dataclass

from patto_schemas.issues import Owner


@dataclass(frozen=True, slots=True)
class Entry:
    """What an issue code means, for people; `{name}` in a sentence is filled from the issue's values."""

    it: str
    """What is wrong, in Italian."""
    en: str
    example: str
    """A right value, invented; empty where none helps."""
    fix_it: str
    """What to do, in Italian."""
    fix_en: str
    owner: Owner = Owner.PARTNER
    """Who can do it."""
