"""Pacts of service, registered in the labour system."""

from __future__ import annotations

import pytest

from patto_connectors.contract import Batch
from patto_connectors.errors import Rejected, Unreachable
from patto_plugins.employment_centres import sil_out, sil_sink
from patto_plugins.employment_centres.feed import ServiceMeasure, ServicePact

PACT = ServicePact(pact_id="PA-1", person_id="BNCNNA88E54E506D")
MEASURE = ServiceMeasure.model_validate(
    {
        "measure_id": "MI-1",
        "policy_id": "1400000001G",
        "activity_code": "A02",
        "proposed_on": "2024-02-01",
        "started_on": "2024-02-05",
        "planned_end_on": "2024-08-01",
        "events": [{"code": "01", "on": "2024-02-01"}, {"code": "02", "on": "2024-02-05"}],
    }
)


def row(cf, proposed="2024-02-01"):
    days = {"dataPropostaPds": f"{proposed}T00:00:00.000+0000", "dataFirmaPds": "2024-02-05T00:00:00.000+0000"}
    return {"change": "upsert", "kind": "measure", "data": {"codFisc": cf, "patto": {**days, "dataFine": None}}}


async def write(town, rows):
    async with town.made.running() as url:
        return await sil_sink(town.settings(url)).write(Batch(rows=rows, name="service-pacts-1-2"))


def asked(town):
    return [each.path.partition("/silpapi/")[2].partition("/1")[0] for each in town.partner.asked]


@pytest.fixture
def worker(town):
    return next(iter(town.centre.workers.values()))


def test_a_pact_of_service_that_has_started_is_written():
    said = sil_out.render(MEASURE, [PACT])

    assert said["codFisc"] == "BNCNNA88E54E506D"
    assert {name: value[:10] for name, value in said["patto"].items()} == {
        "dataPropostaPds": "2024-02-01",
        "dataFirmaPds": "2024-02-05",
        "dataFine": "2024-08-01",
    }


@pytest.mark.parametrize(
    "change",
    [
        {"activity_code": "C06"},
        {"events": MEASURE.events[:1]},
        {"events": ()},
        {"measure_id": "1400000001G"},
    ],
    ids=["no pact", "proposed", "no event", "a centre's own"],
)
def test_nothing_else_is(change):
    assert sil_out.render(MEASURE.model_copy(update=change), [PACT]) == {}


def test_a_pact_that_names_nobody_by_tax_code_says_so():
    assert sil_out.render(MEASURE, [PACT.model_copy(update={"person_scheme": "local"})]) == {"lacking": "person"}


async def test_the_open_pact_is_closed_before_the_new_one_is_saved(town, worker):
    worker.service_pacts.append({"dataPropostaPds": "2023-01-01T00:00:00.000+0000", "chiuso": False})

    await write(town, [row(worker.cf)])

    assert [each["chiuso"] for each in worker.service_pacts] == [True, False]
    assert asked(town) == [
        "lavoratore/ricerca-lavoratore",
        "patto-di-servizio/ricerca",
        "patto-di-servizio/controllipreinserimento",
        "patto-di-servizio/controlla-a02-attivitaADI",
        "patto-di-servizio/chiudi-a02-aperta",
        "patto-di-servizio/controlli-pre-salvataggio",
        "patto-di-servizio/controlla-salva-patto",
        "patto-di-servizio/salva-patto",
    ]


async def test_where_none_is_open_none_is_closed(town, worker):
    await write(town, [row(worker.cf)])

    assert sil_out.CLOSE not in asked(town)
    assert len(worker.service_pacts) == 1


async def test_the_same_batch_twice_saves_one_pact_and_closes_none(town, worker):
    async with town.made.running() as url:
        sink = sil_sink(town.settings(url))
        await sink.write(Batch(rows=[row(worker.cf)], name="service-pacts-1-1"))

        await sink.write(Batch(rows=[row(worker.cf)], name="service-pacts-1-1"))

    assert [each["chiuso"] for each in worker.service_pacts] == [False]


async def test_after_a_lost_answer_nothing_is_saved_blindly(town, worker):
    town.partner.faults.order("disconnect", path="*/salva-patto")

    with pytest.raises(Unreachable):
        await write(town, [row(worker.cf)])

    assert asked(town).count(sil_out.SAVE) == 1


async def test_a_no_is_one_refused_change_and_the_others_are_saved(town):
    one, other, *_ = town.centre.workers.values()
    town.partner.faults.order("sil_failure", path="*/controllipreinserimento/*", option="E07")

    with pytest.raises(Rejected) as rejected:
        await write(town, [row(one.cf), row(other.cf)])

    [item] = rejected.value.items
    assert (item.index, item.code) == (0, "sil.refused")
    assert "E07" in item.detail
    assert "ROSSI" not in item.detail
    assert (len(one.service_pacts), len(other.service_pacts)) == (0, 1)


async def test_a_person_without_a_file_is_said_so(town):
    with pytest.raises(Rejected) as rejected:
        await write(town, [row("BNCNNA88E54E506D")])

    assert [item.code for item in rejected.value.items] == ["sil.person_unsure"]


async def test_what_is_nothing_to_the_labour_system_is_not_asked(town):
    await write(town, [{"change": "upsert", "kind": "pact", "data": {}}, {"change": "withdraw", "kind": "measure"}])

    assert town.partner.asked == []
