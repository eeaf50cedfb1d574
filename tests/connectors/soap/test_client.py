import asyncio
import logging
import re
import threading
from contextlib import suppress

import pytest
from zeep import xsd
from zeep.xsd.types import ListType

from patto_connectors.errors import Malformed, Refused, Trouble, Unreachable
from patto_connectors.http.settings import Bearer, Caps, HttpSettings, Repeats, Timeouts
from patto_connectors.soap import SoapSettings, load_service, open_soap, read_wsdl
from patto_connectors.soap.client import _LARGE
from patto_connectors.soap.reading import _children
from patto_connectors.testing.fake import FakePartner, Said
from patto_connectors.testing.faults import WIRE
from patto_connectors.testing.soap import SOAP, soap_service

CANARY = "RSSMRA80A01H501U"
ONCE = Repeats(attempts=1)
ENVELOPE = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
    '<t:trovati xmlns:t="urn:prova:anagrafe:tipi"><t:Elenchi>perché</t:Elenchi></t:trovati>'
    "</e:Body></e:Envelope>"
)


async def test_an_operation_is_called_and_its_answer_read(calling, fake, port):
    async with calling(port=port) as client:
        found = await client.call("cerca", CodiceFiscale=CANARY)

    assert found["Persona"][0]["Recapito"] == [{"tipo": "tel", ".": "080"}]
    assert fake.asked[0].path == f"/ws/{port}"
    assert CANARY.encode() in fake.asked[0].body


async def test_the_action_travels_as_each_version_wants_it(fake, calling):
    async with calling(port="Anagrafe11") as client:
        await client.call("cerca", CodiceFiscale="x")
        await client.call("versione", versione="")
    first, second = fake.asked

    assert first.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert first.headers["SOAPAction"] == '"urn:prova:anagrafe#cerca"'
    assert second.headers["SOAPAction"] == '""'


async def test_soap_1_2_names_the_action_in_the_content_type(fake, calling):
    async with calling(port="Anagrafe12") as client:
        await client.call("cerca", CodiceFiscale="x")
        await client.call("versione", versione="")
    first, second = fake.asked

    assert first.headers["Content-Type"] == 'application/soap+xml; charset=utf-8; action="urn:prova:anagrafe#cerca"'
    assert second.headers["Content-Type"] == "application/soap+xml; charset=utf-8"
    assert "SOAPAction" not in first.headers


async def test_an_operation_without_an_answer_is_done_when_it_was_taken(calling, fake):
    async with calling() as client:
        assert await client.call("avvisa", Motivo="x") == {}
        fake.faults.order("soap_empty")
        assert await client.call("avvisa", Motivo="x") == {}


async def test_an_inner_document_keeps_every_character(calling):
    scheda = '<?xml version="1.0"?><a b="&quot;">perché\n€ &amp; <![CDATA[<x>]]></a>'

    async with calling() as client:
        assert (await client.call("deposita", Scheda=scheda))["MessaggioErrore"] == scheda


async def test_credentials_and_caps_are_those_of_http(calling, fake):
    async with calling(auth=Bearer(token="canary-token")) as client:
        await client.call("cerca", CodiceFiscale="x")

    assert fake.asked[0].headers["Authorization"] == "Bearer canary-token"


async def test_a_large_answer_is_read_in_a_thread(calling, monkeypatch):
    seen = []
    there = asyncio.to_thread

    async def noted(work, *args):
        seen.append(threading.current_thread().name)
        return await there(work, *args)

    async with calling() as client:
        await client.call("deposita", Scheda="x")
        monkeypatch.setattr(asyncio, "to_thread", noted)
        found = await client.call("deposita", Scheda="x" * _LARGE)

    assert len(found["MessaggioErrore"]) == _LARGE
    assert len(seen) == 1


async def test_there_must_be_a_wsdl():
    settings = SoapSettings(http=HttpSettings(base_url="https://anagrafe.example"))

    with pytest.raises(ValueError, match="brings no WSDL"):
        async with open_soap(settings):
            pass


async def test_the_plugins_own_wsdl_is_taken_with_the_partners_namespaces(fake, table, wsdl):
    theirs = {"urn:prova:anagrafe": "http://10.0.0.7/x", "urn:prova:anagrafe:tipi": "http://10.0.0.7/x/types"}
    soap_service(fake, "/theirs", load_service(read_wsdl(wsdl, theirs)), table)

    async with fake.running() as url:
        settings = SoapSettings(http=HttpSettings(base_url=url), path="theirs", namespaces=theirs)
        async with open_soap(settings, read_wsdl(wsdl)) as client:
            await client.call("cerca", CodiceFiscale="x")

    assert b'"http://10.0.0.7/x/types"' in fake.asked[0].body


INSTEAD = {
    "soap_fault_client": (Refused, "soap.fault"),
    "soap_fault_words": (Refused, "soap.fault"),
    "soap_fault_server": (Unreachable, "soap.server"),
    "soap_fault_200": (Unreachable, "soap.server"),
    "soap_not_soap": (Malformed, "soap.envelope"),
    "soap_version": (Malformed, "soap.envelope"),
    "soap_other_answer": (Malformed, "soap.body"),
    "soap_no_answer": (Malformed, "soap.body"),
    "soap_empty": (Malformed, "xml.syntax"),
    "soap_doctype": (Malformed, "xml.doctype"),
}


