"""Streams by the domain of their partner, for a first page that stays short with a hundred partners."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from patto_hub.web.standing import needs_attention, overview, urgent_first

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patto_hub.web.standing import Overview, Sight

MANY: Final = 24
"""More streams than this are shown by group; fewer stand in one table."""
URGENT: Final = 20
"""Streams that need attention which a grouped page shows at once; the others stand in their groups."""
ORDER: Final = ("social", "labour", "training", "third_sector", "credit", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The streams of one kind of partner."""

    domain: str
    """social | labour | training | third_sector | credit; empty for partners that speak for no organisation."""
    partners: int
    counts: Overview
    sights: Sequence[Sight]
    """Those that need attention first."""


def grouped(sights: Sequence[Sight], domains: Mapping[str, str]) -> list[Group]:
    """Sort streams by their partner's domain, in the order in which people go through the programme."""
    found: dict[str, list[Sight]] = {}
    for each in sights:
        found.setdefault(domains.get(each.job.partner, ""), []).append(each)
    return [
        Group(
            domain=domain,
            partners=len({each.job.partner for each in found[domain]}),
            counts=overview(found[domain]),
            sights=urgent_first(found[domain]),
        )
        for domain in ORDER
        if domain in found
    ]


def shown(sights: Sequence[Sight], groups: Sequence[Group], wanted: str) -> tuple[list[Sight], list[Sight], int]:
    """Give the streams that a grouped page shows at once, those of the wanted group, and how many it leaves out."""
    urgent = [each for each in sights if needs_attention(each)]
    opened = next((list(each.sights) for each in groups if (each.domain or "other") == wanted), [])
    return urgent[:URGENT], opened, max(len(urgent) - URGENT, 0)
