from __future__ import annotations

from collections import Counter

import pytest

from patto_connectors.errors import Malformed
from patto_connectors.files import Register
from patto_connectors.files.table import Cells, read_table

COLUMNS = ("Data", "Chi", "Cosa", "Ore", "Note")
HEADER = list(COLUMNS)


def read(*rows, name="", **agreed):
    register = Register(name=name, **{"columns": COLUMNS, **agreed})
    cells = (Cells(number, row) for number, row in enumerate(rows, 1))
    return list(read_table(cells, register, "Foglio1", Counter()))


def rows(*table, **agreed):
    return [line.fields for line in read(*table, **agreed) if not line.refusal]


def test_a_cell_that_says_nothing_is_no_value():
    assert rows(HEADER, ["2026-03-02", " - ", "n.d.", "4", ""]) == [{"Data": "2026-03-02", "Ore": "4"}]


def test_a_text_stays_as_it_is_written():
    assert rows(HEADER, ["2026-03-02", " 00123 ", "a\nb", "4,50", "=1+1"])[0]["Chi"] == " 00123 "


def test_a_row_that_only_has_its_date_is_no_row():
    table = [HEADER, ["2026-03-02", "a", "", "", ""], ["2026-03-03", "-", "", "", ""], ["2026-03-04", "", "", "1", ""]]

    assert [line.number for line in read(*table, fixed=("Data",))] == [2, 4]
    assert [line.number for line in read(*table)] == [2, 3, 4]


def test_a_legend_below_the_table_is_no_row():
    table = [HEADER, ["2026-03-02", "a", "b", "1", ""], ["", "", "", "", ""], ["", "CE", "contributo", "", ""]]

    assert [line.number for line in read(*table, key=("Data",))] == [2]
    assert [line.number for line in read(*table)] == [2, 4]


@pytest.mark.parametrize(
    "after", [["2026-03-03", "c", "", "", ""], ["", "a", "b", "2", ""]], ids=["a row with its key", "a row without"]
)
def test_a_short_row_without_its_key_before_another_row_is_a_row(after):
    table = [HEADER, ["2026-03-02", "a", "b", "1", ""], ["", "CE", "contributo", "", ""], after]

    assert [line.number for line in read(*table, key=("Data",))] == [2, 3, 4]


def test_a_row_that_lacks_its_key_by_mistake_is_a_row():
    assert len(rows(HEADER, ["", "Bianchi", "spesa", "2", ""], key=("Data",))) == 1


def test_a_long_list_below_the_table_is_not_passed_over_as_its_legend():
    table = [HEADER, ["2026-03-02", "a", "b", "1", ""], *[["", "x", "y", "", ""]] * 200]

    assert len(rows(*table, key=("Data",))) > 60


def test_F36_a_column_that_was_not_agreed_stays_in_the_row():
    assert rows([*HEADER, "Targa\nmezzo"], ["2026-03-02", "a", "", "", "", "AB"]) == [
        {"Data": "2026-03-02", "Chi": "a", "Targa mezzo": "AB"}
    ]


def test_columns_that_moved_are_the_same_columns():
    assert rows(HEADER[::-1], ["n", "4", "c", "a", "2026-03-02"]) == rows(HEADER, ["2026-03-02", "a", "c", "4", "n"])


def test_F37_an_agreed_column_that_is_missing_is_told_once_and_the_rows_go_on():
    lines = read(["titolo"], ["Data", "Chi", "Cosa", "Ore lavoro"], ["2026-03-02", "a", "b", "4"], name="Presenze")

    assert [(line.position, line.refusal, line.text) for line in lines] == [
        ("riga 2, colonna 'Ore'", "sheet.column_missing", "Ore"),
        ("riga 2, colonna 'Note'", "sheet.column_missing", "Note"),
        ("riga 3", "", ""),
    ]


def test_F37_without_a_required_column_nothing_is_read():
    with pytest.raises(Malformed) as refused:
        read(["Data", "Chi", "Cosa", "Ore (n.)"], ["2026-03-02", "a", "b", "4"], required=("Ore",))

    assert refused.value.code == "sheet.column_missing"
    assert refused.value.position == "colonna 'Ore' (c'è 'Ore (n.)')"
    assert "'Ore'" in refused.value.hint


