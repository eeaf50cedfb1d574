"""The fake SOAP service answers as a real one would, and goes wrong as ordered."""

from pathlib import Path

import aiohttp
import pytest
from lxml import etree

from patto_connectors.soap import load_service, read_wsdl
from patto_connectors.soap.envelope import write_message
from patto_connectors.testing.fake import CONTROL, FakePartner
from patto_connectors.testing.soap import SOAP, soap_service

REGISTER = Path(__file__).parents[1] / "soap" / "wsdl" / "anagrafe.wsdl"


def _refusing(asked):
    raise ValueError(asked["Motivo"])


@pytest.fixture(params=["Anagrafe11", "Anagrafe12"])
def service(request):
    return load_service(read_wsdl(REGISTER), port=request.param)


@pytest.fixture
def fake(service):
    fake = FakePartner()
    table = {"deposita": lambda asked: {"Esito": "OK", "MessaggioErrore": ""}, "avvisa": _refusing}
    soap_service(fake, "/ws", service, table)
    return fake


@pytest.fixture
async def post(fake):
    async with fake.running() as url, aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=1)) as session:

        async def send(body):
            async with session.post(f"{url}/ws", data=body) as response:
                return response.status, await response.read()

        send.menu = lambda: session.get(f"{url}{CONTROL}")
        yield send


def asking(service, operation, **arguments):
    return write_message(service.operation(operation).request, arguments)


async def test_it_answers_by_its_table(post, service):
    status, body = await post(asking(service, "deposita", Scheda="x"))

    assert status == 200
    assert etree.fromstring(body).findtext(".//{*}depositata/{*}Esito") == "OK"


@pytest.mark.parametrize("body", [b"", b"<a/>", b"<!DOCTYPE a><a/>"])
async def test_what_is_no_request_is_answered_with_a_fault(post, body):
    status, answer = await post(body)

    assert status == 500
    assert b":Client<" in answer or b":Sender<" in answer


async def test_an_operation_that_it_lacks_or_refuses_is_answered_with_a_fault(post, service):
    for body in (asking(service, "cerca", CodiceFiscale="x"), asking(service, "avvisa", Motivo="x")):
        status, answer = await post(body)

        assert (status, b"Fault>" in answer) == (500, True)


@pytest.mark.parametrize("name", sorted(SOAP))
async def test_each_fault_changes_the_answer_once(post, fake, service, name):
    good = await post(asking(service, "deposita", Scheda="x"))
    fake.faults.order(name)

    bad = await post(asking(service, "deposita", Scheda="x"))

    assert bad != good
    assert fake.faults.happened == [name]
    assert await post(asking(service, "deposita", Scheda="x")) == good


async def test_faults_of_listings_do_not_befall_it(post, fake, service):
    fake.faults.order("cycle")

    assert (await post(asking(service, "deposita", Scheda="x")))[0] == 200
    assert fake.faults.happened == []


async def test_its_faults_are_told_at_the_control_address(post):
    async with post.menu() as response:
        assert (await response.json())["menu"].keys() >= SOAP.keys()


def test_a_table_names_operations_of_the_wsdl(service):
    with pytest.raises(ValueError, match="no document/literal operation depone"):
        soap_service(FakePartner(), "/ws", service, {"depone": lambda asked: {}})
