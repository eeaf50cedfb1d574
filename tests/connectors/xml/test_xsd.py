from __future__ import annotations

import codecs

import pytest
from lxml import etree

from patto_connectors.xml import Records, Schemas, path_of, plain
from patto_connectors.xml.xsd import PageJudge

XSD = (
    '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="a"><xs:complexType><xs:sequence>'
    '<xs:element name="b" maxOccurs="9"><xs:complexType><xs:sequence><xs:element name="c" type="xs:int"/>'
    "</xs:sequence></xs:complexType></xs:element></xs:sequence></xs:complexType></xs:element></xs:schema>"
)


def test_a_schema_is_compiled_once(tmp_path):
    path = tmp_path / "a.xsd"
    path.write_text(XSD)
    schemas = Schemas()

    assert schemas.get(path) is schemas.get(tmp_path / "." / "a.xsd")


@pytest.mark.shared
def test_trap_5_a_schema_in_utf_16_is_compiled(shared):
    path = shared / "real/social/PSA_InvioPrestazioni.xsd"

    assert path.read_bytes().startswith(codecs.BOM_UTF16_BE)
    assert isinstance(Schemas().get(path), etree.XMLSchema)


def test_a_missing_schema_is_told(tmp_path):
    with pytest.raises(FileNotFoundError):
        Schemas().get(tmp_path / "none.xsd")


def test_path_of_counts_same_named_siblings():
    root = etree.fromstring("<a><b/><x/><b><c/></b></a>")

    assert path_of(root[2][0]) == "/a/b[2]/c[1]"
    assert path_of(root) == "/a"


def test_records_within_records_are_not_judged_page_by_page():
    judge = PageJudge(etree.XMLSchema(etree.fromstring(XSD)), Records(readers={"b": plain, "c": plain}))
    root = etree.fromstring("<a><b><c>1</c></b></a>")

    with pytest.raises(ValueError, match="within other records"):
        judge.see(root[0][0], 0)