@pytest.mark.parametrize(
    ("odd", "refusal"),
    [
        (["1", "2", "3", "4"], "csv.columns"),
        (["1", "2", "3", "4", "5", "", ""], "csv.columns"),
        (["1", "2", "3", "4", "5", "x"], "csv.columns"),
    ],
)
def test_a_row_that_does_not_fit_its_header_is_refused_alone(odd, refusal):
    lines = read([*HEADER, ""], odd, ["2026-03-02", "a", "", "", "", ""])

    assert [(line.number, line.refusal) for line in lines] == [(2, refusal), (3, "")]


def test_rows_that_could_not_be_cut_into_cells_are_refused_below_the_header_only():
    cells = [Cells(1, [], "csv.quote", '"x'), Cells(2, HEADER), Cells(3, [], "csv.quote", '"y')]

    lines = list(read_table(cells, Register(columns=COLUMNS), "f", Counter()))

    assert [(line.number, line.refusal, line.text) for line in lines] == [(3, "csv.quote", '"y')]


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("02/03/2026", "2026-03-02"),
        ("2-3-2026", "2026-03-02"),
        ("2026-03-02T08:30:00", "2026-03-02"),
        ("46083", "2026-03-02"),
        ("01/01/1900", "1900-01-01"),
        ("31-12-9999", "9999-12-31"),
        ("31/02/2026", "31/02/2026"),
        ("lunedì", "lunedì"),
    ],
)
def test_a_day_leaves_in_one_form_or_as_it_is_written(written, read_as):
    assert rows(HEADER, [written, "", "", "", ""], kinds={"Data": "day"}) == [{"Data": read_as}]


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("530 euro", "530"),
        ("1.234,50", "1234.5"),
        ("4,50", "4.5"),
        ("4.50", "4.5"),
        ("0,00", "0"),
        ("100", "100"),
        ("1.234", "1.234"),
        ("circa 5", "circa 5"),
    ],
)
def test_an_amount_leaves_in_one_form_or_as_it_is_written(written, read_as):
    assert rows(HEADER, ["", "", "", written, ""], kinds={"Ore": "amount"}) == [{"Ore": read_as}]


def test_what_stands_above_the_table_is_said_in_each_of_its_rows():
    table = [["Ente", "", "Aurora", "", ""], ["Mese: marzo 2026", "", "", "", ""], HEADER, ["", "a", "", "", ""]]

    assert rows(*table, above={"ente": "ENTE", "mese": "mese"}) == [
        {"Chi": "a", "ente": "Aurora", "mese": "marzo 2026"}
    ]


def test_what_does_not_stand_above_the_table_is_a_missing_column():
    table = [HEADER, ["", "a", "", "", ""]]

    assert [line.column for line in read(*table, above={"mese": "Mese"})] == ["mese", ""]
    with pytest.raises(Malformed):
        read(*table, above={"mese": "Mese"}, required=("mese",))


def test_a_row_says_its_register_and_its_sheet_where_there_are_several():
    assert rows(HEADER, ["", "a", "", "", ""], name="Presenze") == [
        {"Chi": "a", "@register": "Presenze", "@sheet": "Foglio1"}
    ]


def identities(*table, **agreed):
    return [fields["@identity"] for fields in rows(*table, identity="Data", kinds={"Data": "day"}, **agreed)]


DAY = [["02/03/2026", "a", "pane", "", ""], ["02/03/2026", "a", "pane", "", ""], ["03/03/2026", "a", "pane", "", ""]]


def test_rows_without_a_key_are_told_apart_by_day_content_and_how_often_they_came():
    first, second, next_day = identities(HEADER, *DAY)

    assert first.startswith("2026-03-02/")
    assert first.removesuffix("/1") == second.removesuffix("/2")
    assert next_day.startswith("2026-03-03/")
    assert next_day.endswith("/1")


def test_a_row_keeps_its_identity_when_others_come_and_columns_move():
    old = identities(HEADER, *DAY)
    later = ["02/03/2026", "b", "pane", "", ""]

    assert [each for each in identities(HEADER, later, *DAY) if each in old] == old
    assert identities([*HEADER[::-1], "Nuova"], *[[*row[::-1], "x"] for row in DAY]) == old


def test_a_corrected_row_has_another_identity():
    old = identities(HEADER, *DAY)

    new = identities(HEADER, DAY[0], ["02/03/2026", "a", "latte", "", ""], DAY[2])

    assert set(old) - set(new) == {old[1]}


def test_a_row_without_its_day_has_an_identity_too():
    assert identities(HEADER, ["", "a", "", "", ""])[0].startswith("-/")