@pytest.mark.parametrize("fault", sorted(INSTEAD))
async def test_what_a_service_says_instead_of_an_answer_has_one_of_four_names(trouble_of, fake, port, fault):
    fake.faults.order(fault, times=None)

    trouble = await trouble_of(port=port)

    assert (type(trouble), trouble.code) == INSTEAD[fault]
    assert type(trouble) is not Malformed or trouble.position


async def test_a_malformed_answer_keeps_its_bytes(trouble_of, fake):
    fake.faults.order("soap_not_soap")

    trouble = await trouble_of()

    assert trouble.content == b"<risposta><esito>OK</esito></risposta>"


async def test_F46_a_fault_of_the_service_passes_where_a_repeat_is_harmless(calling, fake):
    fake.faults.order("soap_fault_server")

    async with calling(harmless=("cerca",)) as client:
        await client.call("cerca", CodiceFiscale="x")
        fake.faults.order("soap_fault_server")
        with pytest.raises(Unreachable):
            await client.call("deposita", Scheda="x")

    assert len(fake.asked) == 3


async def test_F46_a_fault_of_the_service_says_when_to_come_back(trouble_of, fake):
    fake.faults.order("soap_fault_server", times=None, option="7200")

    trouble = await trouble_of()

    assert (trouble.code, trouble.retry_after) == ("soap.server", 7200)


async def test_F46_an_error_without_a_fault_is_the_status(trouble_of, fake):
    fake.answering("/raw", lambda *_: Said(b"<html>stop</html>", "text/html", 500))

    trouble = await trouble_of(path="raw")

    assert (type(trouble), trouble.code) == (Unreachable, "http.status")


async def test_F46_an_answer_with_status_500_is_not_believed(trouble_of, fake):
    fake.answering("/raw", lambda *_: Said(ENVELOPE.encode(), "text/xml", 500))

    trouble = await trouble_of(path="raw")

    assert (type(trouble), trouble.code) == (Unreachable, "http.status")


async def test_F46_maintenance_says_when_to_come_back(trouble_of, fake):
    fake.faults.order("unavailable", times=None, option="7200")

    trouble = await trouble_of()

    assert (trouble.code, trouble.retry_after) == ("http.status", 7200)


async def test_F45_a_wait_that_is_asked_for_is_kept(calling, fake, clock):
    fake.faults.order("rate", option="30")

    async with calling() as client:
        await client.call("cerca", CodiceFiscale="x")

    assert sum(clock.slept) >= 30


async def test_F31_a_doctype_is_refused_before_a_parser_sees_it(trouble_of, fake, port):
    fake.faults.order("soap_doctype")

    trouble = await trouble_of(port=port)

    assert (type(trouble), trouble.code) == (Malformed, "xml.doctype")


async def test_F36_a_new_element_is_kept(calling, fake):
    fake.faults.order("soap_new_element", option="CampoNuovo")

    async with calling() as client:
        found = await client.call("cerca", CodiceFiscale="x")

    assert found["CampoNuovo"] == "x"
    assert len(found["Persona"]) == 1


@pytest.mark.parametrize("fault", sorted({*SOAP, *WIRE} - {"slow"}))
async def test_no_fault_shows_a_person_in_a_log(calling, fake, caplog, fault):
    fake.faults.order(fault, times=None)
    quick = Timeouts(read=0.2, total=2)

    with caplog.at_level(logging.DEBUG):
        async with calling(timeouts=quick, caps=Caps(decoded=1024 * 1024), repeats=ONCE) as client:
            with suppress(Trouble):
                await client.call("cerca", CodiceFiscale=CANARY)

    assert fake.faults.happened
    assert not re.search(f"{CANARY}|ROSSI|Prova|canary", caplog.text)


def _filled(message):
    """Give a value for each thing that a message may hold, as it is read."""
    return _value(message.body.type)


def _value(kind):
    if not isinstance(kind, xsd.ComplexType):
        return ["uno", "due"] if isinstance(kind, ListType) else "<a b='perché'>&amp;</a>"
    return {child.name: [_value(child.kind)] * 2 if child.many else _value(child.kind) for child in _children(kind)}


def _noting(heard, name, reply):
    def answer(asked):
        heard[name] = asked
        return reply

    return answer


@pytest.mark.shared
@pytest.mark.parametrize("name", ["sapWS.wsdl", "getRdc.wsdl"])
async def test_every_operation_of_the_real_services_goes_there_and_back(shared, name):
    service = load_service(read_wsdl(shared / "real" / "employment" / name))
    fake, heard = FakePartner(), {}
    filled = {each: (_filled(found.request), _filled(found.reply)) for each, found in service.operations.items()}
    soap_service(fake, "/ws", service, {each: _noting(heard, each, reply) for each, (_, reply) in filled.items()})

    async with fake.running() as url:
        settings = SoapSettings(http=HttpSettings(base_url=url), path="ws", wsdl=shared / "real" / "employment" / name)
        async with open_soap(settings) as client:
            for each, (request, reply) in filled.items():
                assert await client.call(each, **request) == reply
                assert heard[each] == request
