"""Whoever keeps a stream is told once that its records have waited too long."""

from __future__ import annotations

from patto_hub.road.patience import tell_impatient


def measure(number):
    return {"measure_id": f"M-{number}", "pact_id": "P-1", "type": "training", "activity_code": "C06"}


async def test_each_record_is_told_once(bench, wires):
    await bench.take([measure(1), measure(2)], name="fg1/measures", translate=wires["measure"], patience_ms=0)

    first = await tell_impatient(bench.ledger, bench.world)
    second = await tell_impatient(bench.ledger, bench.world)

    assert [(each.kind, each.waits_kind) for each in first] == [("measure", "pact")] * 2
    assert second == []


async def test_while_there_is_patience_nobody_is_told(bench, wires):
    await bench.take([measure(1)], name="fg1/measures", translate=wires["measure"])

    assert await tell_impatient(bench.ledger, bench.world) == []
