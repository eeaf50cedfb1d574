"""Requests reach the catalogue once, its answers come back, and nothing of anybody else goes along."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from patto_connectors.contract import Batch
from patto_connectors.errors import Rejected, Unreachable
from patto_connectors.http.settings import HttpSettings, Repeats
from patto_plugins.training_catalogue import requests_sink
from patto_plugins.training_catalogue.fake import FakeSettings, service
from patto_plugins.training_catalogue.requests import RequestView, render
from patto_plugins.training_catalogue.settings import CatalogueSettings
from patto_schemas.chronicle import Rates


@pytest.fixture
async def catalogue():
    made = service(FakeSettings(people=1, rates=Rates(late=0)), remember=True)
    async with made.running() as address:
        made.partner.asked.clear()
        settings = CatalogueSettings(http=HttpSettings(base_url=f"{address}/v1", repeats=Repeats(attempts=1)))
        yield made, requests_sink(settings)


def shown(**more):
    return RequestView(
        **{
            "enrolment_id": "RI-1",
            "person_id": "RSSMRA85T10A562S",
            "policy_id": "141E000A04A",
            "type": "course",
            "course_code": "CF-ED-0402-02",
            "status": "requested",
            "planned_hours": Decimal("132.00"),
            **more,
        }
    )


def row(number=1, change="upsert", **more):
    head = {"id": f"enrolment-{number}", "version": 1, "change": change, "kind": "enrolment", "source": "ambito_le_1"}
    return head | ({"data": dict(render(shown(**more)))} if change == "upsert" else {})


async def test_a_request_reaches_the_catalogue_with_who_asks(catalogue):
    made, sink = catalogue

    receipt = await sink.write(Batch(rows=[row()], name="b-1"))

    assert made.catalogue.requested["enrolment-1"] == {
        "id": "enrolment-1",
        "versione": 1,
        "ente_richiesta": "local:ambito_le_1",
        "id_richiesta": "RI-1",
        "codice_fiscale": "RSSMRA85T10A562S",
        "codice_tipo": "cf",
        "id_politica": "141E000A04A",
        "tipo": "CORSO",
        "codice_corso": "CF-ED-0402-02",
        "stato": "RICHIESTA",
        "ore_previste": "132.00",
    }
    assert (receipt.accepted, receipt.reference) == (1, "PR-000001")


@pytest.mark.parametrize("more", [{"status": "enrolled"}, {"status": "completed"}, {"request_id": "RI-0"}])
async def test_what_asks_for_nothing_is_not_sent(catalogue, more):
    made, sink = catalogue

    receipt = await sink.write(Batch(rows=[row(**more)]))

    assert (receipt.accepted, made.partner.asked) == (1, [])


@pytest.mark.parametrize("change", ["delete", "withdraw"])
async def test_what_is_no_longer_to_be_known_is_taken_back_without_a_word_on_the_person(catalogue, change):
    made, sink = catalogue

    await sink.write(Batch(rows=[row(change=change)]))

    assert made.catalogue.requested["enrolment-1"]["stato"] == "ANNULLATA"
    assert b"RSSMRA" not in made.partner.asked[0].body


async def test_the_same_batch_again_changes_nothing(catalogue):
    made, sink = catalogue
    await sink.write(Batch(rows=[row()]))
    before = dict(made.catalogue.requested)

    receipt = await sink.write(Batch(rows=[row()]))

    assert (receipt.accepted, made.catalogue.requested) == (1, before)
    keys = {asked.headers["Idempotency-Key"] for asked in made.partner.asked}
    assert len(keys) == 1


async def test_a_refused_request_is_named_by_its_place_in_the_whole_batch(catalogue):
    _, sink = catalogue

    with pytest.raises(Rejected) as wrong:
        await sink.write(Batch(rows=[row(1, status="enrolled"), row(2), row(3, person_id="")]))

    assert [(item.index, item.code) for item in wrong.value.items] == [(2, "CF_MANCANTE")]


async def test_a_catalogue_that_is_away_is_tried_later(catalogue):
    made, sink = catalogue
    made.partner.faults.order("unavailable", path="/v1/requests", times=None)

    with pytest.raises(Unreachable):
        await sink.write(Batch(rows=[row()]))
    made.partner.faults.clear()
    await sink.write(Batch(rows=[row()]))

    assert list(made.catalogue.requested) == ["enrolment-1"]


def test_nothing_of_the_person_but_the_tax_code_is_in_the_view():
    assert set(RequestView.model_fields) & {"note", "given_name", "family_name", "birth_date", "residence"} == set()
    assert "RSSMRA85T10A562S" in json.dumps(dict(render(shown())))
