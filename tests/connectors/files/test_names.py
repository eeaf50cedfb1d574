from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patto_connectors.errors import Malformed
from patto_connectors.files import Format, safe_name, shown
from patto_connectors.files.names import format_of


@given(st.text())
def test_a_safe_name_stays_in_its_folder(name):
    safe = safe_name(name)

    assert safe
    assert not safe.startswith((".", " "))
    assert ".." not in safe
    assert not set(safe) & set("/\\\0\n\r:%")
    assert len(safe) <= 100


def test_an_ordinary_name_is_kept():
    assert safe_name("presenze 2024-01 (bis).csv") == "presenze 2024-01 (bis).csv"


def test_a_name_for_people_has_no_control_characters():
    assert shown("a\n\x1b[31mb\udcff.csv") == "a\ufffd\ufffd[31mb?.csv"


@pytest.mark.parametrize(
    ("name", "head", "form"),
    [
        ("a.csv", b"a;b\n", Format.CSV),
        ("a.TXT", b"a;b\n", Format.CSV),
        ("a.json", b" [1]", Format.JSON),
        ("a.ndjson", b"{}", Format.NDJSON),
        ("a.xml", b"\xef\xbb\xbf<a/>", Format.XML),
        ("a.xml", "<a/>".encode("utf-16"), Format.XML),
        ("a.xlsx", b"PK\x03\x04", Format.SHEET),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Format.SHEET),
    ],
)
def test_extension_and_content_agree(name, head, form):
    assert format_of(name, head) is form


@pytest.mark.parametrize(
    ("name", "head"), [("a.csv", b"PK\x03\x04"), ("a.xlsx", b"a;b"), ("a.json", b"<a/>"), ("a.exe", b"MZ"), ("a", b"")]
)
def test_content_that_is_not_what_the_name_says_is_refused(name, head):
    with pytest.raises(Malformed) as refused:
        format_of(name, head)

    assert refused.value.code == "file.format"
