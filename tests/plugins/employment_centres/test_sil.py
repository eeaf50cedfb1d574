"""The labour system's REST service."""

from __future__ import annotations

import json

import pytest

from patto_connectors.errors import Trouble, Unreachable
from patto_connectors.testing.faults import WIRE
from patto_plugins.employment_centres.fake import MENU

HARMLESS = {"slow"}


async def test_policies_come_with_all_their_events(town, records):
    batches, trouble = await town.read("sil")

    true = {each.key: each for worker in town.centre.workers.values() for each in worker.measures.values()}
    found = {each.key: each for each in records(batches, "sil")}
    assert trouble is None
    assert found.keys() == true.keys()
    for key, measure in found.items():
        assert [(each.code, each.on) for each in measure.events] == [(each.code, each.on) for each in true[key].events]


async def test_a_tax_code_travels_in_bodies_only(town):
    await town.read("sil")
    await town.read("communications")

    assert town.partner.asked
    for asked in town.partner.asked:
        told = f"{asked.path} {asked.query} {dict(asked.headers)}"
        assert not [each.cf for each in town.centre.workers.values() if each.cf in told]


async def test_we_say_who_calls(town):
    await town.read("communications")

    assert json.loads(town.partner.asked[0].body)["callInfo"] == {"idAppChiamante": "patto"}


@pytest.mark.parametrize("stream", ["sil", "communications"])
@pytest.mark.parametrize("fault", sorted({*WIRE, *MENU}))
async def test_each_fault_ends_in_one_of_the_four_errors_or_in_good_rows(town, stream, fault):
    town.partner.faults.order(fault, times=None, option={"slow": "0.1", "loris": "1"}.get(fault, ""))

    batches, trouble = await town.read(stream)

    told = "" if trouble is None else f"{trouble.code} {trouble.detail} {trouble.hint}"
    assert "ROSSI" not in told
    assert not [each.cf for each in town.centre.workers.values() if each.cf in told]
    if fault in HARMLESS:
        assert trouble is None
        assert sum(len(batch.rows) for batch in batches)
    else:
        assert isinstance(trouble, Trouble)


async def test_trap_3_an_answer_that_says_no_with_status_200_is_a_no(town):
    town.partner.faults.order("sil_failure", option="E42")

    _, trouble = await town.read("sil")

    assert (trouble.code, "E42" in trouble.detail) == ("rest.failure", True)


async def test_a_code_that_passes_means_later(town):
    town.partner.faults.order("sil_failure", option="MANUTENZIONE", times=None)

    _, trouble = await town.read("sil", sil={"passing": ["MANUTENZIONE"]})

    assert isinstance(trouble, Unreachable)


async def test_an_answer_about_somebody_else_is_not_read(town):
    one, other, *_ = town.centre.workers.values()
    town.centre.workers[one.cf] = other

    batches, trouble = await town.read("sil")

    assert trouble is None
    assert [code for batch in batches for _, code, _ in batch.troubles] == ["sil.person"]
