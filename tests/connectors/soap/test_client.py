import asyncio
import logging
import re
import ssl
import threading
from contextlib import suppress

import pytest
import trustme
from zeep import xsd
from zeep.xsd.types import ListType

from patto_connectors.errors import Malformed, Refused, Trouble, Unreachable
from patto_connectors.http.settings import Bearer, Caps, HttpSettings, Repeats, Timeouts, Tls
from patto_connectors.soap import SoapSettings, load_service, open_soap, read_wsdl
from patto_connectors.soap.client import _LARGE
from patto_connectors.soap.reading import _children
from patto_connectors.testing.fake import FakePartner, Said
from patto_connectors.testing.faults import WIRE
from patto_connectors.testing.soap import SOAP, soap_service
from patto_schemas.catalogue import CATALOGUE

CANARY = "RSSMRA80A01H501U"
ONCE = Repeats(attempts=1)
ENVELOPE = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
    '<t:trovati xmlns:t="urn:prova:anagrafe:tipi"><t:Elenchi>perché</t:Elenchi></t:trovati>'
    "</e:Body></e:Envelope>"
)
LATIN = '<?xml version="1.0" encoding="ISO-8859-1"?>' + ENVELOPE
UTF16 = '<?xml version="1.0" encoding="UTF-16"?>' + ENVELOPE


async def trouble_of(calling, **http):
    async with calling(**http) as client:
        with pytest.raises(Trouble) as caught:
            await client.call("cerca", CodiceFiscale=CANARY)
    trouble = caught.value
    assert trouble.code in CATALOGUE
    assert CANARY not in f"{trouble} {trouble.detail} {trouble.hint} {getattr(trouble, 'position', '')}"
    assert "Mario".upper() not in f"{trouble}{trouble.hint}"
    return trouble


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
async def test_what_a_service_says_instead_of_an_answer_has_one_of_four_names(calling, fake, port, fault):
    fake.faults.order(fault, times=None)

    trouble = await trouble_of(calling, port=port)

    assert (type(trouble), trouble.code) == INSTEAD[fault]
    assert type(trouble) is not Malformed or trouble.position


async def test_a_malformed_answer_keeps_its_bytes(calling, fake):
    fake.faults.order("soap_not_soap")

    trouble = await trouble_of(calling)

    assert trouble.content == b"<risposta><esito>OK</esito></risposta>"


async def test_F46_a_fault_of_the_service_passes_where_a_repeat_is_harmless(calling, fake):
    fake.faults.order("soap_fault_server")

    async with calling(harmless=("cerca",)) as client:
        await client.call("cerca", CodiceFiscale="x")
        fake.faults.order("soap_fault_server")
        with pytest.raises(Unreachable):
            await client.call("deposita", Scheda="x")

    assert len(fake.asked) == 3


async def test_F46_a_fault_of_the_service_says_when_to_come_back(calling, fake):
    fake.faults.order("soap_fault_server", times=None, option="7200")

    trouble = await trouble_of(calling)

    assert (trouble.code, trouble.retry_after) == ("soap.server", 7200)


async def test_F46_an_error_without_a_fault_is_the_status(calling, fake):
    fake.answering("/raw", lambda *_: Said(b"<html>stop</html>", "text/html", 500))

    trouble = await trouble_of(calling, path="raw")

    assert (type(trouble), trouble.code) == (Unreachable, "http.status")


async def test_F46_an_answer_with_status_500_is_not_believed(fake, calling):
    fake.answering("/raw", lambda *_: Said(ENVELOPE.encode(), "text/xml", 500))

    trouble = await trouble_of(calling, path="raw")

    assert (type(trouble), trouble.code) == (Unreachable, "http.status")


async def test_F46_maintenance_says_when_to_come_back(calling, fake):
    fake.faults.order("unavailable", times=None, option="7200")

    trouble = await trouble_of(calling)

    assert (trouble.code, trouble.retry_after) == ("http.status", 7200)


async def test_F45_a_wait_that_is_asked_for_is_kept(calling, fake, clock):
    fake.faults.order("rate", option="30")

    async with calling() as client:
        await client.call("cerca", CodiceFiscale="x")

    assert sum(clock.slept) >= 30


async def test_F20_a_service_that_is_down_is_unreachable(clock, unused_tcp_port, wsdl):
    http = HttpSettings(base_url=f"http://127.0.0.1:{unused_tcp_port}", repeats=ONCE)

    async with open_soap(SoapSettings(http=http, wsdl=wsdl)) as client:
        with pytest.raises(Unreachable) as caught:
            await client.call("cerca", CodiceFiscale=CANARY)

    assert caught.value.code == "tcp"


async def test_F20_a_reset_connection_is_not_tried_again_where_a_repeat_may_harm(calling, fake):
    fake.faults.order("disconnect")

    async with calling(harmless=()) as client:
        with pytest.raises(Unreachable) as caught:
            await client.call("deposita", Scheda="x")

    assert (caught.value.code, len(fake.asked)) == ("http.disconnected", 1)


async def test_F21_a_hanging_answer_ends_by_the_read_timeout(calling, fake):
    fake.faults.order("hang", times=None)

    trouble = await trouble_of(calling, timeouts=Timeouts(read=0.2), repeats=ONCE)

    assert (type(trouble), trouble.code) == (Unreachable, "http.timeout")


