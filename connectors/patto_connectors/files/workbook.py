"""Rows as a workbook for people: a header that stays in sight, real dates, texts that are never run, a legend."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import xlsxwriter

from patto_connectors.files.cells import plain_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

LONGEST: Final = 32_767
"""Characters that a cell can hold (ECMA-376)."""
ROWS: Final = "Dati"
LEGEND: Final = "Legenda"
_DIGITS: Final = 15
"""Digits of a number that a spreadsheet keeps; a number with more stays whole as a text."""
_FIRST_DAY: Final = date(1900, 3, 1)
"""The first day that all spreadsheets count alike: Excel thinks that 29 February 1900 was a day."""
_NARROW, _WIDE = 8, 60
"""Characters of the narrowest and the widest column."""


def workbook_bytes(
    columns: Sequence[str], rows: Sequence[Mapping[str, Any]], legend: Sequence[tuple[str, str]] = ()
) -> bytes:
    """Write a workbook with the sheet `Dati` and, where there is a legend, the sheet `Legenda`.

    The same rows give the same bytes. Texts are typed as text, in cells that stay text when somebody edits them:
    `00123` keeps its zeros, and `=1+1` is no formula.

    Args:
        columns: the header, in its order.
        rows: fields by column; each value must be one that a cell can hold.
        legend: words, as the names of the columns, and what they mean.
    """
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"constant_memory": True, "in_memory": True})
    book.set_properties({"created": datetime(2020, 1, 1, tzinfo=UTC).replace(tzinfo=None)})
    looks = {
        "header": book.add_format({"bold": True, "bottom": 1, "num_format": "@"}),
        "text": book.add_format({"num_format": "@"}),
        "wrapped": book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"}),
        "day": book.add_format({"num_format": "dd/mm/yyyy"}),
    }
    _table(book.add_worksheet(ROWS), columns, ([row.get(name) for name in columns] for row in rows), looks)
    if legend:
        _table(book.add_worksheet(LEGEND), ("Voce", "Significato"), legend, looks | {"text": looks["wrapped"]})
    book.close()
    return target.getvalue()


def _table(sheet: Worksheet, header: Sequence[str], rows: Any, looks: Mapping[str, Format]) -> None:  # noqa: ANN401 - an iterable of cells
    widths = [len(name) for name in header]
    for column, name in enumerate(header):
        sheet.write_string(0, column, name, looks["header"])
    for at, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            widths[column] = max(widths[column], _put(sheet, at, column, value, looks))
    for column, width in enumerate(widths):
        sheet.set_column(column, column, min(max(width + 2, _NARROW), _WIDE))
    sheet.freeze_panes(1, 0)


def _put(sheet: Worksheet, at: int, column: int, value: Any, looks: Mapping[str, Format]) -> int:  # noqa: ANN401 - a row's value
    """Write a cell by the type of its value; gives its width in characters."""
    text = plain_text(value)
    if isinstance(value, bool):
        sheet.write_boolean(at, column, value)
    elif isinstance(value, int | float | Decimal) and _whole(value):
        sheet.write_number(at, column, value)
    elif isinstance(value, date) and not isinstance(value, datetime) and value >= _FIRST_DAY:
        sheet.write_datetime(at, column, value, looks["day"])
    elif text:
        sheet.write_string(at, column, text, looks["text"])
    return max(map(len, text.splitlines()), default=0)


def _whole(value: float | Decimal) -> bool:
    """Whether a spreadsheet keeps every digit of a number."""
    number = Decimal(str(value))
    return number.is_finite() and Decimal(f"{float(number):.{_DIGITS}g}") == number
