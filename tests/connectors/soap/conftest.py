"""What tests of SOAP may ask for: an invented register of residents, its fake service, and a client that calls it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from patto_connectors.errors import Trouble
from patto_connectors.http.settings import HttpSettings, Repeats
from patto_connectors.ports import WORLD
from patto_connectors.soap import SoapSettings, load_service, open_soap, read_wsdl
from patto_connectors.testing.clock import StillClock
from patto_connectors.testing.fake import FakePartner
from patto_connectors.testing.soap import soap_service
from patto_schemas.catalogue import CATALOGUE

REGISTER = Path(__file__).parent / "wsdl" / "anagrafe.wsdl"
CANARY = "RSSMRA80A01H501U"
PORTS = ("Anagrafe11", "Anagrafe12")
FOUND = {"Persona": [{"codice": "7", "Cognome": "Prova", "Comune": "Lecce", "Recapito": [{"tipo": "tel", ".": "080"}]}]}


@pytest.fixture(autouse=True)
def clock():
    clock = StillClock()
    token = WORLD.set(clock.world())
    yield clock
    WORLD.reset(token)


@pytest.fixture
def wsdl():
    return REGISTER


@pytest.fixture(params=PORTS)
def port(request):
    """Each SOAP version."""
    return request.param


@pytest.fixture
def service():
    """The register, by SOAP 1.1."""
    return load_service(read_wsdl(REGISTER))


@pytest.fixture
def table():
    """What the fake service answers; a test may change it."""
    return {
        "cerca": lambda asked: FOUND,
        "deposita": lambda asked: {"Esito": "OK", "MessaggioErrore": asked["Scheda"]},
        "versione": lambda asked: {"versioneDetta": "2.1"},
        "avvisa": lambda asked: {},
    }


@pytest.fixture
def fake(clock, table):
    """A fake partner with the register's service below `/ws`, once for each port."""
    fake = FakePartner(seed=7)
    for port in PORTS:
        soap_service(fake, f"/ws/{port}", load_service(read_wsdl(REGISTER), port=port), table)
    return fake


@pytest.fixture
def calling(fake):
    """Open a client to the running fake service, or to another path; settings of HTTP as arguments."""

    @asynccontextmanager
    async def call(*, port="Anagrafe11", path="", harmless=("cerca", "versione", "deposita"), serving=None, **http):
        async with fake.running(tls=serving) as url:
            settings = HttpSettings(**{"base_url": url, "repeats": Repeats(attempts=2), **http})
            soap = SoapSettings(http=settings, path=path or f"ws/{port}", wsdl=REGISTER, port=port)
            async with open_soap(soap, harmless=harmless) as client:
                yield client

    return call


@pytest.fixture
def trouble_of(calling):
    """Ask about a person and give the trouble that this ends in; it is in the catalogue and tells nobody's name."""

    async def ask(**how):
        async with calling(**how) as client:
            with pytest.raises(Trouble) as caught:
                await client.call("cerca", CodiceFiscale=CANARY)
        trouble = caught.value
        assert trouble.code in CATALOGUE
        said = f"{trouble} {trouble.detail} {trouble.hint} {getattr(trouble, 'position', '')}"
        assert CANARY not in said
        assert "MARIO" not in said
        return trouble

    return ask
