"""Real descriptions of partners' services: what we write is what they take, what they write is what we read."""

from __future__ import annotations

import re

import pytest
import yaml

from patto_connectors.contract import Batch
from patto_connectors.soap import load_service, read_wsdl
from patto_connectors.testing.fake import FakePartner
from patto_connectors.testing.soap import soap_service
from patto_plugins.employment_centres import fake_rest, rdc, sap_sink, sil, sil_out, unilav
from patto_plugins.employment_centres.settings import wsdl
from patto_schemas.model import Measure

pytestmark = pytest.mark.shared


@pytest.fixture
def real(shared):
    return shared / "real" / "employment"


@pytest.fixture
def real_town(real, make_town):
    """A centre whose services are built from the real WSDLs, with the namespaces that stand in them."""
    town = make_town()
    centre, partner = town.centre, FakePartner(remember=True)
    table = {
        "verificaEsistenzaSAP": centre.exists,
        "richiestaSAP": centre.sheet,
        "richiestaSAP_N00_A02": centre.did,
        "invioSAP": centre.take,
    }
    soap_service(partner, f"/{town.code}/services/sap", load_service(read_wsdl(real / "sapWS.wsdl")), table)
    beneficiaries = {rdc.OPERATION: lambda asked: fake_rest.rdc_reply(centre, asked)}
    soap_service(partner, f"/{town.code}/services/rdc", load_service(read_wsdl(real / "getRdc.wsdl")), beneficiaries)
    object.__setattr__(town.made, "partner", partner)
    return town


@pytest.fixture
def spaces(real):
    """Give the settings of a real WSDL's namespaces."""

    def spaces(name):
        text = (real / name).read_text("utf-8")
        target = re.search(r'targetNamespace="([^"]+)"', text)[1]
        return {"namespace": target, "types": f"{target}types"}

    return spaces


async def test_a_service_of_the_real_sap_wsdl_answers_what_we_ask(real_town, spaces, records):
    batches, trouble = await real_town.read("sap", sap=spaces("sapWS.wsdl"))

    true = {key for worker in real_town.centre.workers.values() for key in worker.measures}
    assert trouble is None
    assert {each.key for each in records(batches) if isinstance(each, Measure)} == true


async def test_without_its_namespaces_it_answers_nothing(real_town):
    _, trouble = await real_town.read("sap")

    assert trouble.code == "soap.fault"


async def test_a_service_of_the_real_sap_wsdl_takes_what_we_hand_over(real_town, spaces, sheet_row):
    async with real_town.made.running() as url:
        sink = sap_sink(real_town.settings(url, sap=spaces("sapWS.wsdl")))

        receipt = await sink.write(Batch(rows=[sheet_row()], name="sap-1-1"))

    assert receipt.accepted == 1
    assert len(real_town.centre.sent) == 1


def _shape(message):
    """Give the members of a message by name: type and how often."""
    return [
        (name, element.type.name, element.min_occurs, element.max_occurs)
        for name, element in message.body.type.elements
    ]


def test_our_wsdl_is_the_real_one_name_by_name(real):
    ours, theirs = load_service(wsdl("sap")), load_service(read_wsdl(real / "sapWS.wsdl"))

    assert set(ours.operations) == set(theirs.operations)
    for name, operation in ours.operations.items():
        other = theirs.operations[name]
        for one, two in ((operation.request, other.request), (operation.reply, other.reply)):
            assert one.body.name == two.body.name
            assert [each[0] for each in _shape(one)] == [each[0] for each in _shape(two)], name
            assert [each[2:] for each in _shape(one)] == [each[2:] for each in _shape(two)], name
        assert operation.action == other.action


async def test_a_service_of_the_real_rdc_wsdl_and_xsd_is_read(real_town, spaces, records):
    batches, trouble = await real_town.read("rdc", rdc=spaces("getRdc.wsdl"))

    assert trouble is None
    assert len(records(batches, "rdc")) == 3
    assert all(each.identifiers[1].scheme == "inps_protocol" for each in records(batches, "rdc"))


