from __future__ import annotations

import asyncio

import pytest
from lxml import etree

from patto_connectors.errors import Malformed, Refused, Unreachable
from patto_connectors.http.settings import HttpSettings, Repeats
from patto_connectors.testing.fake import FakePartner
from patto_connectors.xml import Take, XmlSource, bytes_body, file_body, http_body, row_reader

XSD = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:c" xmlns="urn:c" xmlns:k="urn:c"
  elementFormDefault="qualified">
  <xs:element name="c"><xs:complexType><xs:sequence>
    <xs:element name="head" type="xs:string"/>
    <xs:element name="r" maxOccurs="unbounded"><xs:complexType><xs:sequence>
      <xs:element name="n" type="xs:int"/><xs:element name="on" type="xs:date" minOccurs="0"/>
    </xs:sequence></xs:complexType></xs:element>
  </xs:sequence></xs:complexType>
  <xs:unique name="once"><xs:selector xpath="k:r"/><xs:field xpath="k:n"/></xs:unique></xs:element>
</xs:schema>"""
READERS = {"{urn:c}r": row_reader({"{urn:c}n": "n", "{urn:c}on": Take(name="on")})}


def document(*records: str, head: str = "<head>h</head>") -> bytes:
    return ('<c xmlns="urn:c">' + head + "\n" + "\n".join(records) + "\n</c>").encode()


def record(number: object) -> str:
    return f"<r><n>{number}</n></r>"


@pytest.fixture
def xsd(tmp_path):
    path = tmp_path / "c.xsd"
    path.write_text(XSD)
    return path


async def batches(content: bytes, **settings):
    return [each async for each in XmlSource(body=bytes_body(content), readers=READERS, **settings).read(None)]


async def test_a_document_is_given_in_pages_that_end_complete():
    found = await batches(document(*map(record, range(50_000))))

    assert [row["n"] for batch in found for row in batch.rows] == [str(n) for n in range(50_000)]
    assert [batch.complete for batch in found] == [False] * (len(found) - 1) + [True]
    assert b"".join(batch.content for batch in found) == document(*map(record, range(50_000)))
    assert len(found) > 2


async def test_a_file_is_read(tmp_path):
    path = tmp_path / "c.xml"
    path.write_bytes(document(record(1)))

    found = [each async for each in XmlSource(body=file_body(path), readers=READERS, snapshot=False).read(None)]

    assert [batch.rows for batch in found] == [[{"n": "1"}]]
    assert found[0].position(0) == "riga 2, /c/r[1]"
    assert not found[0].complete


async def test_trap_5_a_document_in_utf_16_gives_the_rows_of_the_same_in_utf_8(xsd):
    text = document(*map(record, range(300)), head="<head>perché</head>").decode()
    wide = ('<?xml version="1.0" encoding="UTF-16"?>' + text).encode("utf-16")

    (found,), (same,) = await batches(wide, xsd=xsd), await batches(text.encode(), xsd=xsd)

    assert (found.rows, found.positions, found.troubles) == (same.rows, same.positions, [])
    assert found.content == wide


async def test_trap_6_a_byte_order_mark_before_a_document_is_no_character_of_it(xsd):
    marked = b"\xef\xbb\xbf" + document(record(1))

    (found,) = await batches(marked, xsd=xsd)

    assert (found.rows, found.troubles, found.content) == ([{"n": "1"}], [], marked)


@pytest.mark.parametrize("whole", [0, 1 << 20])
async def test_R9_a_record_that_breaks_its_xsd_is_set_aside_alone(xsd, whole):
    found = await batches(document(record(1), record("due"), record(3)), xsd=xsd, whole=whole)

    assert [row["n"] for batch in found for row in batch.rows] == ["1", "3"]
    assert [trouble for batch in found for trouble in batch.troubles] == [
        ("riga 3, /c/r[2]/n" if not whole else "riga 3, /c/r[2]/n[1]", "xml.xsd", b'<r xmlns="urn:c"><n>due</n></r>')
    ]
    assert not found[-1].complete, "a broken record has not disappeared"


async def test_a_document_is_also_judged_as_a_whole(xsd):
    found = await batches(document(record(1), record(1), record(2)), xsd=xsd)

    assert [row["n"] for batch in found for row in batch.rows] == ["1", "2"]


async def test_every_record_is_judged_though_the_document_around_them_is_wrong(xsd):
    found = await batches(document(record(1), record("due"), "<odd/>", record("tre"), record(4)), xsd=xsd)

    assert [row["n"] for batch in found for row in batch.rows] == ["1", "4"]
    assert [(place, code) for batch in found for place, code, _ in batch.troubles] == [
        ("riga 4, /c/odd[1]", "xml.xsd"),
        ("riga 3, /c/r[2]/n[1]", "xml.xsd"),
        ("riga 5, /c/r[3]/n[1]", "xml.xsd"),
    ]


async def test_many_pages_are_judged_with_what_stands_around_them(xsd):
    numbers = [str(n) if n % 10_000 else "x" for n in range(1, 40_001)]

    found = await batches(document(*map(record, numbers)), xsd=xsd, whole=0)

    assert sum(len(batch.rows) for batch in found) == 39_996
    assert [place for batch in found for place, _, _ in batch.troubles] == [
        f"riga {n + 1}, /c/r[{n}]/n" for n in (10_000, 20_000, 30_000, 40_000)
    ]


@pytest.mark.parametrize("whole", [0, 1 << 20])
async def test_a_doctype_is_refused_before_the_schema_is_asked(xsd, whole):
    with pytest.raises(Malformed) as refused:
        await batches(b"<!DOCTYPE c [<!ENTITY a 'b'>]>" + document(record("&a;")), xsd=xsd, whole=whole)

    assert refused.value.code == "xml.doctype"


async def test_a_schema_that_imports_from_the_network_is_not_used(tmp_path):
    path = tmp_path / "far.xsd"
    path.write_text(
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:f="urn:far">'
        '<xs:import namespace="urn:far" schemaLocation="http://127.0.0.1:9/far.xsd"/>'
        '<xs:element name="c" type="f:t"/></xs:schema>'
    )

    with pytest.raises(etree.XMLSchemaParseError):
        await batches(document(record(1)), xsd=path)


async def test_documents_read_at_the_same_time_do_not_disturb_each_other(xsd):
    content = document(*(record(n if n % 1_000 else "x") for n in range(1, 10_001)))

    found = await asyncio.gather(*(batches(content, xsd=xsd, whole=0 if n % 2 else 1 << 30) for n in range(6)))

    assert [sum(len(batch.rows) for batch in each) for each in found] == [9_990] * 6


@pytest.mark.parametrize(
    "content", [b"<html><body>manutenzione</body></html>", b"<html><c xmlns='urn:c'><r/></c></html>"]
)
async def test_another_document_is_refused_and_not_taken_for_an_empty_catalogue(content):
    with pytest.raises(Malformed) as refused:
        await batches(content, root="{urn:c}c")

    assert refused.value.code == "page.malformed"


@pytest.fixture
async def partner():
    fake = FakePartner()
    fake.listing("/c.xml", lambda _: document(*map(record, range(3_000))))
    async with fake.running() as address:
        yield fake, HttpSettings(base_url=address, repeats=Repeats(first=0.01))


async def over_http(settings):
    source = XmlSource(body=http_body(settings, "c.xml"), readers=READERS, root="{urn:c}c")
    return [each async for each in source.read(None)]


async def test_a_document_is_read_over_http_and_a_busy_partner_is_asked_again(partner):
    fake, settings = partner
    fake.faults.order("unavailable")

    found = await over_http(settings)

    assert sum(len(batch.rows) for batch in found) == 3_000
    assert found[-1].complete
    assert len(fake.asked) == 2


@pytest.mark.parametrize(
    ("fault", "trouble"),
    [("truncated", Unreachable), ("truncated_close", Malformed), ("html", Malformed), ("unauthorised", Refused)],
)
async def test_F23_F24_a_broken_answer_is_never_a_complete_one(partner, fault, trouble):
    fake, settings = partner
    fake.faults.order(fault, times=None)
    seen = []

    with pytest.raises(trouble):
        seen.extend([each async for each in XmlSource(body=http_body(settings, "c.xml"), readers=READERS).read(None)])

    assert not any(batch.complete for batch in seen)
