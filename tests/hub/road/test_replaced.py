"""A cumulative file replaces what it held (rule R13): what it no longer names goes, in the transaction of its mark."""

from __future__ import annotations

import pytest

from patto_hub import failpoints
from patto_hub.road import runner


@pytest.fixture
def sheet(make_batch, make_pact):
    """A page of the register `name`: pacts whose keys begin with the register's."""

    def made(name, *numbers, last=True, prefixes=("P-1",), bad=0):
        rows = [make_pact(number) for number in numbers] + [{"status": "active"}] * bad
        cursor = {"page": f"{name}/{numbers}"} if last else None
        return make_batch(rows, name=name, cursor=cursor, replaces=prefixes if last else ())

    return made


@pytest.fixture
def current(bench):
    def asked():
        return {key for (key,) in bench.ask("SELECT key FROM head WHERE tombstone = 0")}

    return asked


class Pages:
    """A source that gives these pages, whatever the cursor."""

    def __init__(self, *pages):
        self.pages = pages

    async def read(self, after):
        for page in self.pages:
            yield page


async def test_a_newer_cumulative_file_takes_away_what_it_no_longer_names(bench, sheet, current):
    await bench.take(source=Pages(sheet("a.xlsx", 11, 12, 13)))

    outcome = await bench.take(source=Pages(sheet("b.xlsx", 11, 13, 14)))

    assert (outcome.state, outcome.balance.new, outcome.balance.unchanged) == ("done", 1, 2)
    assert current() == {"P-11", "P-13", "P-14"}
    assert bench.ask("SELECT count(*) FROM change WHERE op = 'delete'") == [(1,)]


async def test_what_lies_under_other_beginnings_stays(bench, sheet, current):
    await bench.take(source=Pages(sheet("a.xlsx", 11, 12, 21, 22)))

    await bench.take(source=Pages(sheet("b.xlsx", 11)))

    assert current() == {"P-11", "P-21", "P-22"}


async def test_all_pages_of_a_file_count_and_those_of_another_do_not(bench, sheet, current):
    await bench.take(source=Pages(sheet("a.xlsx", 11, 12, 13, 14)))

    await bench.take(source=Pages(sheet("b.xlsx", 11, last=False), sheet("b.xlsx", 12), sheet("c.xlsx", 11)))

    assert current() == {"P-11"}


async def test_a_file_with_a_row_that_names_nobody_takes_nothing_away(bench, sheet, current):
    await bench.take(source=Pages(sheet("a.xlsx", 11, 12)))

    outcome = await bench.take(source=Pages(sheet("b.xlsx", 11, bad=1)))

    assert (outcome.state, outcome.trouble.code) == ("partial", "snapshot.unsure")
    assert current() == {"P-11", "P-12"}


async def test_a_file_that_leaves_out_too_much_waits_for_a_person(bench, sheet, current):
    many = range(100, 130)
    await bench.take(source=Pages(sheet("a.xlsx", *many)))

    outcome = await bench.take(source=Pages(sheet("b.xlsx", 100)))

    assert outcome.trouble.code == "snapshot.vanished"
    assert len(current()) == 30
    assert bench.ask("SELECT vanished FROM job_state") == [(29,)]
    assert bench.ask("SELECT value FROM cursor")[0][0].count("a.xlsx") == 1


async def test_once_confirmed_the_same_file_is_taken(bench, sheet, current):
    await bench.take(source=Pages(sheet("a.xlsx", *range(100, 130))))
    await bench.take(source=Pages(sheet("b.xlsx", 100)))
    bench.ledger.write_now(lambda each: each.exec_driver_sql("UPDATE job_state SET vanish_most = vanished"))

    outcome = await bench.take(source=Pages(sheet("b.xlsx", 100)))

    assert outcome.state == "done"
    assert current() == {"P-100"}
    assert bench.ask("SELECT vanished, vanish_most FROM job_state") == [(None, None)]


async def test_deletions_and_the_mark_of_their_file_are_kept_together_or_not_at_all(bench, sheet, current, monkeypatch):
    await bench.take(source=Pages(sheet("a.xlsx", 11, 12)))
    before = bench.ask("SELECT value FROM cursor")

    def dies(name):
        if name == "road.cursor_written":
            raise OSError(5, "killed here")

    monkeypatch.setattr(failpoints, "hit", dies)
    outcome = await bench.take(source=Pages(sheet("b.xlsx", 11)))
    monkeypatch.undo()

    assert outcome.state == "failed"
    assert bench.ask("SELECT value FROM cursor") == before
    assert current() == {"P-11", "P-12"}


async def test_a_replay_of_kept_rows_takes_nothing_away(bench, sheet, current):
    await bench.take(source=Pages(sheet("a.xlsx", 11, 12)))

    await runner.run(
        bench.job([], source=Pages(sheet("b.xlsx", 11))),
        ledger=bench.ledger,
        world=bench.world,
        owner="test",
        reason="replay",
        kept={},
    )

    assert current() == {"P-11", "P-12"}
