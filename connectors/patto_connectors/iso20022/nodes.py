"""Looks into an element that `xml.fields.plain` made a mapping of: texts by path, what may stand several times."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_AMOUNT = re.compile(r"\d{1,18}(?:\.\d{1,17})?|\.\d{1,17}", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
SIGNS = {"CRDT": 1, "DBIT": -1}
"""`CdtDbtInd`: what a credit or a debit does to the account."""


class UnfitError(ValueError):
    """An element is missing, or does not hold what ISO 20022 says; the message is its path."""


def at(node: Any, *path: str) -> Any:  # noqa: ANN401 - text, a mapping, or None
    """Give what stands at a path; of several elements of a name the first."""
    for name in path:
        if isinstance(node, list):
            node = node[0]
        if not isinstance(node, dict):
            return None
        node = node.get(name)
    return node[0] if isinstance(node, list) else node


def every(node: Any, name: str) -> list[Any]:  # noqa: ANN401 - text or mappings
    """Give all children of a name."""
    found = node.get(name) if isinstance(node, dict) else None
    if found is None:
        return []
    return found if isinstance(found, list) else [found]


def text(node: Any, *path: str) -> str | None:  # noqa: ANN401 - text, a mapping, or None
    """Give the text at a path without blanks around it; None where there is none."""
    found = at(node, *path)
    if isinstance(found, dict):
        found = found.get(".")
    return (found.strip() or None) if isinstance(found, str) else None


def money(node: Any, *path: str) -> tuple[Decimal, str]:  # noqa: ANN401 - a mapping
    """Give an amount and its currency.

    Raises:
        UnfitError: there is none, or it is not one.
    """
    amount, currency = number(node, *path), text(at(node, *path), "@Ccy")
    if currency is None or _CURRENCY.fullmatch(currency) is None:
        raise UnfitError("/".join((*path, "@Ccy")))
    return amount, currency


def number(node: Any, *path: str) -> Decimal:  # noqa: ANN401 - a mapping
    """Give a number that is not negative: ISO 20022 writes the sign beside it.

    Raises:
        UnfitError: there is none, or it is not one.
    """
    written = text(node, *path)
    if written is None or _AMOUNT.fullmatch(written) is None:
        raise UnfitError("/".join(path))
    return Decimal(written)


def direction(node: Any) -> str:  # noqa: ANN401 - a mapping
    """Give `CRDT` or `DBIT`.

    Raises:
        UnfitError: it says neither.
    """
    code = text(node, "CdtDbtInd")
    if code not in SIGNS:
        raise UnfitError("CdtDbtInd")
    return code


def day(node: Any, name: str) -> str | None:  # noqa: ANN401 - a mapping
    """Give the day of a `Dt` or `DtTm`, as the bank wrote it: its own time zone says which day it was.

    Raises:
        UnfitError: it is not a day.
    """
    written = text(node, name, "Dt") or text(node, name, "DtTm")
    if written is None:
        return None
    try:
        return date.fromisoformat(written[:10]).isoformat()
    except ValueError:
        raise UnfitError(name) from None


def euros(amount: Decimal) -> str:
    """Write an amount the same way always: at least two decimals, no more zeros than that."""
    plain = amount.normalize()
    return f"{plain:f}" if -plain.as_tuple().exponent > 2 else f"{plain:.2f}"  # type: ignore[operator]  # noqa: PLR2004 - finite, cents


def common(rows: Sequence[Mapping[str, Any]], name: str) -> Any:  # noqa: ANN401 - a field's value
    """Give the value that all have in a field, or None."""
    values = {row[name] for row in rows}
    return values.pop() if len(values) == 1 else None
