import pytest

from patto_connectors.contract import Pushed
from patto_connectors.errors import Malformed
from patto_connectors.soap import Taken, Wsdl, load_service, read_request, read_wsdl, soap_door
from patto_connectors.soap.envelope import open_envelope, read_fault, read_message
from patto_connectors.soap.wsdl import SOAP_11

BY_HAND = b"""<?xml version="1.0" encoding="windows-1252"?>
<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/" xmlns:w="urn:w">
  <S:Header><w:Security S:mustUnderstand="0">RSSMRA80A01H501U</w:Security></S:Header>
  <S:Body>
    <!-- from a partner's own client -->
    <q:%s xmlns:q="urn:prova:anagrafe:tipi">%s</q:%s>
  </S:Body>
</S:Envelope>"""
GIVEN = BY_HAND % (b"deposita", b"<q:Scheda>&lt;a&gt;perch\xe9&lt;/a&gt;</q:Scheda>", b"deposita")


def pushed(content=GIVEN):
    return Pushed(number=4, name="r-4", content=content, media_type="text/xml")


@pytest.fixture
def door(service):
    rows = lambda asked: [{"scheda": asked["Scheda"]}, {"scheda": "2"}]  # noqa: E731 - two rows of one call
    return soap_door(service, {"deposita": Taken(rows=rows, reply=lambda _: {"Esito": "OK", "MessaggioErrore": ""})})


def test_an_envelope_says_which_operation_and_with_what(service):
    request = read_request(service, GIVEN)

    assert request == ("deposita", {"Scheda": "<a>perché</a>"})


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"scheda", "xml.syntax", "line 1"),
        (b"<scheda/>", "soap.envelope", "no SOAP envelope"),
        (BY_HAND % (b"trovati", b"", b"trovati"), "soap.body", "no operation of AnagrafeService"),
        (BY_HAND % (b"deposita", b"", b"deposita"), "soap.body", "lacks Scheda"),
        (BY_HAND.replace(b"<S:Envelope", b"<!DOCTYPE a><S:Envelope") % (b"a", b"", b"a"), "xml.doctype", "DOCTYPE"),
        (b'<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body/></Envelope>', "soap.body", "empty"),
    ],
)
def test_what_cannot_be_taken_is_malformed_with_its_place_and_bytes(door, content, code, words):
    for look in (lambda: list(door.rows(pushed(content))), lambda: door.answer(pushed(content))):
        with pytest.raises(Malformed, match=words) as caught:
            look()

        assert (caught.value.code, caught.value.content) == (code, content)
        assert caught.value.position


def test_a_door_gives_rows(door):
    (batch,) = door.rows(pushed())

    assert list(batch.rows) == [{"scheda": "<a>perché</a>"}, {"scheda": "2"}]
    assert (batch.content, batch.name, batch.media_type) == (GIVEN, "r-4", "text/xml")
    assert batch.position(1) == "/Envelope/Body/deposita[1]"


def test_a_door_answers_in_the_partners_own_format(door, service):
    content, media_type = door.answer(pushed())

    assert media_type == "text/xml"
    found = read_message(open_envelope(content, SOAP_11), service.operation("deposita").reply)
    assert found == {"Esito": "OK", "MessaggioErrore": None}


def test_a_door_refuses_in_the_partners_own_format(door):
    with pytest.raises(Malformed) as caught:
        door.answer(pushed(b"<scheda/>"))

    content, media_type, status = door.refuse(caught.value)

    assert (media_type, status) == ("text/xml", 500)
    assert read_fault(open_envelope(content, SOAP_11), SOAP_11) == ("client", "Client")
    assert "line 1" in content.decode()


def test_an_operation_that_is_not_taken_is_refused(door):
    with pytest.raises(Malformed, match="cerca is not taken here, only deposita"):
        door.answer(pushed(BY_HAND % (b"cerca", b"<q:CodiceFiscale>x</q:CodiceFiscale>", b"cerca")))


def test_an_operation_that_the_wsdl_lacks_is_told_at_the_start(service):
    with pytest.raises(ValueError, match="no document/literal operation depone"):
        soap_door(service, {"depone": Taken(rows=lambda _: [], reply=lambda _: {})})


def test_operations_that_cannot_be_told_apart_make_no_door(wsdl):
    text = wsdl.read_bytes().replace(b'element="t:avvisa"', b'element="t:deposita"')
    service = load_service(Wsdl(content=text, beside=wsdl.parent))

    with pytest.raises(ValueError, match="share an element"):
        soap_door(service, {})


@pytest.mark.shared
def test_the_reverse_call_of_the_labour_ministry_comes_through_a_door(shared):
    service = load_service(read_wsdl(shared / "real" / "employment" / "sapWS.wsdl"))
    space = service.operation("notificaSAP").request.body.qname.namespace
    inner = "<CodiceSAP>AA1</CodiceSAP><MotivoNotifica>1</MotivoNotifica>"
    body = f'<notificaSAP xmlns="{space}">{inner}</notificaSAP>'
    content = f'<e:Envelope xmlns:e="{SOAP_11}"><e:Body>{body}</e:Body></e:Envelope>'.encode()
    door = soap_door(
        service,
        {"notificaSAP": Taken(rows=lambda asked: [asked], reply=lambda _: {"Esito": "OK", "MessaggioErrore": ""})},
    )

    (batch,) = door.rows(pushed(content))

    assert list(batch.rows) == [{"CodiceSAP": "AA1", "MotivoNotifica": "1"}]
    assert b":Esito>OK<" in door.answer(pushed(content))[0]
