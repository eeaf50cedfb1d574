"""Empty files to be filled in: what is typed into them is read as was agreed."""

from __future__ import annotations

import io

import pytest
import python_calamine
import xlsxwriter

from patto_connectors.contract import Pushed
from patto_connectors.files import Reading, Register, read_sheet
from patto_connectors.files.blank import GUIDE, blank_csv, blank_workbook, sheet_of
from patto_connectors.push import FORMS, WORKBOOK, RowDoor
from patto_plugins.cooperatives.profiles import PROFILES

VISITS = Register(
    name="Visite",
    sheet="visite*",
    columns=("Data", "Codice", "Ore"),
    required=("Data", "Codice", "Mese"),
    above={"Mese": "Mese"},
    kinds={"Data": "day", "Ore": "amount"},
)
PLAIN = Register(columns=("Data", "Codice; interno"))


def sheets(content):
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def filled_in(content, registers):
    """Type a value into each cell above and below the headers, as people do."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    tables = {sheet_of(each): each for each in registers}
    for name, rows in sheets(content).items():
        sheet = book.add_worksheet(name)
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
            if name in tables and str(row[0]).endswith(":"):
                sheet.write_string(at, 1, "marzo 2026")
        if name in tables:
            sheet.write_row(len(rows), 0, [f"valore {column}" for column in tables[name].columns])
    book.close()
    return target.getvalue()


OTHERWISE = PROFILES[0].reading(
    {"Presenze": "foglio firme*"}, {"Mese": ("Periodo",), "N. progetto": ("PFI",)}, {"Attività"}, ("Legenda",)
)
"""Registers of a cooperative that calls some things otherwise and lacks a column."""


@pytest.mark.parametrize("registers", [(VISITS,), *(each.registers for each in PROFILES), OTHERWISE.registers])
def test_what_is_typed_into_an_empty_workbook_is_read_as_was_agreed(registers):
    lines = list(read_sheet(filled_in(blank_workbook(registers), registers), registers=registers))

    assert [line.refusal for line in lines] == [""] * len(registers)
    for line, register in zip(lines, registers, strict=True):
        read = {name: value for name, value in line.fields.items() if not name.startswith("@")}
        assert read == {name: f"valore {name}" for name in register.columns} | dict.fromkeys(
            register.above, "marzo 2026"
        )


def test_an_empty_workbook_says_of_each_column_whether_it_must_be_filled_and_with_what():
    lines = [tuple(line) for line in sheets(blank_workbook([VISITS]))[GUIDE]]

    assert lines[1:] == [
        ("Visite", "Mese", "sì", "testo, sopra la tabella"),
        ("Visite", "Data", "sì", "giorno, come 02/03/2026"),
        ("Visite", "Codice", "sì", "testo"),
        ("Visite", "Ore", "", "numero, come 4,5"),
    ]


def test_an_empty_csv_file_is_one_line_of_names():
    assert blank_csv(PLAIN) == '\ufeffData;"Codice; interno"\r\n'.encode()


def test_a_door_gives_the_empty_files_of_the_formats_that_it_takes():
    def names(*registers, media_types=tuple(FORMS)):
        door = RowDoor(media_types=media_types, reading=Reading(registers=registers), kind="pact").door()
        return sorted(door.blanks)

    assert names(PLAIN) == sorted([WORKBOOK, "text/csv"])
    assert names(VISITS) == names(PLAIN, VISITS) == [WORKBOOK]
    assert names(PLAIN, media_types=("text/csv",)) == ["text/csv"]
    assert names() == names(Register()) == []


def test_an_empty_file_that_is_handed_in_as_it_is_has_no_row():
    door = RowDoor(media_types=("text/csv",), reading=Reading(registers=[PLAIN])).door()
    body = Pushed(number=1, name="n", content=door.blanks["text/csv"](), media_type="text/csv")

    assert [row for batch in door.rows(body) for row in batch.rows] == []
