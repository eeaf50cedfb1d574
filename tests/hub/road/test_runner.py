"""A run, from bytes to numbered changes."""

from __future__ import annotations


async def test_a_first_run_makes_each_record_new(bench, make_pact):
    outcome = await bench.take([make_pact(1), make_pact(2)], [make_pact(3)])

    assert outcome.trouble is None
    assert outcome.state == "done"
    assert (outcome.balance.read, outcome.balance.new, outcome.balance.pages) == (3, 3, 2)


async def test_a_second_run_over_the_same_pages_changes_nothing(bench, make_pact):
    await bench.take([make_pact(1), make_pact(2)], name="fg1/pacts")
    await bench.ledger.write(lambda each: each.exec_driver_sql("DELETE FROM cursor"))
    before = bench.ask("SELECT count(*) FROM record_version")

    outcome = await bench.take([make_pact(1), make_pact(2)])

    assert (outcome.balance.unchanged, outcome.balance.new) == (2, 0)
    assert bench.ask("SELECT count(*) FROM record_version") == before
