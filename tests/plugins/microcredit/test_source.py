"""An operator's service: pages, resuming, what changed, every fault of the menu."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest
from pydantic import ValidationError

from patto_connectors.errors import Trouble, Unreachable
from patto_connectors.http.settings import Caps, Repeats, Timeouts
from patto_connectors.testing.faults import CONTENT, WIRE
from patto_plugins.microcredit.fake import FakeSettings, service, service_on
from patto_plugins.microcredit.settings import LenderSettings, listing
from patto_schemas.chronicle import Calendar, Rates
from patto_schemas.rules import check

HARMLESS = {"duplicates", "shuffled", "new_field", "missing_field", "retyped", "slow"}
"""Faults that leave whole pages; what is wrong in a row is found when it is translated."""
CALM = Rates(late=0, mistakes=0, missing=0, differing=0)
STREAMS = {"loans": "pratiche", "visits": "visite", "orders": "disposizioni"}


@pytest.fixture
def town():
    return service(FakeSettings(rates=CALM), remember=True)


async def _read(town, name="pratiche", after=None, **settings):
    batches = []
    async with town.partner.running() as url:
        values = {"base_url": f"{url}/microcredito_2", "page_size": 4, "repeats": Repeats(attempts=1), **settings}
        for lender in town.lenders.values():
            for told in town.stage.due(lender.code):
                lender.show(told)
        try:
            async for batch in listing(name, LenderSettings(**values)).read(after):
                batches.append(batch)  # noqa: PERF401 - pages before a trouble count
        except Trouble as trouble:
            return batches, trouble
    return batches, None


def _keys(batches, name="idPratica"):
    return [json.loads(row)[name] for batch in batches for row in batch.rows]


@pytest.mark.parametrize("stream", STREAMS)
async def test_every_stream_comes_through_its_wire_model_and_keeps_the_rules(town, connectors, stream):
    batches, trouble = await _read(town, STREAMS[stream])

    records = [connectors[stream].translate.model_validate_json(row) for batch in batches for row in batch.rows]

    assert trouble is None
    assert len(records) >= 5
    assert [issue for record in records for issue in check(record)] == []
    assert {record.kind for record in records} == set(connectors[stream].kinds)


async def test_run_goes_on_from_every_page(town):
    whole, _ = await _read(town, "visite")

    for index, batch in enumerate(whole[:-1]):
        rest, _ = await _read(town, "visite", after=batch.cursor)
        assert _keys(rest, "idVisita") == _keys(whole[index + 1 :], "idVisita")


async def test_second_run_brings_only_what_changed(clock):
    half = FakeSettings(rates=CALM, calendar=Calendar(day_seconds=1, ahead_days=400))
    town = service(half)
    first, _ = await _read(town, "visite")
    clock.passed += 60
    second, _ = await _read(town, "visite", after=first[-1].cursor)

    assert len(_keys(second, "idVisita")) < len(_keys(first, "idVisita"))
    assert set(_keys(second, "idVisita")) - set(_keys(first, "idVisita"))


@pytest.mark.parametrize("fault", sorted({*CONTENT, *WIRE}))
async def test_each_fault_ends_in_one_of_the_four_errors_or_in_good_rows(town, fault):
    names = {"missing_field": "stato", "retyped": "stato", "slow": "0.05", "loris": "1"}
    town.partner.faults.order(fault, times=None, option=names.get(fault, ""))

    batches, trouble = await _read(town, timeouts=Timeouts(read=0.2, rate_window=5), caps=Caps(decoded=2_000_000))

    if fault in HARMLESS:
        assert trouble is None
        assert set(_keys(batches)) == set(town.lenders["microcredito_2"].stores["loan"].changed)
    else:
        assert isinstance(trouble, Trouble)
        told = f"{trouble.detail} {trouble.hint} {trouble.code} {getattr(trouble, 'position', '')}"
        assert "ROSSI" not in told
        assert "RSSMRA" not in told


async def test_maintenance_is_tried_again_later(town):
    town.partner.faults.order("failure_flag", option="MANUTENZIONE", times=None)

    _, trouble = await _read(town)

    assert isinstance(trouble, Unreachable)


async def test_key_travels_and_is_never_shown(town):
    await _read(town, key="canary")

    assert town.partner.asked[0].headers["X-Api-Key"] == "canary"
    assert "canary" not in repr(LenderSettings(base_url="https://a.example", key="canary"))


def test_plain_http_to_elsewhere_is_refused():
    with pytest.raises(ValidationError, match="https"):
        LenderSettings(base_url="http://servizi.microcredito.example")


async def test_mistakes_of_clerks_are_refused_or_doubled_and_mended_in_the_end(connectors):
    """Until the last telling of each record, one in two has a mistake; afterwards none has."""
    town = service(FakeSettings(rates=Rates(late=0, mistakes=0.5, missing=0, differing=0)))
    wires = {
        each.kinds[0]: each.translate for each in connectors.values() if each.kinds[:1] != ("movement",) if each.kinds
    }
    lender, wrong = town.lenders["microcredito_2"], 0
    for told in town.stage.due(lender.code):
        lender.show(told)
        row = lender.stores[told.record.kind].row(told.record.key)
        try:
            wrong += bool(check(wires[told.record.kind].model_validate_json(row)))
        except ValidationError:
            wrong += 1

    left = 0
    for kind, store in lender.stores.items():
        for _, _, row in store.rows:
            try:
                left += bool(check(wires[kind].model_validate_json(row)))
            except ValidationError:
                left += 1

    assert wrong > 20
    assert left < wrong / 4


async def test_an_operator_calls_an_order_sent_when_the_bank_has_it_or_patience_ends(clock):
    """An invented order is sent a day after it is made; real days are shorter in a demonstration than in an office."""
    taken = set()
    stage = FakeSettings(rates=CALM, calendar=Calendar(day_seconds=1, ahead_days=0)).stage()
    town = service_on(stage, taken=taken.__contains__)
    order = next(each for each in stage.chronicle.told("microcredito_2") if each.record.kind == "payment_order")

    def said():
        return json.loads(town.lenders["microcredito_2"].stores["payment_order"].row(order.record.key))["stato"]

    async def until(instant):
        for _ in range(10_000):
            if stage.now() >= instant:
                return
            await asyncio.sleep(0)
        pytest.fail("time stands still")

    async with town.running():
        await until(order.at + timedelta(20))
        before = said()
        taken.add(order.record.end_to_end_id)
        await until(stage.now() + timedelta(3))
        after = said()

    assert (before, after) == ("da_inviare", "eseguita")


async def test_time_passes_while_it_serves_and_stops_with_the_block(clock):
    town = service(FakeSettings(rates=CALM, calendar=Calendar(day_seconds=1, ahead_days=0)))
    async with town.running():
        for _ in range(800):
            await asyncio.sleep(0)

    assert clock.passed >= timedelta(seconds=400).total_seconds()
    assert town.lenders["microcredito_2"].stores["loan"].rows
