"""CSV, workbook, naughty-string and path-traversal corpora through the file connectors."""

from __future__ import annotations

import io
import json
import time

import pytest
from lxml import etree

from patto_connectors.contract import Batch, Outcome
from patto_connectors.errors import Malformed, Refused, Rejected
from patto_connectors.files import (
    CsvProfile,
    DropFolderSource,
    FileSink,
    Register,
    SheetProfile,
    charset_of,
    read_csv,
    read_sheet,
    write_rows,
)
from patto_connectors.files.folder import open_plain
from patto_connectors.json import parse_strict, slices

pytestmark = pytest.mark.shared


def test_F34_csv_spectrum_12_of_12(shared):
    folder = shared / "bad_input" / "csv_spectrum"
    paths = sorted((folder / "csvs").iterdir())

    equal = 0
    for path in paths:
        content = path.read_bytes()
        text = content.decode(charset_of(lambda: [content]).name)  # noqa: B023 - called at once
        rows = [line.fields for line in read_csv(io.StringIO(text, newline=""))]
        expected = json.loads((folder / "json" / f"{path.stem}.json").read_bytes())
        if path.stem == "location_coordinates":
            # Here the corpus contradicts itself: a single row as an object, with another telephone number.
            expected = [expected | {"Contact Phone Number": "2095257564"}]
        assert rows == expected, path.name
        equal += 1
    assert equal == 12


@pytest.fixture(scope="module")
def naughty(shared):
    strings = json.loads((shared / "bad_input" / "naughty_strings" / "blns.json").read_bytes())
    assert len(strings) == 515
    return strings


def through_csv(content):
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    return [line.fields for line in read_csv(text, CsvProfile(guarded=True))]


def through_sheet(content):
    return [line.fields for line in read_sheet(content, registers=(Register(nulls=()),))]


def through_xml(content):
    return [{field.tag: field.text or "" for field in item} for item in etree.fromstring(content)]


def through_json(content):
    return [parse_strict(row) for row in slices(content, "items")[1]]


def through_ndjson(content):
    return [parse_strict(line) for line in content.split(b"\n") if line]


@pytest.mark.parametrize(
    ("form", "back", "refused"),
    [
        ("csv", through_csv, 0),
        ("json", through_json, 0),
        ("ndjson", through_ndjson, 0),
        ("xml", through_xml, 6),
        ("xlsx", through_sheet, 6),
    ],
)
def test_F38_naughty_strings_come_back_exactly_or_are_refused_with_a_reason(naughty, form, back, refused):
    rows = [{"n": f"r{index}", "text": text} for index, text in enumerate(naughty)]

    written = write_rows(form, rows)

    refusals = {item.index for item in written.rejected}
    kept = [row for index, row in enumerate(rows) if index not in refusals]
    expected = [{name: value for name, value in row.items() if form != "xlsx" or value.strip()} for row in kept]
    assert back(written.content) == expected
    assert len(refusals) == refused, [item.code for item in written.rejected]
    assert all(item.code and item.detail for item in written.rejected)


def test_F38_no_naughty_string_is_a_formula(naughty):
    content = write_rows("csv", [{"text": text} for text in naughty]).content.decode("utf-8-sig")

    values = [line.fields["text"] for line in read_csv(io.StringIO(content, newline=""))]
    assert not [value for value in values if value.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_F33_hostile_workbooks_are_refused_or_read_within_limits(shared):
    paths = sorted((shared / "bad_input" / "xlsx").rglob("*.xlsx"))

    answers = {}
    for path in paths:
        started = time.perf_counter()
        try:
            answers[path.name] = f"{len(list(read_sheet(path.read_bytes(), SheetProfile(memory=256 * 2**20))))} rows"
        except (Malformed, Refused) as refused:
            answers[path.name] = refused.code
        assert time.perf_counter() - started < 5, path.name
    assert answers == {
        "poc-shared-strings.xlsx": "sheet.broken",
        "poc-xmlbomb-empty.xlsx": "sheet.doctype",
        "poc-xmlbomb.xlsx": "sheet.doctype",
        "xlsx-corrupted.xlsx": "sheet.broken",
        "xxe_in_schema.xlsx": "1 rows",  # the entity is in a part that nobody reads
    }


async def test_traversal_payloads_as_names_touch_nothing_outside(shared, tmp_path):
    listed = shared / "bad_input" / "payloads" / "Directory Traversal" / "Intruder" / "directory_traversal.txt"
    names = [line for line in listed.read_text("utf-8", "replace").splitlines() if line]
    inner = tmp_path / "a" / "b" / "drop"
    inner.mkdir(parents=True)
    sink, source = FileSink(folder=inner), DropFolderSource(folder=inner)

    for name in names:
        await sink.write(Batch(rows=[{"a": "1"}], name=name))
        await source.tell(Outcome(name=name, counts={}))
        with pytest.raises(OSError, match=r"not a file|No such|name too long"):
            open_plain(inner, name).close()

    assert len(names) > 100
    assert [path for path in tmp_path.rglob("*") if path.is_file() and path.parent != inner] == []


async def test_crlf_payloads_in_rows_stay_within_their_cell(shared, tmp_path):
    payload = (shared / "bad_input" / "payloads" / "CRLF Injection" / "Files" / "crlfinjection.txt").read_text()

    await FileSink(folder=tmp_path).write(Batch(rows=[{"a": payload}, {"a": "x"}], name="n"))

    content = (tmp_path / "n.csv").read_bytes().decode("utf-8-sig")
    rows = [line.fields for line in read_csv(io.StringIO(content, newline=""), CsvProfile(guarded=True))]
    assert rows == [{"a": payload}, {"a": "x"}]


async def test_rejected_rows_are_named_by_their_place(tmp_path):
    with pytest.raises(Rejected) as rejected:
        await FileSink(folder=tmp_path, form="xml").write(Batch(rows=[{"a": "x"}, {"a": "\x07"}], name="n"))

    assert [item.index for item in rejected.value.items] == [1]
