"""Empty files to be filled in: the agreed tables with their columns and no row, so that nobody has to guess a name."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import xlsxwriter

from patto_connectors.files.write import csv_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xlsxwriter.format import Format

    from patto_connectors.files.register import Register

GUIDE: Final = "Istruzioni"
"""The sheet that says what each column takes; no agreed table is called so."""
_FORMS: Final = {"day": "giorno, come 02/03/2026", "amount": "numero, come 4,5", None: "testo"}
_WIDEST: Final = 40


def blank_csv(register: Register) -> bytes:
    """Write an empty CSV file of a table, as Excel in Italy opens it."""
    return csv_bytes(register.columns, ())


def blank_workbook(registers: Sequence[Register]) -> bytes:
    """Write an empty workbook: a sheet for each table, what stands above it, its header, and a sheet of instructions.

    Cells below the header are texts, days or numbers as was agreed, so that a code keeps its zeros when it is typed.
    """
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    book.set_properties({"created": datetime(2020, 1, 1, tzinfo=UTC).replace(tzinfo=None)})
    bold = book.add_format({"bold": True, "bottom": 1, "num_format": "@"})
    looks = {
        "day": book.add_format({"num_format": "dd/mm/yyyy"}),
        "amount": book.add_format({"num_format": "General"}),
        None: book.add_format({"num_format": "@"}),
    }
    for register in registers:
        _sheet(book, register, bold, looks)
    guide = book.add_worksheet(GUIDE)
    for at, line in enumerate([("Foglio", "Colonna", "Obbligatoria", "Che cosa va scritto"), *_guide(registers)]):
        guide.write_row(at, 0, line, bold if at == 0 else None)
    guide.set_column(0, 3, _WIDEST // 2)
    book.close()
    return target.getvalue()


def sheet_of(register: Register) -> str:
    """Give the name of a table's sheet, as `Presenze` for `presenze*`."""
    named = register.sheet.replace("*", "").strip()
    return register.name if register.name and register.wants(register.name) else named.capitalize() or "Dati"


def _sheet(book: xlsxwriter.Workbook, register: Register, bold: Format, looks: Mapping[str | None, Format]) -> None:
    sheet = book.add_worksheet(sheet_of(register))
    for at, name in enumerate(register.columns):
        width = min(max(len(name) + 2, 10), _WIDEST)
        sheet.set_column(at, at, width, looks[register.kinds.get(name)])
    for at, name in enumerate(register.above.values()):
        sheet.write_string(at, 0, f"{name}:", bold)
    header = len(register.above) + 1 if register.above else 0  # an empty row: what stands above is no title of columns
    for at, name in enumerate(register.columns):
        sheet.write_string(header, at, name, bold)
    sheet.freeze_panes(header + 1, 0)


def _guide(registers: Sequence[Register]) -> list[tuple[str, str, str, str]]:
    return [
        (
            sheet_of(each),
            name,
            "sì" if name in each.required else "",
            f"{_FORMS[each.kinds.get(name)]}{', sopra la tabella' if name in each.above else ''}",
        )
        for each in registers
        for name in (*each.above, *each.columns)
    ]
