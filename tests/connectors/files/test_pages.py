from __future__ import annotations

import io

import pytest

from patto_connectors.errors import Malformed
from patto_connectors.files import Format, Reading
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
