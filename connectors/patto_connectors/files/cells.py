"""Values as cells that a spreadsheet shows and never runs, and back."""

from __future__ import annotations

import json
from datetime import date, time
from decimal import Decimal
from typing import Any

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A text that starts so may be run as a formula by Excel or LibreOffice (OWASP, CSV injection)."""
GUARD = "'"


def guarded(text: str) -> str:
    """Put an apostrophe before a text that could be run, and before one that starts with an apostrophe."""
    return GUARD + text if text.startswith((*FORMULA, GUARD)) else text


def unguarded(text: str) -> str:
    """Take the apostrophe of `guarded` away."""
    return text.removeprefix(GUARD)


def cell_text(value: Any) -> str:  # noqa: ANN401 - a row's value
    """Give a value as the text of an Italian CSV cell: texts guarded, numbers with a decimal comma."""
    if isinstance(value, float | Decimal):
        return plain_text(value).replace(".", ",")
    text = plain_text(value)
    return text if isinstance(value, int) else guarded(text)


def plain_text(value: Any) -> str:  # noqa: ANN401 - a row's value
    """Give a value as text: numbers with a point, dates in ISO form, what has parts as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | date | time | None):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, date | time):
        return value.isoformat()
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else f"{Decimal(str(value)):f}"
