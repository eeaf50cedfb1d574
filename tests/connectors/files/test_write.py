from __future__ import annotations

import io
import json
from datetime import date
from decimal import Decimal

import pytest
from lxml import etree

from patto_connectors.files import CsvProfile, read_csv, read_sheet, write_rows
from patto_connectors.files.cells import cell_text, guarded, unguarded

ROWS = [
    {"codice": "00123", "importo": Decimal("1234.50"), "il": date(2024, 1, 5), "vero": True, "note": 'a;"b"\nc'},
    {"codice": "=1+1", "importo": -5, "il": None, "vero": False, "note": "è"},
]


def test_csv_is_what_excel_in_italy_opens():
    written = write_rows("csv", ROWS)

    assert written.content.decode().startswith("\ufeffcodice;importo;il;vero;note\r\n00123;1234,50;2024-01-05;true;")
    assert "'=1+1;-5;;false;è\r\n" in written.content.decode()
    assert written.accepted == 2


def test_json_and_ndjson_keep_types():
    rows = [{"a": 1, "b": [1.5, {"c": None}]}]

    assert json.loads(write_rows("json", rows).content) == {"items": rows}
    assert [json.loads(line) for line in write_rows("ndjson", rows).content.splitlines()] == rows


def test_xml_has_an_element_per_field():
    root = etree.fromstring(
        write_rows("xml", [{"a": "1\r\n<", "b": [1, 2], "c": {"d": Decimal("1.50")}, "e": None}]).content
    )

    assert [(each.tag, each.text) for each in root[0]] == [
        ("a", "1\r\n<"),
        ("b", "1"),
        ("b", "2"),
        ("c", None),
        ("e", None),
    ]
    assert root[0].findtext("c/d") == "1.50"


def test_a_workbook_holds_no_formula():
    content = write_rows("xlsx", ROWS).content

    rows = [line.fields for line in read_sheet(content)]
    assert rows[0]["codice"] == "00123"
    assert rows[1] == {"codice": "=1+1", "importo": "-5", "vero": "false", "note": "è"}


@pytest.mark.parametrize("form", ["csv", "json", "ndjson", "xml", "xlsx"])
def test_the_same_rows_give_the_same_bytes(form):
    assert write_rows(form, ROWS).content == write_rows(form, ROWS).content


@pytest.mark.parametrize(
    ("form", "value", "code"),
    [
        ("csv", "a\0b", "csv.nul"),
        ("xml", "a\x01b", "xml.character"),
        ("xml", "a\ufffe", "xml.character"),
        ("xlsx", "x" * 32_768, "sheet.text"),
        ("xlsx", "a\0", "sheet.character"),
        ("json", "\ud800", "text.surrogate"),
        ("csv", "\ud800", "text.surrogate"),
    ],
)
def test_a_row_that_a_format_cannot_carry_is_told(form, value, code):
    written = write_rows(form, [{"a": "good"}, {"a": value}])

    assert written.accepted == 1
    assert [(item.index, item.code) for item in written.rejected] == [(1, code)]
    assert value not in written.rejected[0].detail


def test_a_field_name_that_is_no_element_name_is_told():
    assert write_rows("xml", [{"a b": "1"}]).rejected[0].code == "xml.name"


@pytest.mark.parametrize("text", ["=1", "+39", "-x", "@a", "\ta", "\ra", "'già", "ciao", "", "''"])
def test_a_guard_comes_off_again(text):
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_guarded_cells_come_back_through_csv():
    content = write_rows("csv", [{"a": "=cmd|' /C calc'!A0"}]).content.decode("utf-8-sig")

    assert [line.fields for line in read_csv(io.StringIO(content, newline=""), CsvProfile(guarded=True))] == [
        {"a": "=cmd|' /C calc'!A0"}
    ]


def test_a_float_is_written_without_exponent():
    assert cell_text(1.5) == "1,5"
    assert cell_text(Decimal("1E+3")) == "1000"
