"""Checks of identifiers: tax code, VAT number, IBAN, BIC, CUP, communication code, policy identifier.

Each check gives an issue code of the catalogue, or None where nothing is wrong.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from patto_schemas.identity import numbers, policy, tax_code

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CHECKS: Final[Mapping[str, Callable[[str], str | None]]] = MappingProxyType(
    {
        "cf": tax_code.problem,
        "piva": numbers.vat_problem,
        "iban": numbers.iban_problem,
        "cup": numbers.cup_problem,
        "bic": numbers.bic_problem,
        "co": numbers.communication_problem,
    }
)
"""The check of each identifier scheme that has one."""

__all__ = ["CHECKS", "numbers", "policy", "tax_code"]
