"""Quarantined rows are read again from their bytes, with the plugin as it is now."""

from __future__ import annotations

import pytest

from patto_hub.road.replay import replay
from patto_schemas.issues import Issue
from patto_schemas.model import Pact


def fragile(row):
    if row["status"] == "attivo":
        raise ValueError("not mapped yet")
    return Pact(**row)


def mended(row):
    return Pact(**{**row, "status": "active"})


def no_rules(_record):
    return ()


@pytest.fixture
def again(bench):
    async def read(translate, *, checks=no_rules, **more):
        job = bench.job([], translate)
        return await replay(job, ledger=bench.ledger, world=bench.world, owner="test", checks=checks, **more)

    return read


async def test_F37_after_the_mapping_is_mended_a_replay_takes_every_row(bench, make_pact, again):
    await bench.take([make_pact(n, status="attivo") for n in range(3)], translate=fragile)

    outcome = await again(mended)

    assert (outcome.state, outcome.balance.read, outcome.balance.new) == ("done", 3, 3)
    assert bench.ask("SELECT DISTINCT state, closed_by FROM quarantine") == [("fixed", "hub")]


async def test_what_is_still_wrong_stays_open(bench, make_pact, again):
    await bench.take([make_pact(1, status="attivo")], translate=fragile)

    outcome = await again(fragile)

    assert (outcome.balance.read, outcome.balance.quarantined) == (1, 1)
    assert bench.ask("SELECT state, times FROM quarantine") == [("open", 2)]


async def test_only_the_rows_that_were_asked_for_are_read(bench, make_pact, again):
    await bench.take([make_pact(n, status="attivo") for n in range(3)], translate=fragile)

    outcome = await again(mended, numbers=[2])

    assert outcome.balance.read == 1
    assert bench.ask("SELECT id FROM quarantine WHERE state = 'fixed'") == [(2,)]


async def test_a_replay_moves_no_cursor_and_asks_no_partner(bench, make_pact, again):
    await bench.take([make_pact(1, status="attivo")], translate=fragile)
    before = bench.ask("SELECT * FROM cursor")

    await again(mended)

    assert bench.ask("SELECT * FROM cursor") == before


async def test_a_replayed_row_does_not_overwrite_what_came_since(bench, make_pact, again):
    await bench.take([make_pact(1, status="attivo", note="vecchia")], translate=fragile)
    await bench.ledger.write(lambda each: each.exec_driver_sql("UPDATE quarantine SET last_at = last_at - 1000"))
    await bench.ledger.write(lambda each: each.exec_driver_sql("DELETE FROM cursor"))
    await bench.take([make_pact(1, note="nuova")], translate=fragile)
    await bench.ledger.write(lambda each: each.exec_driver_sql("UPDATE quarantine SET state = 'open'"))

    await again(mended)

    assert bench.ask(
        "SELECT json_extract(v.payload, '$.note') FROM head h JOIN record_version v ON v.id = h.version_id"
    ) == [("nuova",)]


async def test_a_record_that_breaks_a_rule_is_taken_once_the_rule_is_kept(bench, make_pact, again):
    def strict(_record):
        return (Issue("R2", "/valid_to"),)

    await bench.run(bench.job([[make_pact(1)]]), checks=strict)

    outcome = await again(Pact)

    assert bench.ask("SELECT code, state FROM quarantine") == [("R2", "fixed")]
    assert outcome.balance.new == 1
