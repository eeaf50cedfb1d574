from __future__ import annotations

import asyncio

import pytest

from patto_connectors.testing.simulation import SimulatedWorld
from patto_hub.feeds.pages import RETENTION_DAYS
from patto_hub.ledger import slots, upkeep
from patto_hub.ledger.upkeep import Retention

DAY = 86_400_000


@pytest.fixture
def page(sql):
    def keep(received_at, size=50_000):
        sql(
            "INSERT INTO inbox (digest, job, run_id, name, media_type, size, content, received_at)"
            " VALUES (randomblob(16), 'foggia/pacts', 1, 'page', 'text/plain', ?, randomblob(?), ?)",
            size,
            size,
            received_at,
        )

    return keep


async def test_bytes_are_removed_after_their_time_and_their_digests_stay(ledger, page, sql):
    for day in (1, 50, 100):
        page(day * DAY)

    tidied = await upkeep.tidy(ledger, 101 * DAY, Retention(bytes_days=60))

    assert tidied.pages_of_partners == 1
    assert sql("SELECT received_at / ?, content IS NULL, length(digest) FROM inbox ORDER BY 1", DAY) == [
        (1, 1, 16),
        (50, 0, 16),
        (100, 0, 16),
    ]


async def test_the_file_gets_smaller_and_the_journal_short(ledger, path, page):
    for _ in range(200):
        page(0)
    await upkeep.tidy(ledger, 0, Retention())
    before = path.stat().st_size

    tidied = await upkeep.tidy(ledger, 101 * DAY, Retention())

    assert tidied.pages_of_partners == 200
    assert tidied.bytes_given_back > 9_000_000
    assert path.stat().st_size < before - 9_000_000
    assert path.with_name("ledger.db-wal").stat().st_size == 0


async def test_retention_works_in_pieces(ledger, page, monkeypatch):
    monkeypatch.setattr(upkeep, "PIECE", 3)
    for _ in range(10):
        page(0, size=10)

    tidied = await upkeep.tidy(ledger, 101 * DAY, Retention())

    assert tidied.pages_of_partners == 10


async def test_tracebacks_and_slots_have_times_of_their_own(ledger, begin, sql):
    begin(0)
    begin(200 * DAY)
    sql("UPDATE run SET traceback = 'where'")
    ledger.write_now(slots.claim, "foggia/pacts", [("old", 0)], 0)
    ledger.write_now(slots.claim, "foggia/pacts", [("new", 300 * DAY)], 300 * DAY)

    tidied = await upkeep.tidy(ledger, 301 * DAY, Retention(traceback_days=180, slot_days=200))

    assert (tidied.tracebacks, tidied.slots) == (1, 1)
    assert sql("SELECT traceback FROM run ORDER BY id") == [(None,), ("where",)]
    assert sql("SELECT slot_key FROM slot") == [("new",)]


async def test_what_was_settled_is_kept_for_longer_than_a_readers_place_is_good(ledger, sql):
    def settled(seq, day):
        sql(
            "INSERT INTO snag (seq, partner_id, sort, ref, job, position, owner, issues, state, since, changed_at)"
            " VALUES (?, 1, 'row', ?, 'j', 'p', 'partner', '[]', 'fixed', 0, ?)",
            seq,
            seq,
            day * DAY,
        )

    for seq in (1, 2, 3):
        settled(seq, seq)

    tidied = await upkeep.tidy(ledger, (RETENTION_DAYS + 3) * DAY, Retention())

    assert (tidied.snags, sql("SELECT seq FROM snag")) == (1, [(2,), (3,)])


async def test_runs_go_on_while_the_ledger_is_tidied(ledger, page, begin):
    for _ in range(300):
        page(0)
    tidying = asyncio.ensure_future(upkeep.tidy(ledger, 101 * DAY, Retention()))
    began = [await ledger.write(slots.claim, f"foggia/{n}", [("a", n)], n) for n in range(50)]

    assert began == [1] * 50
    assert (await tidying).pages_of_partners == 300


def test_upkeep_comes_round_every_hour(ledger, page):
    with SimulatedWorld(seed=1) as world:
        page(0)

        async def three_hours():
            task = asyncio.ensure_future(upkeep.upkeep(ledger, world.ports(), Retention()))
            await asyncio.sleep(1800)
            page(1)
            await asyncio.sleep(3600)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        world.run(three_hours())

    assert ledger.read_now(lambda c: c.exec_driver_sql("SELECT count(content) FROM inbox").scalar_one()) == 0
