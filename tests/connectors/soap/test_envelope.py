import pytest
from lxml import etree

from patto_connectors.errors import Malformed
from patto_connectors.soap import load_service, read_wsdl, write_fault, write_reply
from patto_connectors.soap.envelope import Fault, open_envelope, read_fault, read_message, write_message
from patto_connectors.soap.wsdl import SOAP_11, SOAP_12

PERSON = {"codice": "7", "Cognome": "Prova & C.", "Comune": "Lecce", "Recapito": [{"tipo": "tel", ".": "<080>"}]}


def test_a_request_is_what_the_wsdl_says(service):
    content = write_message(service.operation("cerca").request, {"CodiceFiscale": "A&B"})

    body = etree.fromstring(content).find(f"{{{SOAP_11}}}Body")
    assert etree.tostring(body[0], method="c14n").decode().replace("ns0:", "").replace(":ns0", "") == (
        '<cerca xmlns="urn:prova:anagrafe:tipi" xmlns:soap-env="http://schemas.xmlsoap.org/soap/envelope/">'
        "<CodiceFiscale>A&amp;B</CodiceFiscale></cerca>"
    )


def test_a_reply_is_read_as_it_was_written(wsdl, port):
    service = load_service(read_wsdl(wsdl), port=port)

    content = write_reply(
        service, "cerca", {"Persona": [PERSON, {"Cognome": "B", "Stato": "F", "Citta": "C"}], "Elenchi": ["x", "y"]}
    )
    found = read_message(open_envelope(content, service.envelope), service.operation("cerca").reply, whole=True)

    assert found["Elenchi"] == ["x", "y"]
    assert found["Persona"][0] == {**PERSON, "Nascita": None, "Stato": None, "Citta": None}
    assert found["Persona"][1]["Stato"] == "F"


def test_a_message_of_one_word_has_one_argument(service):
    reply = service.operation("versione").reply
    content = write_reply(service, "versione", {"versioneDetta": "2.1"})

    assert read_message(open_envelope(content, SOAP_11), reply) == {"versioneDetta": "2.1"}
    for wrong in ({}, {"altro": "x"}, {"versioneDetta": "1", "altro": "x"}):
        with pytest.raises(TypeError, match="holds versioneDetta and nothing else"):
            write_message(reply, wrong)


def test_a_mistake_of_the_plugin_is_a_builtin_error_without_values(service):
    request = service.operation("cerca").request

    with pytest.raises(ValueError, match="Missing element CodiceFiscale") as missing:
        write_message(request, {"Data": "RSSMRA80A01H501U"})
    with pytest.raises(TypeError, match="unexpected keyword argument 'Nome'") as unknown:
        write_message(request, {"CodiceFiscale": "RSSMRA80A01H501U", "Nome": "x"})
    with pytest.raises(ValueError, match="control characters") as control:
        write_message(request, {"CodiceFiscale": "RSSMRA80A01H501U\x00"})

    assert "RSSMRA" not in f"{missing.value}{unknown.value}{control.value}"


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"<a/>", "soap.envelope", "no SOAP envelope"),
        (f'<Envelope xmlns="{SOAP_11}"/>'.encode(), "soap.envelope", "without a body"),
        (f'<e:Envelope xmlns:e="{SOAP_12}"><e:Body/></e:Envelope>'.encode(), "soap.envelope", "another SOAP version"),
        (f'<Envelope xmlns="{SOAP_11}"><Body><a/><b/></Body></Envelope>'.encode(), "soap.body", "more than one"),
        (f'<!DOCTYPE a><Envelope xmlns="{SOAP_11}"><Body/></Envelope>'.encode(), "xml.doctype", "DOCTYPE"),
        (f'<Envelope xmlns="{SOAP_11}"><Body>'.encode(), "xml.syntax", "line 1, column"),
    ],
)
def test_what_is_no_envelope_of_the_agreed_version_is_malformed(content, code, words):
    with pytest.raises(Malformed, match=words) as caught:
        open_envelope(content, SOAP_11)

    assert caught.value.code == code
    assert caught.value.position


@pytest.mark.parametrize("side", ["client", "server"])
def test_a_fault_tells_whose_it_is(wsdl, port, side):
    service = load_service(read_wsdl(wsdl), port=port)

    element = open_envelope(write_fault(service, side, "parole"), service.envelope)

    assert read_fault(element, service.envelope).side == side
    assert "parole" in etree.tostring(element, encoding="unicode")


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("soapenv:Server.userException", Fault("server", "Server.userException")),
        ("SOAP-ENV:Client.Authentication", Fault("client", "Client.Authentication")),
        ("Server", Fault("server", "Server")),
        ("soap:MustUnderstand", Fault("client", "MustUnderstand")),
        ("ERR-12", Fault("client", "ERR-12")),
        ("x:RSSMRA80A01H501U", Fault("client", "***")),
        ("", Fault("client", "no code")),
    ],
)
def test_a_fault_is_known_by_its_code_only(code, fault):
    inner = (
        f'<f:Fault xmlns:f="{SOAP_11}"><faultcode>{code}</faultcode><faultstring>Prova Mario</faultstring></f:Fault>'
    )

    assert read_fault(etree.fromstring(inner), SOAP_11) == fault
