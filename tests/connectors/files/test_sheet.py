from __future__ import annotations

import io
import subprocess
import zipfile
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


def test_F33_dates_of_the_1904_calendar_are_dates():
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


def sheets(**tables) -> bytes:
    """Write a workbook with a sheet for each table, its underscores as spaces; a dict merges cells by their range."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    for name, rows in tables.items():
        page = book.add_worksheet(name.replace("_", " "))
        for at, row in enumerate(rows):
            if isinstance(row, dict):
                for place, text in row.items():
                    page.merge_range(place, text)
            else:
                page.write_row(at, 0, row)
    book.close()
    return target.getvalue()


ENTRIES = Register(name="Entrate", sheet="entrate*", columns=("Data", "Persone"))
EXITS = Register(name="Uscite", sheet="*uscite*", columns=("Data", "Motivo"))


def test_all_agreed_sheets_of_a_workbook_are_read_in_its_order():
    content = sheets(
        Note=[["non serve"]],
        LE_USCITE=[["titolo"], ["Data", "Motivo"], ["lunedì", "visita"]],
        Entrate_Marzo=[["Data", "Persone"], ["lunedì", 4], ["martedì", 5]],
    )

    lines = list(read_sheet(content, registers=(ENTRIES, EXITS)))

    assert [(line.position, line.fields["@register"], line.fields["@sheet"]) for line in lines] == [
        ("foglio 'Uscite', riga 3", "Uscite", "LE USCITE"),
        ("foglio 'Entrate', riga 2", "Entrate", "Entrate Marzo"),
        ("foglio 'Entrate', riga 3", "Entrate", "Entrate Marzo"),
    ]


def test_sheets_of_one_register_are_told_apart_by_their_number_never_by_the_name_that_may_be_a_persons():
    register = Register(name="Presenze", sheet="*", columns=("Data", "Ore"), identity="Data")
    table = [["Data", "Ore"], ["lunedì", 4]]

    lines = list(read_sheet(sheets(Rossi_Mario=table, Bianchi_Ada=table), registers=(register,)))

    assert [line.position for line in lines] == ["foglio 'Presenze' (1), riga 2", "foglio 'Presenze' (2), riga 2"]
    assert [line.fields["@identity"][-2:] for line in lines] == ["/1", "/2"]


def test_a_workbook_without_one_of_its_sheets_is_refused_with_its_name():
    with pytest.raises(Refused) as refused:
        list(read_sheet(sheets(Entrate=[["Data", "Persone"], ["x", 1]]), registers=(ENTRIES, EXITS)))

    assert refused.value.code == "sheet.missing"
    assert "'Uscite'" in refused.value.detail


def test_one_program_reads_all_sheets(monkeypatch):
    started = []
    popen = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *args, **more: started.append(1) or popen(*args, **more))

    list(read_sheet(sheets(Entrate=[["Data", "Persone"]], Uscite=[["Data", "Motivo"]]), registers=(ENTRIES, EXITS)))

    assert started == [1]


def test_cells_merged_downwards_hold_for_each_of_their_rows():
    content = sheets(
        Entrate=[{"B1:C1": "Registro"}, ["Data", "Persone"], {"A3:A5": "lunedì"}, ["", 1], ["", 2], ["martedì", 3]]
    )

    assert [
        (line.fields.get("Data"), line.fields.get("Persone")) for line in read_sheet(content, registers=(ENTRIES,))
    ] == [
        ("lunedì", None),
        ("lunedì", "1"),
        ("lunedì", "2"),
        ("martedì", "3"),
    ]


def test_F33_cells_merged_over_a_whole_sheet_cost_nothing():
    content = sheets(Entrate=[["Data", "Persone"], {"A2:B2": "x"}, ["", 2]])
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            whole = b'<mergeCell ref="A2:XFD1048576"/>' * 1_000
            new.writestr(name, old.read(name).replace(b'<mergeCell ref="A2:B2"/>', whole))

    lines = list(read_sheet(target.getvalue(), registers=(ENTRIES,)))

    assert [(line.fields["Data"], line.fields.get("Persone")) for line in lines] == [("x", None), ("x", "2")]


def test_F33_the_cells_of_all_sheets_count_together():
    table = [["Data", "Persone"], *[["x", 1]] * 10]

    with pytest.raises(Malformed) as refused:
        list(read_sheet(sheets(Entrate=table, Entrate_2=table), SheetProfile(cells=30), (ENTRIES,)))
    assert refused.value.code == "sheet.bomb"


def test_a_number_is_what_the_sheet_shows():
    (line,) = read_sheet(workbook(["a", "b", "c"], [0.1 + 0.2, 1e22, -1.5e-7]))

    assert line.fields == {"a": "0.3", "b": "10000000000000000000000", "c": "-0.00000015"}


def test_F33_a_formula_is_what_it_came_to_and_a_failed_one_is_nothing():
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    page = book.add_worksheet()
    page.write_row(0, 0, ["a", "b", "c"])
    page.write_formula(1, 0, "=1+1", value=2)
    page.write_formula(1, 1, "=1/0", value="#DIV/0!")
    page.write_formula(1, 2, '=HYPERLINK("https://x.example", "qui")', value="qui")
    book.close()

    assert [line.fields for line in read_sheet(target.getvalue())] == [{"a": "2", "c": "qui"}]


def test_F21_F22_a_reader_that_takes_too_long_is_ended():
    content = workbook(["a"], *([str(number)] for number in range(100)))

    with pytest.raises(Malformed) as caught:
        list(read_sheet(content, SheetProfile(seconds=0)))

    assert caught.value.code == "sheet.bomb"


def test_F23_a_workbook_cut_anywhere_gives_no_row():
    content = workbook(["a", "b"], ["1", "perché"])

    for at in range(1, len(content), len(content) // 12):
        with pytest.raises(Malformed):
            list(read_sheet(content[:at]))
