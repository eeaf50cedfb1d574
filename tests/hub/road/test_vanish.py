"""F44: what a full snapshot leaves out is buried, unless too much is gone at once."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from patto_hub.jobs import Limits
from patto_hub.ledger import audit, desk, job_state


def snapshot(make_batch, rows):
    return make_batch(rows, complete=True)


async def run(bench, batch, *, share=0.2):
    job = replace(bench.job([batch]), limits=Limits(vanish_share=share))
    return await bench.run(job)


def alive(bench):
    return [key for (key,) in bench.ask("SELECT key FROM head WHERE tombstone = 0 ORDER BY id")]


async def test_F44_what_a_full_snapshot_leaves_out_gets_a_tombstone(bench, make_pact, make_batch):
    await run(bench, snapshot(make_batch, [make_pact(n) for n in range(10)]))

    outcome = await run(bench, snapshot(make_batch, [make_pact(n) for n in range(9)]))

    assert (outcome.state, outcome.balance.unchanged) == ("done", 9)
    assert "P-9" not in alive(bench)
    assert bench.ask("SELECT op FROM change ORDER BY seq DESC LIMIT 1") == [("delete",)]
    assert bench.ask("SELECT count(*) FROM audience") == [(11,)]


async def test_F44_a_mass_disappearance_waits_for_a_person(bench, make_pact, make_batch):
    await run(bench, snapshot(make_batch, [make_pact(n) for n in range(10)]))

    outcome = await run(bench, snapshot(make_batch, []))

    assert (outcome.state, outcome.trouble.code) == ("partial", "snapshot.vanished")
    assert len(alive(bench)) == 10


async def test_F44_what_a_person_confirms_disappears_and_no_more(bench, make_pact, make_batch):
    full = [make_pact(n) for n in range(10)]
    await run(bench, snapshot(make_batch, full))
    await run(bench, snapshot(make_batch, full[:5]))
    confirmed = await bench.ledger.write(
        desk.allow_vanished, bench.job([]).name, actor="cli:anna", reason="bando chiuso", now=1
    )

    more = await run(bench, snapshot(make_batch, full[:4]))
    assert (confirmed, more.state, len(alive(bench))) == (5, "partial", 10), "six are more than the five confirmed"

    await bench.ledger.write(desk.allow_vanished, bench.job([]).name, actor="cli:anna", reason="anche P-4", now=2)
    outcome = await run(bench, snapshot(make_batch, full[:4]))
    state = await bench.ledger.read(job_state.get, bench.job([]).name)
    entries = [json.loads(entry.detail) for entry in await bench.ledger.read(audit.newest)]

    assert (outcome.state, alive(bench)) == ("done", ["P-0", "P-1", "P-2", "P-3"])
    assert (state.vanished, state.vanish_most) == (None, None), "the word was for one list"
    assert {"records": 6, "reason": "anche P-4"} in entries


async def test_a_disappearance_that_the_partner_takes_back_waits_no_longer(bench, make_pact, make_batch):
    full = [make_pact(n) for n in range(10)]
    await run(bench, snapshot(make_batch, full))
    await run(bench, snapshot(make_batch, []))
    await run(bench, snapshot(make_batch, full))

    with pytest.raises(LookupError):
        await bench.ledger.write(desk.allow_vanished, bench.job([]).name, actor="cli:anna", reason="x", now=1)


async def test_a_person_can_let_the_disappearance_through(bench, make_pact, make_batch):
    await run(bench, snapshot(make_batch, [make_pact(n) for n in range(10)]))

    await run(bench, snapshot(make_batch, []), share=1.0)

    assert alive(bench) == []


async def test_nothing_is_buried_while_rows_cannot_tell_whom_they_name(bench, make_pact, make_batch):
    await run(bench, snapshot(make_batch, [make_pact(n) for n in range(10)]))

    outcome = await run(bench, snapshot(make_batch, [make_pact(n) for n in range(9)] + [b'{"broken'.ljust(20)]))

    assert (outcome.state, outcome.trouble.code) == ("partial", "snapshot.unsure")
    assert len(alive(bench)) == 10


async def test_a_bad_row_with_a_key_keeps_its_record_alive(bench, make_pact, make_batch):
    await run(bench, snapshot(make_batch, [make_pact(n) for n in range(10)]))

    outcome = await run(bench, snapshot(make_batch, [make_pact(n) for n in range(8)] + [make_pact(9, status="asleep")]))

    assert outcome.state == "done"
    assert alive(bench) == [f"P-{n}" for n in (0, 1, 2, 3, 4, 5, 6, 7, 9)]


async def test_a_listing_that_is_no_snapshot_buries_nothing(bench, make_pact, make_batch):
    await run(bench, make_batch([make_pact(n) for n in range(10)]))

    await run(bench, make_batch([make_pact(n) for n in range(9)]))

    assert len(alive(bench)) == 10


async def test_another_jobs_records_are_not_missed(bench, make_pact, make_batch):
    await bench.take(make_batch([make_pact(77)]), name="fg1/other")
    await run(bench, snapshot(make_batch, [make_pact(n) for n in range(10)]))

    await run(bench, snapshot(make_batch, [make_pact(n) for n in range(10)]))

    assert "P-77" in alive(bench)


async def test_a_record_that_comes_back_is_alive_again(bench, make_pact, make_batch):
    full = [make_pact(n) for n in range(10)]
    await run(bench, snapshot(make_batch, full))
    await run(bench, snapshot(make_batch, full[:9]))

    outcome = await run(bench, snapshot(make_batch, full))

    assert outcome.balance.changed == 1
    assert bench.ask("SELECT version, tombstone FROM head WHERE key = 'P-9'") == [(3, 0)]