@pytest.fixture
def schemas(real):
    return yaml.safe_load((real / "silpapi.yaml").read_text("utf-8"))["components"]["schemas"]


@pytest.fixture
def paths(real):
    return yaml.safe_load((real / "silpapi.yaml").read_text("utf-8"))["paths"]


def _lacking(value, name, schemas):
    """Give the members of a value that the schema does not have, as `Schema.member`."""
    if isinstance(value, list):
        return {lack for each in value for lack in _lacking(each, name, schemas)}
    if not isinstance(value, dict):
        return set()
    properties = schemas[name]["properties"]
    lacks = {f"{name}.{member}" for member in value if member not in properties}
    for member in value.keys() & properties.keys():
        inner = properties[member].get("$ref") or properties[member].get("items", {}).get("$ref")
        if inner:
            lacks |= _lacking(value[member], inner.rpartition("/")[2], schemas)
    return lacks


def test_what_we_ask_of_silpapi_is_what_it_takes(paths, schemas):
    asked = {
        f"/{sil.SEARCH}": ("codFisc", "callInfo"),
        f"/{sil.FILE}/{{idSilLavAnagrafica}}": ("callInfo",),
        f"/{sil.HISTORY}": ("codiceFiscaleLavoratore", "callInfo"),
    }

    form = ("callInfo", "idSilLavAnagrafica", "patto", "dataFirmaPatto")
    asked |= {f"/{path}": form for path in (sil_out.OPEN_A02, *sil_out.CHECKS, sil_out.SAVE)}
    asked |= {
        f"/{sil_out.PACTS}": ("callInfo", "codFisc", "isPattoAttivo"),
        f"/{sil_out.BEFORE}/{{idSilLavAnagrafica}}": ("callInfo",),
        f"/{sil_out.CLOSE}": (*form, *sil_out.TO_CLOSE),
    }

    for path, members in asked.items():
        content = paths[path]["post"]["requestBody"]["content"]
        [schema] = [each["schema"]["$ref"].rpartition("/")[2] for each in content.values()]
        assert set(members) <= set(schemas[schema]["properties"]), path
    assert set(sil_out.TO_CLOSE) <= set(schemas["PattoDiServizioResponse"]["properties"])
    assert {"dataPropostaPds", "dataFirmaPds", "dataFine"} <= set(schemas["PattoDiServizio"]["properties"])
    assert "idAppChiamante" in schemas["CallInfo"]["properties"]


async def test_what_the_fake_centre_answers_is_what_silpapi_answers(town, paths, schemas):
    answers = {
        f"/{sil.SEARCH}": "RicercaLavoratoreResponse",
        f"/{sil.FILE}/{{idSilLavAnagrafica}}": "DettaglioFascicoloResponse",
        f"/{sil.HISTORY}": "OrchestratoreResponse",
    }
    worker = next(each for each in town.centre.workers.values() if each.jobs)

    class Asked:
        path = f"/x/{worker.number}"
        body = f'{{"codFisc": "{worker.cf}", "codiceFiscaleLavoratore": "{worker.cf}"}}'

    for path, schema in answers.items():
        answer = fake_rest.ANSWERS[path.removeprefix("/").replace("idSilLavAnagrafica", "number")]
        told = paths[path]["post"]["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
        assert told.rpartition("/")[2] == schema
        lacking = _lacking({"esitoPositivo": True, **answer(town.centre, Asked)}, schema, schemas)
        assert lacking <= {f"ComunicazioneObbligatoria.{name}" for name in unilav.BEYOND}


def test_every_field_of_a_communication_that_is_read_is_silpapis_but_one(schemas):
    assert set(unilav.FIELDS) - set(schemas["ComunicazioneObbligatoria"]["properties"]) == unilav.BEYOND


def test_trap_4_the_description_has_no_info_and_is_read_none_the_less(real):
    described = yaml.safe_load((real / "silpapi.yaml").read_text("utf-8"))

    assert "info" not in described
