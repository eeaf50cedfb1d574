"""A cumulative file replaces what it held (rule R13): what it no longer names goes, in the transaction of its mark."""

from __future__ import annotations

import pytest

from patto_hub import failpoints
from patto_hub.ledger import desk
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


@pytest.fixture
def confirm(bench):
    def confirmed():
        return bench.ledger.write_now(desk.allow_vanished, "fg1/pacts", actor="cli:anna", reason="bando chiuso", now=1)

    return confirmed


async def test_once_confirmed_the_same_file_is_taken(bench, sheet, current, confirm):
    await bench.take(source=Pages(sheet("a.xlsx", *range(100, 130))))
    await bench.take(source=Pages(sheet("b.xlsx", 100)))
    assert confirm() == 29

    outcome = await bench.take(source=Pages(sheet("b.xlsx", 100)))

    assert outcome.state == "done"
    assert current() == {"P-100"}
    assert bench.ask("SELECT vanished, vanish_most FROM job_state") == [(None, None)]


async def test_a_persons_word_is_not_spent_on_the_usual_corrections_of_another_file(bench, sheet, current, confirm):
    many = range(100, 130)
    await bench.take(source=Pages(sheet("a.xlsx", *many), sheet("y.xlsx", 21, 22, prefixes=("P-2",))))
    await bench.take(source=Pages(sheet("b.xlsx", 100)))
    confirm()

    outcome = await bench.take(source=Pages(sheet("z.xlsx", 21, prefixes=("P-2",)), sheet("b.xlsx", 100)))

    assert (outcome.state, current()) == ("done", {"P-100", "P-21"})


async def test_a_persons_word_does_not_outlive_the_file_that_it_was_for(bench, sheet, current, confirm):
    many = range(100, 130)
    await bench.take(source=Pages(sheet("a.xlsx", *many)))
    await bench.take(source=Pages(sheet("b.xlsx", 100)))
    confirm()

    mended = await bench.take(source=Pages(sheet("b.xlsx", *many)))
    later = await bench.take(source=Pages(sheet("c.xlsx", 100)))

    assert (mended.state, later.trouble.code, len(current())) == ("done", "snapshot.vanished", 30)


async def test_what_waits_for_a_person_waits_no_more_once_its_file_is_mended(bench, sheet):
    many = range(100, 130)
    await bench.take(source=Pages(sheet("a.xlsx", *many)))
    await bench.take(source=Pages(sheet("b.xlsx", 100)))

    await bench.take(source=Pages(sheet("b.xlsx", *many)))

    assert bench.ask("SELECT vanished FROM job_state") == [(None,)]


async def test_F44_a_file_that_names_nothing_takes_nothing_away_however_little_there_is(bench, sheet, current):
    await bench.take(source=Pages(sheet("a.xlsx", 11, 12)))

    outcome = await bench.take(source=Pages(sheet("b.xlsx")))

    assert (outcome.trouble.code, current()) == ("snapshot.vanished", {"P-11", "P-12"})


async def test_a_row_that_cannot_be_translated_still_names_its_record(bench, sheet, current, make_batch, make_pact):
    await bench.take(source=Pages(sheet("a.xlsx", 11, 12, 13)))
    rows = [make_pact(11), make_pact(12, status="no such state")]

    outcome = await bench.take(source=Pages(make_batch(rows, name="b.xlsx", cursor={"page": 1}, replaces=("P-1",))))

    assert (outcome.state, outcome.balance.quarantined, current()) == ("done", 1, {"P-11", "P-12"})


async def test_the_same_file_under_another_name_changes_nothing(bench, sheet, current):
    await bench.take(source=Pages(sheet("a.xlsx", 11, 12)))

    outcome = await bench.take(source=Pages(sheet("a (1).xlsx", 11, 12)))

    assert (outcome.balance.unchanged, outcome.balance.changed, current()) == (2, 0, {"P-11", "P-12"})
    assert bench.ask("SELECT count(*) FROM record_version") == [(2,)]


async def test_a_file_that_comes_twice_in_a_run_speaks_for_itself_the_second_time(bench, sheet, current):
    await bench.take(source=Pages(sheet("a.xlsx", 11, 12), sheet("a.xlsx", 11)))

    assert current() == {"P-11"}


async def test_what_a_file_took_away_comes_back_with_the_next_one_that_names_it(bench, sheet, current):
    await bench.take(source=Pages(sheet("a.xlsx", 11, 12), sheet("b.xlsx", 11), sheet("c.xlsx", 11, 12)))

    assert current() == {"P-11", "P-12"}
    assert bench.ask("SELECT op FROM change ORDER BY seq") == [("upsert",), ("upsert",), ("delete",), ("upsert",)]


async def test_files_speak_in_the_order_in_which_they_come_an_old_one_too(bench, sheet, current):
    await bench.take(source=Pages(sheet("2026-02-18.xlsx", 11, 12, 13)))

    await bench.take(source=Pages(sheet("2026-02-17.xlsx", 11, 12)))
    assert current() == {"P-11", "P-12"}

    await bench.take(source=Pages(sheet("2026-02-19.xlsx", 11, 12, 13, 14)))
    assert current() == {"P-11", "P-12", "P-13", "P-14"}


async def test_beginnings_within_one_another_and_several_files_of_everything_count_once(bench, sheet, current):
    await bench.take(source=Pages(sheet("a.xlsx", 11, 12, 110, 21)))

    outcome = await bench.take(
        source=Pages(sheet("b.xlsx", 11, 110, prefixes=("P-1", "P-11")), sheet("c.xlsx", 11, 31, prefixes=("",)))
    )

    assert (outcome.state, current()) == ("done", {"P-11", "P-31"})
    assert bench.ask("SELECT count(*) FROM change WHERE op = 'delete'") == [(3,)]


async def test_another_streams_and_another_partners_records_are_not_the_files_to_replace(bench, sheet, current):
    await bench.take(source=Pages(sheet("a.xlsx", 11, 12)))
    await bench.take(source=Pages(sheet("a.xlsx", 13)), name="fg1/other")
    await bench.take(source=Pages(sheet("a.xlsx", 14)), name="le1/pacts")

    await bench.take(source=Pages(sheet("b.xlsx", 11, prefixes=("",))))

    assert current() == {"P-11", "P-13", "P-14"}


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