async def test_F22_a_trickling_answer_ends_by_the_minimum_rate(calling, fake):
    fake.faults.order("loris", option="10", times=None)

    trouble = await trouble_of(calling, repeats=ONCE)

    assert (type(trouble), trouble.code) == (Unreachable, "http.too_slow")


@pytest.mark.parametrize("fault", ["truncated", "truncated_close"])
async def test_F23_a_truncated_answer_is_seen_with_and_without_its_length(calling, fake, fault):
    fake.faults.order(fault, times=None)

    trouble = await trouble_of(calling)

    assert (type(trouble), trouble.code) == (Unreachable, "http.truncated")
    assert len(fake.asked) == 2


async def test_F23_every_cut_of_an_answer_is_seen(fake, calling):
    whole = ENVELOPE.encode()
    cuts = iter(range(len(whole)))
    fake.answering("/raw", lambda *_: Said(whole[: next(cuts)], "text/xml"))

    async with calling(path="raw", repeats=ONCE) as client:
        for _ in range(len(whole)):
            with pytest.raises(Malformed) as caught:
                await client.call("cerca", CodiceFiscale="x")
            assert caught.value.code == "xml.syntax"


async def test_F24_a_web_page_is_told_as_that_and_kept_redacted(calling, fake):
    fake.faults.order("html")

    trouble = await trouble_of(calling)

    assert trouble.code == "http.html"
    assert b"Manutenzione" in trouble.content
    assert CANARY.encode() not in trouble.content


@pytest.mark.parametrize("named", ["klingon", "utf-8"])
async def test_F25_a_lying_charset_is_malformed(fake, calling, table, named):
    table["cerca"] = lambda _: {"Persona": [{"Cognome": "perch", "Comune": "x"}]}
    fake.faults.order("charset", option=named)

    trouble = await trouble_of(calling)

    assert type(trouble) is Malformed
    assert trouble.code == ("http.charset" if named == "klingon" else "xml.syntax")


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (ENVELOPE.encode(), "text/xml"),
        (b"\xef\xbb\xbf" + ENVELOPE.encode(), "text/xml"),
        (ENVELOPE.encode(), 'text/xml; charset="UTF-8"'),
        (ENVELOPE.encode(), "text/xml; charset=us-ascii"),
        (ENVELOPE.encode("latin-1"), "text/xml;charset=ISO-8859-1"),
        (LATIN.encode("latin-1"), "text/xml"),
        (LATIN.encode("latin-1"), "text/xml; charset=latin1"),
        (UTF16.encode("utf-16"), "application/xml; charset=utf-16"),
        (UTF16.encode("utf-16"), "text/plain"),
        (ENVELOPE.encode("utf-16"), "text/xml"),
    ],
)
async def test_F25_an_answer_is_read_as_it_says_itself(fake, calling, body, media_type):
    fake.answering("/raw", lambda *_: Said(body, media_type))

    async with calling(path="raw") as client:
        found = await client.call("cerca", CodiceFiscale="x")

    assert found["Elenchi"] == ["perché"]


@pytest.mark.parametrize(
    ("body", "media_type", "code"),
    [
        (LATIN.encode("latin-1"), "text/xml; charset=utf-8", "http.charset"),
        (ENVELOPE.encode("latin-1"), "text/xml", "xml.syntax"),
        (LATIN.encode(), "text/xml; charset=windows-1252", "http.charset"),
        (ENVELOPE.encode("utf-16-le"), "text/xml; charset=utf-16", "xml.encoding"),
    ],
)
async def test_F25_header_and_document_must_agree(fake, calling, body, media_type, code):
    fake.answering("/raw", lambda *_: Said(body, media_type))

    trouble = await trouble_of(calling, path="raw")

    assert (type(trouble), trouble.code) == (Malformed, code)


@pytest.mark.parametrize("caps", [Caps(), Caps(decoded=1024 * 1024)])
async def test_F26_a_bomb_is_cut_at_ratio_and_cap(calling, fake, caps):
    fake.faults.order("gzip_bomb")

    trouble = await trouble_of(calling, caps=caps)

    assert trouble.code in ("http.ratio", "http.too_large")


async def test_F27_an_endless_answer_is_cut_at_the_cap(calling, fake):
    fake.faults.order("endless")

    trouble = await trouble_of(calling, caps=Caps(decoded=1024 * 1024))

    assert trouble.code == "http.too_large"


@pytest.mark.parametrize(
    ("fault", "code"),
    [("malformed", "http.malformed"), ("header_bomb", "http.malformed"), ("redirect", "http.redirect")],
)
async def test_F28_what_breaks_the_rules_of_http_ends_cleanly(calling, fake, fault, code):
    fake.faults.order(fault)

    trouble = await trouble_of(calling)

    assert trouble.code == code
    assert len(fake.asked) == 1


@pytest.mark.parametrize(("name", "code"), [("127.0.0.1", "tls.untrusted"), ("altro.example", "tls.name")])
async def test_F29_a_certificate_that_nobody_vouches_for_is_refused(calling, fake, tmp_path, name, code):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(serving)
    tls = Tls(ca_file=tmp_path / "ca.pem") if code == "tls.name" else Tls()

    trouble = await trouble_of(calling, serving=serving, tls=tls)

    assert (type(trouble), trouble.code) == (Refused, code)
    assert not fake.asked


async def test_F31_a_doctype_is_refused_before_a_parser_sees_it(calling, fake, port):
    fake.faults.order("soap_doctype")

    trouble = await trouble_of(calling, port=port)

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
