"""Parking: a record waits for what it refers to, and goes on in the transaction that brings it."""

from __future__ import annotations

import pytest

from patto_hub.ledger import parked
from patto_schemas.model import Measure
from patto_schemas.model.base import Name, Need
from patto_schemas.model.wire import wire


class OfPolicy(Measure):
    """A record that hangs on another partner's measure by its policy, as an enrolment does."""

    model_config = wire(Measure)

    def needs(self):
        return (Need("measure", Name("policy", self.pact_id)),)


def measure(number=1, pact="P-1", **more):
    return {"measure_id": f"M-{number}", "pact_id": pact, "type": "training", "activity_code": "C06", **more}


def state(bench):
    return bench.ask("SELECT kind, key, version FROM head ORDER BY kind, key")


@pytest.fixture
def take(bench, wires):
    async def rows(*given, kind="measure", name=None, **more):
        await bench.ledger.write(lambda each: each.exec_driver_sql("DELETE FROM cursor"))
        return await bench.take(list(given), name=name or f"fg1/{kind}s", translate=wires[kind], **more)

    return rows


async def test_a_record_waits_for_an_unknown_pact(bench, take):
    outcome = await take(measure(1))

    assert (outcome.state, outcome.balance.parked) == ("done", 1)
    assert state(bench) == []
    assert bench.ask("SELECT waits_kind, waits_scheme, waits_value FROM parked") == [("pact", "local:fg1", "P-1")]


async def test_it_goes_on_when_the_pact_comes(bench, take, make_pact):
    await take(measure(1))

    outcome = await take(make_pact(1), kind="pact")

    assert (outcome.balance.new, outcome.balance.released) == (1, 1)
    assert state(bench) == [("measure", "M-1", 1), ("pact", "P-1", 1)]
    assert bench.ask("SELECT count(*) FROM parked") == [(0,)]
    assert bench.ask("SELECT m.pact_id = p.id FROM head m, head p WHERE m.kind = 'measure' AND p.kind = 'pact'") == [
        (1,)
    ]


async def test_waiting_twice_is_waiting_once(bench, take):
    await take(measure(1))
    outcome = await take(measure(1))

    assert outcome.balance.parked == 1
    assert bench.ask("SELECT count(*) FROM parked") == [(1,)]


async def test_the_versions_of_one_record_go_on_in_their_order(bench, take, make_pact):
    await take(measure(1, revision=2, title="Secondo"), measure(1, revision=1, title="Primo"))

    await take(make_pact(1), kind="pact")

    assert bench.ask("SELECT v.ord FROM head h JOIN record_version v ON v.id = h.version_id WHERE h.key='M-1'") == [
        (2,)
    ]
    assert bench.ask("SELECT count(*) FROM record_version") == [(3,)]


async def test_what_waits_for_a_released_record_goes_on_too(bench, take, make_pact):
    await bench.take(
        [measure(9, pact="1400000001B")],
        name="cpi/measures",
        translate=OfPolicy,
        organisation=("cpi_11", "D643C000123"),
    )
    await take(measure(1, policy_id="1400000001B"))

    outcome = await take(make_pact(1), kind="pact")

    assert outcome.balance.released == 2
    assert state(bench) == [("measure", "M-1", 1), ("measure", "M-9", 1), ("pact", "P-1", 1)]
    partner = bench.ask("SELECT p.name FROM head h JOIN partner p ON p.id = h.partner_id WHERE h.key = 'M-9'")
    assert partner == [("cpi",)]
    assert bench.ask("SELECT count(DISTINCT pact_id) FROM head") == [(1,)]


async def test_children_before_their_parent_in_one_page_do_not_wait(bench, make_pact):
    def either(row):
        return (
            Measure(**row) if "measure_id" in row else __import__("patto_schemas.model", fromlist=["Pact"]).Pact(**row)
        )

    outcome = await bench.take([measure(1), make_pact(1)], name="fg1/all", translate=either)

    assert (outcome.balance.new, outcome.balance.parked) == (2, 0)


async def test_a_record_released_later_does_not_overwrite_a_newer_one(bench, take, make_pact):
    await take(measure(1, pact="P-2", title="Vecchio"))
    await take(make_pact(1), kind="pact")
    await take(measure(1, pact="P-1", title="Nuovo"))

    await take(make_pact(2), kind="pact")

    assert bench.ask(
        "SELECT json_extract(v.payload, '$.title') FROM head h JOIN record_version v ON v.id = h.version_id"
        " WHERE h.key = 'M-1'"
    ) == [("Nuovo",)]


async def test_somebody_is_told_once_when_patience_is_over(bench, take):
    await take(measure(1), patience_ms=0)

    first = bench.ledger.write_now(parked.impatient, bench.world.milliseconds())
    second = bench.ledger.write_now(parked.impatient, bench.world.milliseconds())

    assert [(each.kind, each.waits_kind) for each in first] == [("measure", "pact")]
    assert second == []
