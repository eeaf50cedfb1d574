"""Which municipalities an invented Ambito has, and which Ambiti share a partner.

Memberships that are known are kept; the other municipalities of a province are dealt out among its Ambiti whose members
nobody has published. That is an invention for invented people: `codes.territory` guesses nothing.
"""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from patto_schemas.codes.table import table
from patto_schemas.codes.territory import ambiti

if TYPE_CHECKING:
    from collections.abc import Mapping

CENTRES: Final = MappingProxyType({"FG": 2, "BT": 2, "BA": 3, "BR": 1, "TA": 2, "LE": 3})
"""Employment centres of each province."""
COOPERATIVES: Final = MappingProxyType({"FG": 4, "BT": 2, "BA": 5, "BR": 2, "TA": 3, "LE": 4})
"""Cooperatives of each province."""
LENDERS: Final = (("FG", "BT", "BA"), ("BR", "TA", "LE"))
"""Provinces of each lender."""


@lru_cache(maxsize=1)
def territories() -> Mapping[str, tuple[str, ...]]:
    """Give each Ambito's municipalities by their ISTAT codes, its lead first."""
    known = {each.code: tuple(member.municipality for member in each.members) for each in ambiti() if each.members}
    taken = {code for codes in known.values() for code in codes} | {each.lead_municipality for each in ambiti()}
    dealt = {each.code: [each.lead_municipality] for each in ambiti()}
    for province in CENTRES:
        open_ones = [each.code for each in ambiti() if each.code.startswith(f"{province}/") and not each.members]
        free = [row.code for row in table("municipalities").current() if row.more["province"] == province]
        for number, code in enumerate(code for code in free if code not in taken):
            dealt[open_ones[number % len(open_ones)]].append(code)
    return MappingProxyType({code: tuple(dict.fromkeys((*dealt[code], *known.get(code, ())))) for code in dealt})


@lru_cache(maxsize=1)
def numbers() -> Mapping[str, int]:
    """Give each Ambito's number, 1 to 45, for keys that never meet."""
    return MappingProxyType({each.code: number for number, each in enumerate(ambiti(), 1)})


def shared(per_province: Mapping[str, int]) -> tuple[tuple[str, ...], ...]:
    """Give the Ambiti that each partner serves, so many partners in each province."""
    groups: list[tuple[str, ...]] = []
    for province, count in per_province.items():
        codes = [each.code for each in ambiti() if each.code.startswith(f"{province}/")]
        groups.extend(tuple(codes[start::count]) for start in range(count))
    return tuple(groups)
