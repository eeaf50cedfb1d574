from __future__ import annotations

import pytest

from patto_connectors.errors import Malformed
from patto_connectors.files import Register
from patto_connectors.files.header import find_header, letters, plain

AGREED = Register(columns=("Data", "Codice fiscale", "N. ore"))


@pytest.mark.parametrize("written", ["Cod. Fiscale", "COD.FISCALE", " cod fiscale ", "cod\nfiscale", "Còd_fiscale"])
def test_a_name_is_the_same_however_it_is_written(written):
    assert plain(written) == "codfiscale"


def test_a_share_is_not_what_it_is_a_share_of():
    assert plain("% ore") != plain("ore")


def test_columns_are_said_as_spreadsheets_do():
    assert [letters(at) for at in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


def test_the_header_is_the_row_that_names_the_agreed_columns():
    rows = [["Registro", "", ""], ["Ore di marzo", "Data", ""], ["", "", ""], ["CODICE FISCALE", "n.ore", "DATA "]]

    header = find_header(rows, AGREED)

    assert (header.row, header.fields, header.missing) == (3, {0: "Codice fiscale", 1: "N. ore", 2: "Data"}, {})


def test_without_agreed_columns_a_row_of_different_texts_is_the_header():
    rows = [
        ["Registro delle presenze", "", "", ""],
        ["", "Mattina", "", "x"],
        ["1", "2", "3", "4"],
        ["a", "b", "c", "d"],
    ]

    assert find_header(rows, Register()).row == 3


@pytest.mark.parametrize("rows", [[], [["", ""]], [["1", "2"], ["3", "4"]], [["Data", "x", "y"]], [["a", "a"]]])
@pytest.mark.parametrize("register", [AGREED, Register()])
def test_rows_without_a_header_are_refused_with_the_columns_that_were_agreed(rows, register):
    if rows == [["Data", "x", "y"]] and not register.columns:
        rows = [["7", "x", "8"]]

    with pytest.raises(Malformed) as refused:
        find_header(rows, register)

    assert refused.value.code == "sheet.header"
    assert "Data" in refused.value.hint


def test_an_agreed_column_that_is_not_there_is_told_with_what_comes_nearest():
    register = Register(columns=(*AGREED.columns, "Firma"))

    header = find_header([["Data", "Cod. fiscale", "N. ore"], ["1", "2", "3"]], register)

    assert header.missing == {"Codice fiscale": "Cod. fiscale", "Firma": ""}
    assert header.fields == {0: "Data", 1: "Cod. fiscale", 2: "N. ore"}


def test_another_name_that_is_known_is_the_agreed_one():
    register = Register(columns=("Codice fiscale",), aliases={"Codice fiscale": ("Cod. fiscale", "C.F.")})

    assert find_header([["cf"]], register).fields == {0: "Codice fiscale"}


def test_the_table_ends_at_a_column_without_a_name():
    header = find_header([["Data", "Codice fiscale", "N. ore", "Firma", "", "N. ore", "ore fatte"]], AGREED)

    assert list(header.fields.values()) == ["Data", "Codice fiscale", "N. ore", "Firma"]
    assert header.gap == 4


def test_a_gap_within_the_agreed_columns_is_a_column_of_its_own():
    header = find_header([["", "Data", "", "Codice fiscale", "N. ore"]], AGREED)

    assert header.fields == {0: "colonna A", 1: "Data", 2: "colonna C", 3: "Codice fiscale", 4: "N. ore"}
    assert header.gap is None


def test_an_agreed_name_that_comes_again_behind_the_table_begins_its_legend():
    header = find_header([["Data", "Codice fiscale", "N. ore", "Data", "giorno"]], AGREED)

    assert list(header.fields.values()) == ["Data", "Codice fiscale", "N. ore"]


@pytest.mark.parametrize(
    "row", [["Data", "Data", "Codice fiscale"], ["Data", "Codice fiscale", "Note", "note", "Note"]]
)
def test_a_name_twice_within_the_table_is_refused(row):
    with pytest.raises(Malformed) as refused:
        find_header([row], AGREED)

    assert refused.value.code == "sheet.header"


def test_the_table_ends_where_its_legend_was_said_to_begin():
    rows = [["", "", "", "LEGENDA", ""], ["Data", "Codice fiscale", "N. ore", "sigla", "significato"]]

    header = find_header(rows, Register(columns=AGREED.columns, legend=("Legenda",)))

    assert list(header.fields.values()) == ["Data", "Codice fiscale", "N. ore"]


def test_titles_over_the_columns_are_part_of_their_names_where_it_was_said():
    rows = [
        ["Registro", "", "", "", "", ""],
        ["Giorno", "Mattina", "", "Pomeriggio", "", ""],
        ["", "entrata", "uscita", "entrata", "uscita", ""],
    ]
    columns = ("Giorno", "Mattina entrata", "Mattina uscita", "Pomeriggio entrata", "Pomeriggio uscita")

    agreed = find_header(rows, Register(columns=columns, titles=1))
    found = find_header(rows[1:], Register(titles=1))

    assert (agreed.row, tuple(agreed.fields.values()), agreed.missing) == (2, columns, {})
    assert (found.row, tuple(found.fields.values()), found.gap) == (1, columns, 5)
