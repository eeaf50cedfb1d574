from __future__ import annotations

import re
import tracemalloc
from contextlib import asynccontextmanager

import pytest

from patto_connectors.errors import Malformed, Refused
from patto_connectors.files import DropFolderSource
from patto_connectors.iso20022 import CamtSource, read_camt
from patto_connectors.xml import bytes_body, file_body

XSD = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified"
  targetNamespace="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"
  xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02">
  <xs:element name="Document"><xs:complexType><xs:sequence>
   <xs:element name="BkToCstmrStmt"><xs:complexType><xs:sequence>
    <xs:element name="GrpHdr"><xs:complexType><xs:sequence>
     <xs:element name="MsgId"/><xs:element name="CreDtTm" type="xs:dateTime"/>
    </xs:sequence></xs:complexType></xs:element>
    <xs:element name="Stmt" maxOccurs="unbounded"><xs:complexType><xs:sequence>
     <xs:element name="Id"/><xs:element name="CreDtTm"/><xs:element name="Acct"/>
     <xs:element name="Bal" maxOccurs="unbounded"/><xs:element name="TxsSummry" minOccurs="0"/>
     <xs:element name="Ntry" minOccurs="0" maxOccurs="unbounded"><xs:complexType><xs:sequence>
      <xs:element name="Amt"/><xs:element name="CdtDbtInd"/><xs:element name="Sts"/>
      <xs:element name="BookgDt" minOccurs="0"/><xs:element name="ValDt" minOccurs="0"/>
      <xs:element name="AcctSvcrRef" minOccurs="0"><xs:simpleType><xs:restriction base="xs:string">
       <xs:maxLength value="35"/></xs:restriction></xs:simpleType></xs:element>
      <xs:element name="BkTxCd"/><xs:element name="NtryDtls"/>
     </xs:sequence></xs:complexType></xs:element>
    </xs:sequence></xs:complexType></xs:element>
   </xs:sequence></xs:complexType></xs:element>
  </xs:sequence></xs:complexType></xs:element>
</xs:schema>"""


async def pages_of(content, **options):
    return [page async for page in CamtSource(body=bytes_body(content), **options).read(None)]


def codes(pages):
    return [code for page in pages for _, code, _ in page.troubles]


@pytest.fixture
def xsd(tmp_path):
    folder = tmp_path / "xsd"
    folder.mkdir()
    (folder / "camt.053.001.02.xsd").write_text(XSD)
    return folder


async def test_a_source_reads_as_one_who_has_the_document_in_hand(written, booking):
    content = written(*[booking() for _ in range(250)], message="camt.054.001.08")

    pages = await pages_of(content, page_rows=100)

    rows = [row for page in pages for row in page.rows]
    assert rows == [row for page in read_camt(content) for row in page.rows]
    assert b"".join(page.content for page in pages) == content


async def test_a_page_holds_no_more_than_was_asked(written, booking):
    content = written(*[booking(name="n" * 70, remittance=["r" * 140] * 9) for _ in range(1500)])

    pages = await pages_of(content, page_rows=100)

    assert max(len(page.rows) for page in pages) < 400
    assert all(page.cursor is None and not page.complete for page in pages)


async def test_bytes_may_come_one_by_one(written, booking):
    content = written(booking())

    @asynccontextmanager
    async def body():
        async def pieces():
            for at in range(len(content)):
                yield content[at : at + 1]

        yield pieces()

    pages = [page async for page in CamtSource(body=body).read(None)]

    assert sum(len(page.rows) for page in pages) == 1


async def test_a_drop_folder_reads_statements_file_by_file(clock, tmp_path, written, booking):
    (tmp_path / "a.xml").write_bytes(written(booking()))
    (tmp_path / "b.xml").write_bytes(written(booking()).replace(b"camt.053", b"camt.052"))
    (tmp_path / "c.xml").write_bytes(written(booking(), statement_id="S-3"))
    source = DropFolderSource(folder=tmp_path, xml=lambda body: CamtSource(body=body))

    pages = [page async for page in source.read(None)]

    assert [row["statement_id"] for page in pages for row in page.rows] == ["S-1", "S-3"]
    assert codes(pages) == ["camt.message"]


async def test_without_anything_wrong_the_schema_changes_nothing(written, booking, xsd):
    content = written(booking(), booking())

    pages = await pages_of(content, xsd=xsd)

    assert [row for page in pages for row in page.rows] == [row for page in read_camt(content) for row in page.rows]
    assert codes(pages) == []


async def test_an_entry_that_breaks_the_schema_is_set_aside_alone_and_the_sums_are_not_judged(written, booking, xsd):
    content = written(booking(), booking(bank_reference="R" * 36), booking())

    pages = await pages_of(content, xsd=xsd)

    assert sum(len(page.rows) for page in pages) == 2
    assert codes(pages) == ["xml.xsd"]


async def test_a_statement_that_breaks_the_schema_does_not_hold_up_its_entries_in_silence(written, booking, xsd):
    content = re.sub(rb"<Acct>.*?</Acct>", b"", written(booking()), flags=re.DOTALL)

    pages = await pages_of(content, xsd=xsd)

    assert sum(len(page.rows) for page in pages) == 0
    assert set(codes(pages)) == {"xml.xsd", "camt.statement"}


async def test_a_header_that_breaks_the_schema_refuses_the_message(written, booking, xsd):
    content = written(booking()).replace(b"2026-03-03T06:00:00+00:00", b"ieri", 1)

    with pytest.raises(Malformed, match="header") as caught:
        await pages_of(content, xsd=xsd)

    assert caught.value.code == "xml.xsd"


async def test_a_folder_without_the_messages_schema_is_a_fault_of_the_settings(written, booking, xsd):
    with pytest.raises(Refused) as caught:
        await pages_of(written(booking(), message="camt.053.001.08"), xsd=xsd)

    assert caught.value.code == "camt.schema"


async def test_memory_does_not_grow_with_the_statement(written, booking, tmp_path):
    entry = [booking(end_to_end_id="A", remittance=["r" * 140] * 3)]
    peaks = []
    for count in (400, 1_600):
        path = tmp_path / f"{count}.xml"
        path.write_bytes(written(*entry * count))
        tracemalloc.start()
        read = 0
        async for page in CamtSource(body=file_body(path), page_rows=50).read(None):
            read += len(page.rows)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert read == count

    assert peaks[1] < peaks[0] * 1.5
