"""One agreed register comes out alike, whichever format the partner saves it in."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from patto_connectors.files import CsvProfile, Format, Reading, Register, csv_bytes, write_rows
from patto_connectors.files.pages import read_pages

COLUMNS = ("Data", "Codice", "Ore", "Note")
REGISTER = Register(
    name="Presenze",
    columns=COLUMNS,
    key=("Codice",),
    fixed=("Data",),
    kinds={"Data": "day", "Ore": "amount"},
    identity="Data",
)
READING = Reading(csv=CsvProfile(guarded=True), registers=(REGISTER,))
WORDS = st.lists(st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=8), max_size=3).map(
    " ".join
)
ROWS = st.lists(
    st.tuples(
        st.dates(date(1900, 3, 1), date(9999, 12, 31)) | st.none(),
        st.integers(0, 99_999).map(lambda number: f"{number:05}") | st.sampled_from(["", "-", "n.d."]),
        st.decimals(0, 10**9, places=2) | st.integers(0, 500) | st.none(),
        WORDS | st.sampled_from(["=1+1", "+39 080", "@a", "'già", "1.234,50", "31/02/2026"]),
    ),
    max_size=8,
)


def read(content: bytes, name: str, form: Format):
    pages = list(read_pages(io.BytesIO(content), name, form, READING))
    assert not [page.troubles for page in pages if page.troubles]
    return [{**row, "@sheet": ""} for page in pages for row in page.rows]


@given(ROWS)
def test_the_same_table_reads_equal_as_csv_xlsx_and_ods(inside, ods, rows):
    italian = [(day and f"{day:%d/%m}/{day.year}", code, hours, note) for day, code, hours, note in rows]

    as_csv = read(csv_bytes(COLUMNS, italian), "a.csv", Format.CSV)
    with inside():
        named = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
        as_xlsx = read(write_rows("xlsx", named, COLUMNS).content, "a.xlsx", Format.SHEET)
        as_ods = read(ods(COLUMNS, *rows), "a.ods", Format.SHEET)

    assert as_csv == as_xlsx == as_ods


def test_what_a_table_reads_as_is_said_by_the_register(inside, ods):
    rows = [
        (date(2026, 3, 2), "00123", Decimal("4.50"), "=1+1"),
        (date(2026, 3, 3), "-", None, None),
        (None, "n.d.", None, "Totale"),
    ]

    with inside():
        (row,) = read(ods(["Registro di marzo", None, None, None], COLUMNS, *rows), "a.ods", Format.SHEET)

    identity = row.pop("@identity")
    assert row == {
        "Data": "2026-03-02",
        "Codice": "00123",
        "Ore": "4.5",
        "Note": "=1+1",
        "@register": "Presenze",
        "@sheet": "",
    }
    assert identity.startswith("2026-03-02/")


def test_a_spreadsheet_of_libreoffice_is_read_by_the_program_that_reads_workbooks(ods):
    content = ods(["Registro", None], ["Data", "Codice"], [date(2026, 3, 2), "00123"], [None, None], [Decimal(1), "x"])

    (page,) = read_pages(io.BytesIO(content), "a.ods", Format.SHEET, Reading())

    assert page.rows == [{"Data": "2026-03-02", "Codice": "00123"}, {"Data": "1", "Codice": "x"}]
    assert page.positions == ["riga 3", "riga 5"]
