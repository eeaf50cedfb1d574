"""What each issue code means: for partners in plain Italian and English, with an example and who can fix it."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from patto_schemas.catalogue.banks import BANKS
from patto_schemas.catalogue.dealings import DEALINGS
from patto_schemas.catalogue.entry import Entry, fill
from patto_schemas.catalogue.folders import FOLDERS
from patto_schemas.catalogue.invalid import issues_of
from patto_schemas.catalogue.lanes import LANES
from patto_schemas.catalogue.records import RECORDS
from patto_schemas.catalogue.sheets import SHEETS
from patto_schemas.catalogue.signatures import SIGNATURES
from patto_schemas.catalogue.travel import TRAVEL
from patto_schemas.catalogue.troubles import TROUBLES
from patto_schemas.catalogue.webhooks import WEBHOOKS
from patto_schemas.issues import Owner

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patto_schemas.issues import Issue

CATALOGUE: Final[Mapping[str, Entry]] = MappingProxyType(
    {**RECORDS, **DEALINGS, **TRAVEL, **TROUBLES, **FOLDERS, **SHEETS, **BANKS, **SIGNATURES, **WEBHOOKS, **LANES}
)
"""Every issue code that the project gives."""
OWNERS: Final[Mapping[str, Mapping[Owner, str]]] = MappingProxyType(
    {
        "it": MappingProxyType(
            {
                Owner.PARTNER: "chi ha inviato i dati",
                Owner.AMBITO: "l'Ambito che guida il patto",
                Owner.ENGINEER: "chi cura il connettore",
                Owner.REGION: "il personale della Regione",
            }
        ),
        "en": MappingProxyType(
            {
                Owner.PARTNER: "whoever sent the data",
                Owner.AMBITO: "the social district that leads the pact",
                Owner.ENGINEER: "whoever keeps the plugin",
                Owner.REGION: "the region's staff",
            }
        ),
    }
)
"""What each owner is called, by language."""
WORDS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "it": MappingProxyType({"where": "Dove", "example": "Esempio", "who": "Chi può rimediare"}),
        "en": MappingProxyType({"where": "Where", "example": "Example", "who": "Who can fix it"}),
    }
)
_BEFORE_RULES: Final = ("field.", "text.", "key.", "json.")
__all__ = ["CATALOGUE", "OWNERS", "Entry", "checks_follow", "explain", "fill", "issues_of", "owner_of", "render"]


def render(issue: Issue, language: str = "it") -> str:
    """Say an issue in one paragraph, `it` or `en`: what, where, a right value, what to do, who can."""
    entry = CATALOGUE.get(issue.code)
    if entry is None:
        return f"{issue.code} ({issue.where})" if issue.where else issue.code
    owner = OWNERS[language][entry.owner]
    example = issue.values.get("example") or entry.example
    words = WORDS[language]
    parts = (
        explain(issue, language),
        f"{words['where']}: {issue.where}." if issue.where else "",
        f"{words['example']}: {example}." if example else "",
        entry.fix_en if language == "en" else entry.fix_it,
        f"{words['who']}: {owner}.",
    )
    return " ".join(part for part in parts if part)


def explain(issue: Issue, language: str = "it") -> str:
    """Say only what is wrong, in one sentence; the bare code for one that the catalogue lacks."""
    entry = CATALOGUE.get(issue.code)
    if entry is None:
        return issue.code
    return fill(entry.en if language == "en" else entry.it, issue.values)


def owner_of(issue: Issue) -> Owner:
    """Tell who can fix an issue; an engineer for a code that the catalogue lacks."""
    entry = CATALOGUE.get(issue.code)
    return Owner.ENGINEER if entry is None else entry.owner


def checks_follow(code: str) -> bool:
    """Whether a row with this fault could not be read as a record, so that its tax codes and rules are still to check.

    Whoever mends it should look at the whole row: what is wrong beyond this shows only once it can be read.
    """
    return code.startswith(_BEFORE_RULES)
