"""Twelve workbooks of the social service of Giovinazzo, as they were sent: one that grows, day by day.

Each holds four sheets: a section title over merged cells, abbreviated headers in row 2, days in column A, `-` for
nothing, days entered before anything happened, and in two sheets a legend in the last columns, beside and below.
"""

from __future__ import annotations

import io
from collections import Counter
from datetime import date

import pytest
from python_calamine import CalamineWorkbook

from patto_connectors.files import IDENTITY, REGISTER, Format, Reading, Register, by_name
from patto_connectors.files.pages import read_pages

pytestmark = pytest.mark.shared

KEY = {"key": ("Data",), "fixed": ("Data",), "identity": "Data"}
REGISTERS = (
    Register(
        name="Donazioni e aiuti",
        sheet="donazioni aiuti",
        columns=("Data", "Donatori", "Donazioni", "Aiuti erogati"),
        kinds={"Data": "day"},
        **KEY,
    ),
    Register(
        name="Richieste",
        sheet="servizi sociali (entrata)",
        columns=("Data", "Contr. ec.", "B. spesa", "Tribunale minorenni", "Chiam. in.", "Rich. in caric."),
        aliases={"Tribunale minorenni": ("Trib. min.",)},
        required=("Data", "Chiam. in."),
        **KEY,
    ),
    Register(
        name="Chiamate",
        sheet="servizi sociali (uscita)",
        columns=("Data", "Contr. ec.", "B. spesa", "Segnalaz.", "Chiam. uscit."),
        **KEY,
    ),
    Register(
        name="Conto",
        sheet="donazioni cc",
        columns=("Data", "Donazioni in arrivo", "N. donatori", "Impiego somme", "Descrizione impiego"),
        kinds={"Donazioni in arrivo": "amount"},
        **KEY,
    ),
)
READING = Reading(registers=REGISTERS, scope=by_name(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\.|-latest\.", "giovinazzo/"))
COUNTS = {  # rows of the four sheets, identities that are new, identities that are gone
    "2020-03-30": (7, 1, 1, 0, 9, 0),
    "2020-03-31": (15, 2, 2, 0, 10, 0),
    "2020-04-01": (23, 3, 3, 0, 10, 0),
    "2020-04-03": (45, 5, 5, 0, 26, 0),
    "2020-04-06": (65, 6, 6, 0, 22, 0),
    "2020-04-08": (93, 8, 8, 1, 33, 0),
    "2020-04-10": (114, 10, 10, 3, 27, 0),
    "2020-04-14": (129, 11, 11, 3, 18, 1),  # a row of 3 April was written anew
    "2020-04-16": (143, 13, 13, 5, 20, 0),
    "2020-04-18": (156, 14, 14, 5, 15, 0),
    "2020-04-20": (163, 15, 15, 5, 9, 0),
    "2020-04-22": (178, 17, 17, 7, 21, 0),
}
TABLES = {"Donazioni-Aiuti": 4, "Servizi sociali (entrata)": 17, "Servizi sociali (uscita)": 14, "Donazioni-CC": 5}
"""The sheets, and how many of their columns are data: counted on the screen."""


@pytest.fixture(scope="module")
def workbooks(shared):
    paths = sorted((shared / "real" / "spreadsheets").glob("giovinazzo-solidale-*.xlsx"))
    return {path.stem[-10:]: path for path in paths}


@pytest.fixture(scope="module")
def pages(workbooks):
    return {day: read(path) for day, path in workbooks.items()}


def read(path):
    return list(read_pages(io.BytesIO(path.read_bytes()), path.name, Format.SHEET, READING))


def rows(pages):
    return [row for page in pages for row in page.rows]


def by_hand(path, name, width):
    """Give the rows of a sheet that have a day and something beside it, cut at the table's width."""
    table = CalamineWorkbook.from_path(path).get_sheet_by_name(name).to_python(skip_empty_area=False)
    cut = [row[:width] for row in table[2:]]
    return [row for row in cut if isinstance(row[0], date) and any(cell not in {"", "-"} for cell in row[1:])]


def test_there_are_twelve(workbooks):
    assert list(workbooks) == list(COUNTS)


def test_each_sheet_gives_the_rows_that_a_person_counts(workbooks, pages):
    for day, path in workbooks.items():
        counted = Counter(row[REGISTER] for row in rows(pages[day]))

        assert tuple(counted[each.name] for each in REGISTERS) == COUNTS[day][:4], day
        assert tuple(len(by_hand(path, name, width)) for name, width in TABLES.items()) == COUNTS[day][:4], day


def test_each_cell_of_the_tables_comes_out_and_nothing_else(workbooks, pages):
    for day, path in workbooks.items():
        held = [row for name, width in TABLES.items() for row in by_hand(path, name, width)]
        cells = Counter(sum(cell not in {"", "-"} for cell in row) for row in held)

        assert Counter(sum(not name.startswith("@") for name in row) for row in rows(pages[day])) == cells, day


def test_trap_10_no_word_of_a_legend_and_no_empty_day_is_read(pages):
    for found in pages.values():
        values = {value for row in rows(found) for name, value in row.items() if not name.startswith("@")}

        assert not values & {"LEGENDA", "CONTR.EC.", "CONTRIBUTI ECONOMICI", "SERV.DOM.", "MAIL"}
        assert all(row["Data"] and len(row) > 4 for row in rows(found))


def test_nothing_is_set_aside_and_no_agreed_column_is_missing(pages):
    assert [page.troubles for found in pages.values() for page in found if page.troubles] == []


def test_columns_that_were_not_agreed_stay_under_their_own_names(pages):
    (last,) = [row for row in rows(pages["2020-04-22"]) if row[REGISTER] == "Chiamate" and row["Data"] == "2020-04-22"]

    assert {name: value for name, value in last.items() if not name.startswith("@")} == {
        "Data": "2020-04-22",
        "Contr. ec.": "3",
        "B. spesa": "1",
        "TRIB.MIN.": "1",
        "Segnalaz.": "1",
        "RICH.COMPL.": "6",
        "Chiam. uscit.": "6",
    }


def test_amounts_in_words_are_amounts(pages):
    arrived = [row["Donazioni in arrivo"] for row in rows(pages["2020-04-22"]) if row[REGISTER] == "Conto"]

    assert arrived == ["530", "300", "770", "980", "153", "980", "1000"]


def test_trap_10_a_newer_workbook_adds_only_its_new_rows_and_a_corrected_row_takes_the_place_of_the_old(pages):
    known: set[tuple[str, str]] = set()
    for day, found in pages.items():
        ids = {(row[REGISTER], row[IDENTITY]) for row in rows(found)}

        assert len(ids) == len(rows(found)), "each row has an identity of its own"
        assert (len(ids - known), len(known - ids)) == COUNTS[day][4:], day
        known = ids


def test_rows_that_stay_are_the_same_bytes_in_every_workbook(pages):
    first, last = (rows(pages[day]) for day in ("2020-04-14", "2020-04-22"))

    assert [row for row in first if row not in last] == []


def test_positions_name_the_sheet_and_the_row_that_excel_shows(pages):
    (page,) = pages["2020-03-30"]

    assert page.positions[0] == "foglio 'Donazioni e aiuti', riga 3"
    assert page.positions[-2:] == ["foglio 'Richieste', riga 3", "foglio 'Chiamate', riga 3"]


def test_the_workbook_is_the_whole_of_what_it_tells(pages):
    assert {page.replaces for found in pages.values() for page in found} == {("giovinazzo/",)}
