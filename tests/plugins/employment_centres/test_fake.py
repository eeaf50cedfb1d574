"""The fake centres: what they take, and how they notify."""

from __future__ import annotations

import pytest

from patto_connectors.soap import load_service, read_request
from patto_connectors.testing.fake import FakePartner, Said
from patto_plugins.employment_centres.fake import notify
from patto_plugins.employment_centres.sap_render import document
from patto_plugins.employment_centres.settings import wsdl


@pytest.fixture
def hub():
    """A door that notes what comes, and can be told to refuse."""
    partner = FakePartner()
    partner.answering(
        "/rest/patto/v1/streams/notifications",
        lambda _, faults: Said(b"", "text/xml", 503 if faults else 200),
        {"shut": "no"},
    )
    return partner


async def test_a_sheet_that_changed_is_notified_once_with_the_key(town, hub):
    worker = next(each for each in town.centre.workers.values() if each.measures)
    town.centre.changed = [worker.sap, worker.sap]

    async with hub.running() as url:
        door = {"address": f"{url}/rest/patto/v1", "keys": {"cpi": "geheim"}}
        await notify(town.centre, door, "cpi")
        await notify(town.centre, door, "cpi")

    [asked] = hub.asked
    assert asked.headers["Authorization"] == "Bearer geheim"
    assert read_request(load_service(wsdl("sap")), asked.body).arguments["CodiceSAP"] == worker.sap


async def test_what_the_hub_does_not_take_is_notified_again(town, hub):
    town.centre.changed = ["AA00000001H"]
    hub.faults.order("shut")

    async with hub.running() as url:
        door = {"address": f"{url}/rest/patto/v1", "keys": {"cpi": "k"}}
        await notify(town.centre, door, "cpi")
        waiting = list(town.centre.changed)
        await notify(town.centre, door, "cpi")

    assert waiting == ["AA00000001H"]
    assert town.centre.changed == []


@pytest.mark.parametrize("text", ["<lavoratore>", "<!DOCTYPE a><lavoratore/>", "<lavoratore/>"])
def test_a_document_that_is_none_is_refused(town, text):
    assert town.centre.take({"SAP": text})["Esito"] == "KO"


def test_a_sheet_is_annulled_once(town):
    code = next(iter(town.centre.by_sap))

    first, again = town.centre.annul({"CodiceSAP": code}), town.centre.annul({"CodiceSAP": code})

    assert (first["Esito"], again["Esito"]) == ("OK", "KO")


def test_what_was_handed_in_is_shown_until_the_centre_has_a_word_of_its_own(town, sheet_row):
    town.centre.take({"SAP": document("lavoratore", _whole(sheet_row()["data"]["lavoratore"]))})

    worker = town.centre.workers["BNCNNA88E54E506D"]
    assert [each["identificativo_politica"] for each in worker.policies()] == ["1400000002Q"]


def _whole(sheet):
    return {**sheet, "datiinvio": {**sheet["datiinvio"], "tipovariazione": "02"}}
