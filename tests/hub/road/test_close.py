"""The end of a run: its balance sheet closes, and whoever listens is told."""

from __future__ import annotations

import pytest

from patto_hub import failpoints
from patto_hub.road import record


class Telling:
    """A source that passes on what became of its rows."""

    def __init__(self, pages, *, fails=False):
        self.pages, self.fails, self.told = pages, fails, []

    async def read(self, _after):
        for page in self.pages:
            yield page

    async def tell(self, outcome):
        if self.fails:
            raise OSError("disk")
        self.told.append(outcome)


async def test_a_balance_that_does_not_close_is_an_alarm(bench, make_pact, monkeypatch):
    count = record._balance

    def loses_one(*args):
        balance = count(*args)
        balance.read += 1
        return balance

    monkeypatch.setattr(record, "_balance", loses_one)
    outcome = await bench.take([make_pact(1)])
    monkeypatch.undo()

    assert (outcome.state, outcome.trouble.code) == ("failed", "balance.open")
    await bench.ledger.write(lambda each: each.exec_driver_sql("DELETE FROM run"))


async def test_the_source_is_told_what_became_of_its_rows(bench, make_pact, make_batch):
    page = make_batch([make_pact(1), make_pact(2, status="asleep")], name="patti.csv", positions=["riga 2", "riga 3"])
    source = Telling([page])

    await bench.run(bench.job([], source=source))

    [outcome] = source.told
    assert (outcome.name, outcome.counts["new"], outcome.counts["quarantined"]) == ("patti.csv", 1, 1)
    [row] = outcome.rows
    assert (row.position, row.verdict, row.owner) == ("riga 3", "quarantined", "partner")
    assert "asleep" not in row.message


async def test_a_source_that_cannot_pass_it_on_changes_nothing(bench, make_pact, make_batch):
    source = Telling([make_batch([make_pact(1)], name="patti.csv")], fails=True)

    outcome = await bench.run(bench.job([], source=source))

    assert outcome.state == "done"


async def test_a_run_that_was_overtaken_writes_nothing_more(bench, make_pact, make_batch):
    async def pages(_after):
        yield make_batch([make_pact(1)])
        await bench.ledger.write(lambda each: each.exec_driver_sql("UPDATE lease SET fence = fence + 1"))
        yield make_batch([make_pact(2)])

    source = Telling([])
    source.read = pages

    outcome = await bench.run(bench.job([], source=source))

    assert outcome.state == "lost"
    assert bench.ask("SELECT key FROM head") in ([("P-1",)], [])
    await bench.ledger.write(lambda each: each.exec_driver_sql("UPDATE run SET state = 'lost'"))


@pytest.mark.parametrize(
    "point",
    [
        "road.page_read",
        "road.page_translated",
        "road.bytes_kept",
        "road.records_written",
        "road.cursor_written",
        "road.page_done",
        "run.before_close",
    ],
)
async def test_an_error_between_any_two_steps_is_made_good_by_the_next_run(bench, make_pact, point):
    pages = [[make_pact(1), make_pact(2)], [make_pact(2, status="suspended"), make_pact(3)]]
    with failpoints.armed(point, 1):
        try:
            await bench.take(*pages)
        except OSError:
            await bench.ledger.write(lambda each: each.exec_driver_sql("UPDATE lease SET expires_at = 0"))

    await bench.take(*pages)

    assert bench.ask("SELECT key, version FROM head ORDER BY key") == [("P-1", 1), ("P-2", 2), ("P-3", 1)]
    assert bench.ask("SELECT value FROM cursor") == [('{"page": 2}',)]
