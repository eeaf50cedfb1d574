from __future__ import annotations

import io
from datetime import date, datetime

import pytest
import xlsxwriter

from patto_connectors.errors import Malformed, Refused
from patto_connectors.files import Register, SheetProfile, read_sheet


def workbook(*rows, sheet="Presenze", **options) -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, **options})
    page = book.add_worksheet(sheet)
    day = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            if isinstance(cell, date):
                page.write_datetime(at, column, cell, day)
            elif isinstance(cell, str):
                page.write_string(at, column, cell)
            else:
                page.write(at, column, cell)
    book.close()
    return target.getvalue()


def test_cells_become_the_text_that_a_csv_would_hold():
    content = workbook(
        ["cap", "ore", "importo", "il", "alle", "firma"],
        ["00123", 4, 12.5, date(2024, 1, 5), datetime(2024, 1, 5, 8, 30), True],  # noqa: DTZ001 - Excel has no zones
    )

    assert [line.fields for line in read_sheet(content)] == [
        {
            "cap": "00123",
            "ore": "4",
            "importo": "12.5",
            "il": "2024-01-05",
            "alle": "2024-01-05T08:30:00",
            "firma": "true",
        }
    ]


def test_dates_of_the_1904_calendar_are_dates():
    content = workbook(["il"], [date(2024, 1, 5)], date_1904=True)

    assert [line.fields for line in read_sheet(content)] == [{"il": "2024-01-05"}]


def test_lines_are_those_that_excel_shows():
    content = workbook(["Registro"], [], ["a", "b"], [1, 2], [], [3, "n.d."])

    assert [(line.number, line.fields) for line in read_sheet(content)] == [
        (4, {"a": "1", "b": "2"}),
        (6, {"a": "3"}),
    ]


def test_a_cell_beyond_the_columns_refuses_its_row():
    lines = list(read_sheet(workbook(["a", "b"], [1, 2, 3], [4, 5])))

    assert [(line.position, line.refusal) for line in lines] == [("riga 2", "csv.columns"), ("riga 3", "")]
    assert lines[0].text == '["1", "2", "3"]'


def test_a_sheet_is_found_by_its_name():
    content = workbook(["a"], [1])

    assert list(read_sheet(content, registers=(Register(sheet="presenze"),)))
    with pytest.raises(Refused) as refused:
        list(read_sheet(content, registers=(Register(sheet="altro"),)))
    assert refused.value.code == "sheet.missing"


@pytest.mark.parametrize("rows", [[], [["a", "a"], [1, 2]], [["a", "b", "a"], [1, 2, 3]], [[1, 2]]])
def test_a_sheet_without_a_usable_header_is_refused(rows):
    with pytest.raises(Malformed) as refused:
        list(read_sheet(workbook(*rows)))

    assert refused.value.code == "sheet.header"


def test_F33_a_million_empty_rows_are_not_rows():
    content = workbook(["a"], *[[]] * 200_000, [1])

    assert [line.number for line in read_sheet(content)] == [200_002]


def test_F33_a_sheet_over_its_cells_is_refused():
    with pytest.raises(Malformed) as refused:
        list(read_sheet(workbook(["a", "b"], *[[1, 2]] * 10), SheetProfile(cells=20)))

    assert refused.value.code == "sheet.bomb"


def test_F33_a_reader_that_needs_too_much_memory_is_ended():
    content = workbook(["a"], *[["x" * 1000 + str(n)] for n in range(50_000)])

    with pytest.raises(Malformed) as refused:
        list(read_sheet(content, SheetProfile(memory=80 * 2**20)))
    assert refused.value.code in {"sheet.bomb", "sheet.broken"}


def test_a_reader_that_is_left_early_is_ended():
    rows = read_sheet(workbook(["a"], *[[n] for n in range(50_000)]))

    assert next(rows).fields == {"a": "0"}
    rows.close()
