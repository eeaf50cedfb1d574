from __future__ import annotations

import pytest

from patto_connectors.errors import Malformed
from patto_connectors.iso20022.message import VERSIONS, Message, opening

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"


def document(message="camt.053.001.02", body="BkToCstmrStmt", root="Document"):
    return f'<?xml version="1.0"?>\n<{root} xmlns="{NAMESPACE}{message}">\n<{body}/>\n</{root}>'.encode()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("name", "body"), [("camt.053", "BkToCstmrStmt"), ("camt.054", "BkToCstmrDbtCdtNtfctn")])
def test_message_and_version_are_those_of_the_namespace(name, body, version):
    message = opening(document(f"{name}.001.{version:02}", body), final=True)

    assert message == Message(name=name, version=version, line=3)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (document("camt.052.001.02", "BkToCstmrAcctRpt"), "a camt.052"),
        (document("pain.001.001.03", "CstmrCdtTrfInitn"), "a pain.001"),
        (document("camt.053.001.13"), "version 13"),
        (document("camt.053.001.07"), "version 07"),
        (document(root="Envelope"), "no message of ISO 20022"),
        (b"<html><body/></html>", "no message of ISO 20022"),
    ],
)
def test_another_message_is_refused_with_what_it_is(content, said):
    with pytest.raises(Malformed, match=said) as caught:
        opening(content, final=True)

    assert caught.value.code == "camt.message"
    assert "camt.053" in caught.value.hint


def test_a_namespace_with_the_body_of_another_message_is_refused_with_the_line():
    with pytest.raises(Malformed, match="lacks <BkToCstmrStmt>") as caught:
        opening(document(body="BkToCstmrAcctRpt"), final=True)

    assert caught.value.code == "camt.element"
    assert caught.value.position == "riga 2, /Document: manca BkToCstmrStmt"


def test_a_document_without_a_body_is_refused():
    with pytest.raises(Malformed, match="lacks <BkToCstmrStmt>"):
        opening(f'<Document xmlns="{NAMESPACE}camt.053.001.02"/>'.encode(), final=True)


@pytest.mark.parametrize("length", [0, 1, 40, 80])
def test_more_bytes_are_asked_for_while_the_beginning_is_not_there(length):
    assert opening(document()[:length], final=False) is None


def test_a_beginning_that_never_comes_is_cut_off():
    with pytest.raises(Malformed) as caught:
        opening(b"<!-- " + b"x" * 70_000, final=False)

    assert caught.value.code in {"xml.size", "xml.syntax"}


def test_F31_a_doctype_is_refused_before_anything_is_read():
    with pytest.raises(Malformed) as caught:
        opening(b'<!DOCTYPE d SYSTEM "file:///etc/passwd">' + document(), final=True)

    assert caught.value.code in {"xml.doctype", "xml.syntax"}


def test_what_is_no_xml_is_refused():
    with pytest.raises(Malformed) as caught:
        opening(b":20:STARTUMS\r\n:25:IT60", final=True)

    assert caught.value.code == "xml.syntax"
