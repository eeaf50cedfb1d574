from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patto_connectors.errors import Malformed
from patto_connectors.files import CsvProfile, csv_bytes, read_csv
from patto_connectors.files.delimited import FIELD_CAP, read_cells, separator_of


def read(text: str, **profile):
    return list(read_csv(io.StringIO(text, newline=""), CsvProfile(**profile)))


def rows(text: str, **profile):
    return [line.fields for line in read(text, **profile)]


@pytest.mark.parametrize(
    ("header", "separator"),
    [("a;b,c;d", ";"), ("a,b,c", ","), ("a\tb", "\t"), ("a|b", "|"), ('"a,b,c";d', ";"), ("sola", ";")],
)
def test_the_separator_is_the_one_the_header_uses_most(header, separator):
    assert separator_of(header) == separator


def test_values_stay_as_they_are_written():
    assert rows("cap;importo;nota\r\n00123;1.234,50; x \r\n") == [
        {"cap": "00123", "importo": "1.234,50", "nota": " x "}
    ]


def test_a_quoted_field_holds_separators_quotes_and_lines():
    assert rows('a;b\n"x;""y""\nz";2\n3;4\n') == [{"a": 'x;"y"\nz', "b": "2"}, {"a": "3", "b": "4"}]


def test_a_quote_within_an_unquoted_field_is_a_quote():
    assert rows('a;b\ntubo 12";x\n') == [{"a": 'tubo 12"', "b": "x"}]


def test_F34_a_ragged_row_is_refused_with_its_line():
    lines = read('a;b\n1;2\n"x\ny";2\n1\n1;2;3\n\n5;6\n')

    assert [(line.number, line.refusal) for line in lines] == [
        (2, ""),
        (3, ""),
        (5, "csv.columns"),
        (6, "csv.columns"),
        (8, ""),
    ]
    assert lines[2].text == "1"


def test_F34_a_row_with_nul_is_refused_alone():
    assert [line.refusal for line in read("a;b\n1;\0\n1;2\n")] == ["csv.nul", ""]


def test_F34_a_field_of_200_kb_passes_and_a_longer_one_is_refused():
    lines = read(f'a;b\n{"x" * FIELD_CAP};1\n{"x" * (FIELD_CAP + 1)};1\n"{"x" * (FIELD_CAP + 1)}";1\n2;2\n')

    assert [line.refusal for line in lines] == ["", "csv.field_size", "csv.field_size", ""]


def test_F34_an_unclosed_quote_costs_one_row():
    lines = read('a;b\n"mai chiusa;1\n2;2\n3;3\n')

    assert [(line.number, line.refusal) for line in lines] == [(2, "csv.quote"), (3, ""), (4, "")]


def test_F34_text_after_a_closing_quote_is_refused():
    assert [line.refusal for line in read('a;b\n"x"y;1\n2;2\n')] == ["csv.quote", ""]


def test_a_million_lines_after_an_unclosed_quote_are_not_swallowed():
    text = 'a;b\n"mai chiusa;1\n' + "2;2\n" * 400_000

    assert sum(not line.refusal for line in read(text)) == 400_000


@pytest.mark.parametrize("text", ["", "a;a\n1;2\n", "a;;c\n1;2;3\n", '"a;b\n'])
def test_a_header_that_does_not_name_the_columns_is_refused(text):
    with pytest.raises(Malformed) as refused:
        read(text)

    assert refused.value.code == "csv.header"


def test_lines_before_the_header_can_be_passed_over():
    assert rows("Esportazione del 1/1\n\na;b\n1;2\n", skip=2) == [{"a": "1", "b": "2"}]
    assert read("titolo\na;b\n1;2\n", skip=1)[0].number == 3


def test_a_file_without_header_takes_the_agreed_columns():
    assert rows("1;2\n", header=("a", "b")) == [{"a": "1", "b": "2"}]


CELL = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20)


@given(st.lists(st.tuples(CELL, CELL), max_size=10))
def test_what_we_write_we_read(table):
    text = csv_bytes(("a", "b"), table).decode("utf-8-sig")

    found = rows(text, guarded=True)

    assert found == [{"a": a, "b": b} for a, b in table]


@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=10))
def test_a_reader_that_others_wrote_agrees(table):
    target = io.StringIO(newline="")
    csv.writer(target, delimiter=";", quoting=csv.QUOTE_ALL).writerows([("a", "b"), *table])

    assert rows(target.getvalue()) == [{"a": a, "b": b} for a, b in table]


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("Registro, marzo, 2026\n\nData;Ore\n2;4,5\n3;4,5\n", ";"),
        ("Registro; marzo\nData,Ore,Note\n2,4,a;b\n3,4,\n", ","),
        ("Data\tOre\n", "\t"),
        ("Data\n1\n", ";"),
    ],
)
def test_the_separator_of_a_table_is_the_one_that_most_lines_use_alike(text, separator):
    cells = list(read_cells(io.StringIO(text, newline=""), CsvProfile(), look=20))

    assert [row.cells for row in cells] == [line.split(separator) for line in text.splitlines()]
    assert [row.number for row in cells] == list(range(1, len(cells) + 1))
