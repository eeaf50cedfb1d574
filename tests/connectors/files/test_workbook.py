from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from python_calamine import CalamineWorkbook

from patto_connectors.files import Register, read_sheet, write_rows
from patto_connectors.files.cells import plain_text
from patto_connectors.files.workbook import LEGEND, ROWS, workbook_bytes

COLUMNS = ("Codice", "Ore", "Dal")
TABLE = [{"Codice": "00123", "Ore": Decimal("4.5"), "Dal": date(2026, 3, 2)}]
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def cells(content: bytes, name: str = ROWS):
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name(name).to_python()


def part(content: bytes, name: str):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return etree.fromstring(archive.read(f"xl/{name}"))


def test_days_are_real_days_and_codes_keep_their_zeros():
    assert cells(workbook_bytes(COLUMNS, TABLE)) == [list(COLUMNS), ["00123", 4.5, date(2026, 3, 2)]]


def test_a_text_is_no_formula_and_no_link():
    sheet = part(
        workbook_bytes(["a"], [{"a": "=1+1"}, {"a": "https://x.example"}, {"a": "+39"}]), "worksheets/sheet1.xml"
    )

    assert sheet.findall(f".//{MAIN}f") == []
    assert sheet.findall(f".//{MAIN}hyperlink") == []
    assert {cell.get("t") for cell in sheet.iter(f"{MAIN}c")} <= {"s", "inlineStr"}


def test_the_header_stays_in_sight_and_columns_are_as_wide_as_they_need():
    rows = [{"Codice": "x" * 200, "Ore": 1, "Dal": "y" * 30}]

    sheet = part(workbook_bytes(COLUMNS, rows), "worksheets/sheet1.xml")

    assert [pane.get("state") for pane in sheet.iter(f"{MAIN}pane")] == ["frozen"]
    wide, narrow, fitting = (float(column.get("width")) for column in sheet.iter(f"{MAIN}col"))
    assert narrow < 10
    assert 30 < fitting < 40
    assert 55 < wide < 65


def test_a_legend_is_a_second_sheet():
    content = write_rows("xlsx", TABLE, COLUMNS, legend=[("Ore", "Ore svolte, con la virgola"), ("=x", "y")]).content

    assert cells(content, LEGEND) == [
        ["Voce", "Significato"],
        ["Ore", "Ore svolte, con la virgola"],
        ["=x", "y"],
    ]
    assert [line.fields["Codice"] for line in read_sheet(content)] == ["00123"]


def test_without_a_legend_there_is_one_sheet():
    assert CalamineWorkbook.from_filelike(io.BytesIO(workbook_bytes(COLUMNS, TABLE))).sheet_names == [ROWS]


def test_a_number_with_more_digits_than_a_spreadsheet_keeps_stays_whole():
    values = [12345678901234567890, Decimal("0.12345678901234567"), Decimal("NaN"), float("inf"), 123456789012345]

    written = cells(workbook_bytes(["n"], [{"n": value} for value in values]))[1:]

    assert [cell for (cell,) in written] == [
        "12345678901234567890",
        "0.12345678901234567",
        "NaN",
        "Infinity",
        123456789012345.0,
    ]


def test_a_day_before_all_spreadsheets_agree_and_an_instant_are_texts():
    values = [date(1899, 1, 1), date(1900, 1, 1), datetime(2026, 3, 2, 8, 30), time(8, 30)]  # noqa: DTZ001 - as a row has it

    written = cells(workbook_bytes(["n"], [{"n": value} for value in values]))[1:]

    assert [cell for (cell,) in written] == ["1899-01-01", "1900-01-01", "2026-03-02T08:30:00", "08:30:00"]


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.text(st.characters(exclude_categories=("Cs",)), max_size=30),
    st.sampled_from(["=1+1", "_x0041_", "_x000D_", "a\r\nb", " x ", "00123", "1e5", "2026-03-02", "TRUE", "\u202eabc"]),
    st.dates(),
    st.datetimes(),
    st.integers(),
    st.decimals(allow_nan=False, allow_infinity=False, places=2),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda number: float(f"{number:.15g}")),
)


@given(st.lists(st.tuples(VALUES, VALUES), max_size=8))
def test_F38_what_we_write_we_read_or_refuse_with_a_reason(inside, table):
    rows = [{"n": f"r{at}", "a": a, "b": b} for at, (a, b) in enumerate(table)]

    written = write_rows("xlsx", rows, ("n", "a", "b"))
    with inside():
        found = [line.fields for line in read_sheet(written.content, registers=(Register(nulls=()),))]

    refused = {item.index for item in written.rejected}
    assert [line.keys() for line in found] == [
        {name for name, value in row.items() if plain_text(value).strip()}
        for at, row in enumerate(rows)
        if at not in refused
    ]
    assert all(same(text, rows[int(line["n"][1:])][name]) for line in found for name, text in line.items())
    assert all(item.code in {"sheet.character", "sheet.text"} for item in written.rejected)


def same(text, value):
    """Whether a text says a value: numbers as numbers (`4.50` is `4.5`), all else to the letter."""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return Decimal(text) == Decimal(str(value))
    return text == plain_text(value)
