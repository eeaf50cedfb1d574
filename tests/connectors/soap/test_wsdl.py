import socket

import pytest
from lxml import etree

from patto_connectors.errors import Refused
from patto_connectors.soap import Wsdl, load_service, read_wsdl
from patto_connectors.soap.envelope import write_message
from patto_connectors.soap.wsdl import SOAP_11, SOAP_12


def _text(wsdl, old="", new=""):
    return wsdl.read_text("utf-8").replace(old, new).encode()


def _refused(wsdl, **names):
    with pytest.raises(Refused) as caught:
        load_service(wsdl, **names)
    assert caught.value.code == "soap.wsdl"
    assert caught.value.hint
    return caught.value.detail


def test_the_first_port_is_taken(service):
    assert (service.name, service.envelope) == ("AnagrafeService", SOAP_11)
    assert sorted(service.operations) == ["avvisa", "cerca", "deposita", "versione"]
    assert service.operation("cerca").action == "urn:prova:anagrafe#cerca"
    assert service.operation("versione").action == ""
    assert service.operation("avvisa").reply is None


def test_a_port_can_be_named(wsdl):
    assert load_service(read_wsdl(wsdl), service="AnagrafeService", port="Anagrafe12").envelope == SOAP_12


def test_a_port_that_is_not_there_is_told_with_those_that_are(wsdl):
    assert "AnagrafeService/Anagrafe11, AnagrafeService/Anagrafe12" in _refused(read_wsdl(wsdl), port="Anagrafe13")


def test_an_operation_that_is_not_there_is_told_with_those_that_are(service):
    with pytest.raises(ValueError, match="has no document/literal operation cercami; it has avvisa, cerca"):
        service.operation("cercami")


def test_a_wsdl_is_read_once(wsdl):
    assert load_service(read_wsdl(wsdl)) is load_service(read_wsdl(wsdl))
    assert load_service(read_wsdl(wsdl)) is not load_service(read_wsdl(wsdl, {"urn:prova:anagrafe": "urn:x"}))


@pytest.mark.parametrize("location", ["tipi/anagrafe.xsd", "http://anagrafe.example/tipi.xsd"])
def test_a_text_brings_its_imports_along(wsdl, location):
    types = (wsdl.parent / "tipi" / "anagrafe.xsd").read_bytes()

    found = load_service(Wsdl(content=_text(wsdl, "tipi/anagrafe.xsd", location), beside={location: types}))

    assert found.operation("cerca").request.body.name == "cerca"


def test_namespaces_are_the_partners_own(wsdl):
    theirs = {"urn:prova:anagrafe": "http://reg.example/a?b&c", "urn:prova:anagrafe:tipi": "http://reg.example/'d'&e"}

    request = load_service(read_wsdl(wsdl, theirs)).operation("cerca").request

    root = etree.fromstring(write_message(request, {"CodiceFiscale": "x"}))
    assert root[0][0].tag == "{http://reg.example/'d'&e}cerca"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_a_wsdl_may_be_written_in_utf_16_and_with_a_mark(wsdl, encoding):
    text = wsdl.read_text("utf-8").replace('encoding="UTF-8"', f'encoding="{encoding.removesuffix("-sig")}"')

    found = load_service(Wsdl(content=text.encode(encoding), beside=wsdl.parent))

    assert "cerca" in found.operations


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:1/anagrafe.xsd",
        "https://anagrafe.example/anagrafe.xsd",
        "file:///etc/hostname",
        "/etc/hostname",
        "../../conftest.py",
        "..%2F..%2Fconftest.py",
        "ftp://anagrafe.example/a.xsd",
        "tipi/assente.xsd",
        "tipi",
    ],
)
def test_F32_nothing_is_opened_but_what_lies_beside_the_wsdl(wsdl, location, monkeypatch):
    def dial(*_):
        raise AssertionError("the network was opened")

    monkeypatch.setattr(socket, "create_connection", dial)
    content = _text(wsdl, "tipi/anagrafe.xsd", location)

    assert "does not lie beside it" in _refused(Wsdl(content=content, beside=wsdl.parent))


def test_F32_a_link_out_of_the_folder_is_not_followed(wsdl, tmp_path):
    (tmp_path / "outside.xsd").write_bytes((wsdl.parent / "tipi" / "anagrafe.xsd").read_bytes())
    folder = tmp_path / "wsdl"
    folder.mkdir()
    (folder / "a.xsd").symlink_to(tmp_path / "outside.xsd")

    assert "does not lie beside it" in _refused(Wsdl(content=_text(wsdl, "tipi/anagrafe.xsd", "a.xsd"), beside=folder))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<a/>",
        b"<html><body>404</body></html>",
        b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/hostname'>]><definitions>&b;</definitions>",
        b"<definitions xmlns='http://schemas.xmlsoap.org/wsdl/'><portType/></definitions>",
        b"\x00\x01",
    ],
)
def test_what_is_no_wsdl_is_a_mistake_of_configuration(content):
    detail = _refused(Wsdl(content=content))

    assert "WSDL" in detail
    assert "hostname" not in detail


def test_an_import_with_a_doctype_is_refused(wsdl):
    types = b"<!DOCTYPE a>" + (wsdl.parent / "tipi" / "anagrafe.xsd").read_bytes().partition(b"?>")[2]

    detail = _refused(Wsdl(content=_text(wsdl), beside={"tipi/anagrafe.xsd": types}))

    assert detail == "the WSDL cannot be read (Malformed)"


def test_a_file_that_is_not_there_is_told_by_its_name(tmp_path):
    with pytest.raises(Refused, match=r"the file assente\.wsdl cannot be read"):
        read_wsdl(tmp_path / "assente.wsdl")


def test_operations_of_another_style_are_left_out(wsdl):
    rpc = _text(wsdl, '<s11:operation soapAction="urn:prova:anagrafe#cerca"/>', '<s11:operation style="rpc"/>')

    found = load_service(Wsdl(content=rpc, beside=wsdl.parent))

    assert "cerca" not in found.operations
    assert "deposita" in found.operations


@pytest.mark.shared
@pytest.mark.parametrize(("name", "count"), [("sapWS.wsdl", 8), ("getRdc.wsdl", 2)])
def test_the_real_wsdls_load_with_namespaces_of_ours(shared, name, count):
    path = shared / "real" / "employment" / name
    old = path.read_text("utf-8").partition('targetNamespace="')[2].partition('"')[0]

    theirs = load_service(read_wsdl(path))
    ours = load_service(read_wsdl(path, {old: "urn:nostro", f"{old}types": "urn:nostro:tipi"}))

    assert len(theirs.operations) == len(ours.operations) == count
    assert {each.request.body.qname.namespace for each in theirs.operations.values()} == {f"{old}types"}
    assert {each.request.body.qname.namespace for each in ours.operations.values()} == {"urn:nostro:tipi"}
