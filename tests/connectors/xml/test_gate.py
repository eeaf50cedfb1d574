from __future__ import annotations

import pytest

from patto_connectors.errors import Malformed
from patto_connectors.xml.gate import Prolog, judge

DECLARED = '<?xml version="1.0" encoding="{}"?><a/>'


def code(content: bytes) -> str:
    with pytest.raises(Malformed) as refused:
        judge(content, final=True)
    assert refused.value.hint
    return refused.value.code


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (b"<a/>", "utf-8"),
        (b"\xef\xbb\xbf<a/>", "utf-8"),
        (DECLARED.format("UTF-8").encode(), "utf-8"),
        (DECLARED.format("windows-1252").encode(), "windows-1252"),
        (b"\xff\xfe" + DECLARED.format("utf-16").encode("utf-16-le"), "utf-16-le"),
        (b"\xfe\xff" + "<a/>".encode("utf-16-be"), "utf-16-be"),
        (b"<!-- <!DOCTYPE a> --><?x <!DOCTYPE ?>\n<a/>", "utf-8"),
    ],
)
def test_the_encoding_is_what_mark_and_declaration_agree_on(content, encoding):
    assert judge(content, final=True).encoding == encoding


@pytest.mark.parametrize(
    "content",
    [
        b"<!DOCTYPE a><a/>",
        b"<!doctype a><a/>",
        b"\xef\xbb\xbf<!-- x -->\n<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        b"\xff\xfe" + '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a><a/>'.encode("utf-16-le"),
    ],
)
def test_a_doctype_is_refused_in_every_encoding(content):
    assert code(content) == "xml.doctype"


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + DECLARED.format("iso-8859-1").encode(),
        DECLARED.format("utf-16").encode(),
        DECLARED.format("utf-7").encode(),
        b"\xff\xfe" + DECLARED.format("utf-8").encode("utf-16-le"),
        "<a/>".encode("utf-16-le"),
        DECLARED.format("utf-32").encode("utf-32"),
        DECLARED.format("shift_jis").encode(),
    ],
)
def test_an_encoding_that_contradicts_the_bytes_is_refused(content):
    assert code(content) == "xml.encoding"


def test_xml_1_1_is_refused():
    assert code(b'<?xml version="1.1"?><a/>') == "xml.version"


def test_a_prolog_without_end_is_refused():
    assert code(b"<!-- never closed") == "xml.syntax"
    assert code(b"<?xml version='1.0'") == "xml.syntax"


def test_more_bytes_are_asked_for_until_the_root_is_reached():
    document = b'<?xml version="1.0"?><!-- c --><!DOCTYPE a><a/>'
    refused_at = document.index(b"<!DOCTYPE") + len(b"<!DOCTYPE")

    for size in range(refused_at):
        assert judge(document[:size]) is None, document[:size]
    with pytest.raises(Malformed):
        judge(document[:refused_at])


def test_a_mark_is_told():
    assert judge(b"\xef\xbb\xbf<a/>") == Prolog("utf-8", marked=True)
