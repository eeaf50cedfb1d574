from __future__ import annotations

import io

import pytest

from patto_connectors.errors import Malformed, Refused
from patto_connectors.files import Format, Reading, Register, by_column, by_name
from patto_connectors.files.pages import read_pages


def pages(content: bytes, form: Format, **settings):
    return list(read_pages(io.BytesIO(content), "a", form, Reading(**settings)))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("a;b\n1;è\n".encode(), "charset=utf-8; known-by=utf-8"),
        ("\ufeffa;b\n1;è\n".encode(), "charset=utf-8-sig; known-by=bom"),
        ("a;b\n1;perché è così\n".encode("cp1252"), "charset=cp1252; known-by=guessed"),
        ("a;b\n1;è\n".encode("utf-16"), "charset=utf-16; known-by=bom"),
    ],
)
def test_a_page_says_in_which_charset_it_was_read_and_how_that_is_known(content, told):
    (page,) = pages(content, Format.CSV)

    assert told in page.media_type
    assert page.rows[0]["a"] == "1"


def test_the_pages_of_a_text_are_its_bytes():
    content = b"a;b\r\n" + b"".join(f"{n};è\r\n".encode("cp1252") for n in range(25))

    found = pages(content, Format.CSV, page_rows=10)

    assert [len(page.rows) for page in found] == [10, 10, 5]
    assert b"".join(page.content for page in found) == content


def test_json_rows_stay_as_they_are_written():
    (page,) = pages(b'{"dati": {"righe": [{"a":1.0}, {"a" : 2}]}}', Format.JSON, items="dati.righe")

    assert page.rows == [b'{"a":1.0}', b'{"a" : 2}']
    assert page.positions == ["$.dati.righe[0]", "$.dati.righe[1]"]


@pytest.mark.parametrize("content", [b'{"a": [NaN]}', b'{"b": []}', b"[1,", b'{"a": 1}'])
def test_json_that_is_not_as_agreed_is_refused(content):
    with pytest.raises(Malformed) as refused:
        pages(content, Format.JSON, items="a")

    assert refused.value.code == "json.syntax"


def test_a_file_that_must_be_read_whole_has_a_cap():
    with pytest.raises(Malformed) as refused:
        pages(b"[" + b" " * 100 + b"]", Format.JSON, whole=50)

    assert refused.value.code == "file.size"


ENTRIES = Register(name="Entrate", sheet="entrate*", columns=("Data", "Persone"), key=("Data",))
EXITS = Register(name="Uscite", sheet="uscite*", columns=("Data", "Motivo"), key=("Data",))


def read(content: bytes, name: str, **settings):
    return list(read_pages(io.BytesIO(content), name, Format.CSV, Reading(**settings)))


def test_a_csv_file_is_read_by_its_register_as_a_sheet_is():
    content = "Registro;;\nDATA;persone;\n2;4;\n3;n.d.;\n;;\n;totale;\n4;5;x\n".encode("cp1252")

    (page,) = read(content, "marzo.csv", registers=(ENTRIES,))

    assert page.rows == [
        {"Data": "2", "Persone": "4", "@register": "Entrate", "@sheet": "marzo"},
        {"Data": "3", "@register": "Entrate", "@sheet": "marzo"},
        {"Persone": "totale", "@register": "Entrate", "@sheet": "marzo"},
    ]
    assert page.positions == ["riga 3", "riga 4", "riga 6"]
    assert page.troubles == [("riga 7", "csv.columns", b"4;5;x")]
    assert page.content == content


def test_a_csv_file_tells_its_register_by_its_name_where_there_are_several():
    (page,) = read(b"Data;Motivo\n2;visita\n", "Uscite_2026-03.csv", registers=(ENTRIES, EXITS))

    assert page.rows[0]["@register"] == "Uscite"
    with pytest.raises(Refused) as refused:
        read(b"Data;Motivo\n2;visita\n", "altro.csv", registers=(ENTRIES, EXITS))
    assert refused.value.code == "sheet.missing"


def test_an_agreed_column_that_is_missing_is_a_trouble_of_the_file():
    (page,) = read(b"Data;Persona\n2;4\n", "entrate.csv", registers=(ENTRIES,))

    assert page.troubles == [("riga 1, colonna 'Persone'", "sheet.column_missing", b"Persone: Persona")]
    assert [row["Persona"] for row in page.rows] == ["4"]


def test_the_last_page_of_a_file_says_what_the_file_replaces():
    content = b"mese;n\n" + b"".join(b"2026-0%d;1\n" % (1 + n // 10) for n in range(25))

    found = read(content, "a.csv", scope=by_column("mese", "presenze/{}/"), page_rows=10)

    assert [page.replaces for page in found] == [
        (),
        (),
        ("presenze/2026-01/", "presenze/2026-02/", "presenze/2026-03/"),
    ]


def test_a_file_of_which_all_rows_were_taken_out_replaces_too():
    (page,) = read(b"mese;n\n", "presenze_2026-03.csv", scope=by_name(r"_(?P<month>[0-9-]+)\.", "presenze/{month}/"))

    assert (page.rows, page.replaces) == ((), ("presenze/2026-03/",))


def test_a_file_whose_name_does_not_say_its_scope_is_refused_before_its_first_row():
    pages_of = read_pages(io.BytesIO(b"a\n1\n"), "x.csv", Format.CSV, Reading(scope=by_name("[0-9]", "{month}/")))

    with pytest.raises(Malformed) as refused:
        next(pages_of)
    assert refused.value.code == "file.name"


def test_a_file_without_a_scope_only_adds():
    assert [page.replaces for page in read(b"mese;n\n1;2\n", "a.csv")] == [()]
