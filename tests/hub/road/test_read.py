"""Whatever a source does, the run ends, says why, and keeps what came before."""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import replace

import pytest

from patto_connectors.errors import Malformed, Refused, Unreachable
from patto_hub.failpoints import armed
from patto_hub.jobs import Limits
from patto_hub.road import tasks


class Given:
    """A source that is a function."""

    def __init__(self, pages):
        self.read = pages


def run_of(bench, pages, **limits):
    job = bench.job([], source=Given(pages))
    return bench.run(replace(job, limits=Limits(**{"page_seconds": 2, "seconds": 10, **limits})))


async def test_unreachable_fails_with_its_wait_and_keeps_the_pages_before(bench, make_pact):
    outcome = await bench.take([make_pact(1)], Unreachable("http.down", "down", retry_after=60))

    assert (outcome.state, outcome.trouble.retry_after, outcome.balance.new) == ("failed", 60, 1)
    assert bench.ask("SELECT trouble_code FROM run") == [("http.down",)]


async def test_refused_fails_with_its_hint(bench):
    outcome = await bench.take(Refused("http.401", "no", hint="renew the key"))

    assert outcome.state == "failed"
    assert bench.ask("SELECT trouble_code, trouble_hint FROM run") == [("http.401", "renew the key")]


async def test_malformed_content_is_set_aside_as_one_row_with_its_position(bench, make_pact):
    broken = Malformed("json.syntax", "no JSON", position="line 1, column 9", content=b'{"items"')

    outcome = await bench.take([make_pact(1)], broken)

    assert (outcome.state, outcome.balance.new, outcome.balance.quarantined) == ("partial", 1, 1)
    assert bench.ask("SELECT position, row, code FROM quarantine") == [
        ("line 1, column 9", b'{"items"', "page.malformed")
    ]
    assert bench.ask("SELECT value FROM cursor") == [('{"page": 1}',)]


async def test_F23_a_page_that_never_came_whole_leaves_nothing(bench):
    outcome = await bench.take(Malformed("http.truncated", "cut", content=b"[{"))

    assert outcome.state == "failed"
    assert bench.ask("SELECT count(*) FROM head") == [(0,)]
    assert bench.ask("SELECT count(*) FROM cursor") == [(0,)]


@pytest.mark.parametrize("bug", [RuntimeError("Mario Rossi"), SystemExit(3), KeyboardInterrupt(), GeneratorExit()])
async def test_F60_F61_whatever_a_source_throws_is_its_bug_and_the_hub_goes_on(bench, make_pact, bug):
    async def pages(_after):
        yield_first = [json.dumps(make_pact(1)).encode()]
        from patto_connectors.contract import Batch  # noqa: PLC0415 - the plugin's own import

        yield Batch(rows=yield_first, cursor={"page": 1})
        raise bug

    outcome = await run_of(bench, pages)

    assert (outcome.state, outcome.trouble.code, outcome.balance.new) == ("failed", "plugin.bug", 1)
    [(traceback,)] = bench.ask("SELECT traceback FROM run")
    assert type(bug).__name__ in traceback
    assert "test_read.py" in traceback
    assert "Mario" not in traceback


async def test_a_source_is_closed_before_the_run_ends_although_nobody_wanted_its_last_pages(
    bench, make_batch, make_pact
):
    ended = []

    async def pages(_after):
        try:
            for number in range(100):
                yield make_batch([make_pact(number)], cursor={"page": number})
        finally:
            await asyncio.sleep(0)
            ended.append(asyncio.current_task().get_name())

    outcome = await run_of(bench, pages, records=2)

    assert (outcome.state, ended) == (
        "stopped",
        ["patto-source"],
    )  # by its reader, not by whoever collects what is left


async def test_a_source_that_fails_as_it_is_closed_holds_up_nothing(bench, make_batch, make_pact):
    async def pages(_after):
        try:
            for number in range(100):
                yield make_batch([make_pact(number)], cursor={"page": number})
        finally:
            raise RuntimeError("the session was gone")

    outcome = await asyncio.wait_for(run_of(bench, pages, records=2), 4)

    assert (outcome.state, outcome.trouble.code) == ("stopped", "run.limit")


async def test_a_source_may_be_any_iterator_not_only_a_generator(bench, make_batch, make_pact):
    class Two:
        def __init__(self):
            self.left = [make_batch([make_pact(1)]), make_batch([make_pact(2)])]

        def __aiter__(self):
            return self

        async def __anext__(self):
            if not self.left:
                raise StopAsyncIteration
            return self.left.pop()

    outcome = await run_of(bench, lambda _after: Two())

    assert (outcome.state, outcome.balance.new) == ("done", 2)


async def test_a_translate_that_throws_beyond_the_contract_fails_the_run_and_moves_no_cursor(bench, make_pact):
    def buggy(_row):
        raise AttributeError("Mario Rossi")

    outcome = await bench.take([make_pact(1)], translate=buggy)

    assert (outcome.state, outcome.trouble.code) == ("failed", "plugin.bug")
    assert bench.ask("SELECT count(*) FROM cursor") == [(0,)]


async def test_F66_a_translate_that_gives_garbage_is_its_bug(bench, make_pact):
    outcome = await bench.take([make_pact(1)], translate=lambda _row: ["not a record"])

    assert (outcome.state, outcome.trouble.code) == ("failed", "plugin.bug")


async def test_F66_a_translate_that_never_ends_is_stopped(bench, make_pact):
    from patto_schemas.model import Pact  # noqa: PLC0415 - only here

    def endless(row):
        while True:
            yield Pact(**row)

    outcome = await bench.take([make_pact(1)], translate=endless)

    assert (outcome.state, outcome.trouble.code) == ("failed", "plugin.bug")


async def test_F66_a_source_that_gives_no_batch_is_its_bug(bench):
    async def pages(_after):
        yield {"rows": []}

    outcome = await run_of(bench, pages)

    assert (outcome.state, outcome.trouble.code) == ("failed", "plugin.bug")


async def test_F62_a_source_that_hangs_is_ended(bench):
    async def pages(_after):
        await asyncio.Event().wait()
        yield

    outcome = await run_of(bench, pages, page_seconds=0.05)

    assert (outcome.state, outcome.trouble.code) == ("failed", "page.timeout")


async def test_F63_a_source_that_swallows_its_cancellation_is_given_up(bench, monkeypatch):
    monkeypatch.setattr(tasks, "GRACE", 0.05)
    release = asyncio.Event()

    async def pages(_after):
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue
        yield

    outcome = await run_of(bench, pages, page_seconds=0.05)
    release.set()

    assert (outcome.state, outcome.trouble.code) == ("failed", "plugin.stuck")


async def test_F65_tasks_that_a_plugin_leaves_are_ended(bench):
    left = []

    async def pages(_after):
        left.append(asyncio.ensure_future(asyncio.Event().wait()))
        return
        yield

    outcome = await run_of(bench, pages)

    assert left[0].cancelled()
    assert outcome.state == "done"


async def test_F40_a_source_that_goes_in_a_circle_is_stopped(bench, make_pact, make_batch):
    async def pages(_after):
        number = 0
        while True:
            number += 1
            yield make_batch([make_pact(number % 2)], cursor={"n": number})

    outcome = await run_of(bench, pages)

    assert (outcome.state, outcome.trouble.code, outcome.balance.new) == ("stopped", "source.endless", 2)


async def test_F40_empty_pages_without_end_are_stopped(bench, make_batch):
    async def pages(_after):
        number = 0
        while True:
            number += 1
            yield make_batch([], cursor={"n": number})

    outcome = await run_of(bench, pages)

    assert (outcome.state, outcome.trouble.code) == ("stopped", "source.endless")


async def test_many_files_that_say_the_same_or_nothing_are_no_circle(bench, make_pact, make_batch):
    async def files(_after):
        for number in range(30):
            yield make_batch([make_pact(1)] if number % 2 else [], name=f"registro_{number}.csv", cursor={"n": number})

    outcome = await run_of(bench, files)

    assert (outcome.state, outcome.balance.read, outcome.balance.new) == ("done", 15, 1)


async def test_a_run_stops_at_its_number_of_records(bench, make_pact):
    outcome = await bench.run(replace(bench.job([[make_pact(n)] for n in range(5)]), limits=Limits(records=3)))

    assert (outcome.state, outcome.trouble.code, outcome.balance.new) == ("stopped", "run.limit", 3)


async def test_a_run_stops_at_its_deadline(bench, make_pact, make_batch):
    async def pages(_after):
        number = 0
        while True:
            number += 1
            yield make_batch([make_pact(number)], cursor={"n": number})

    outcome = await run_of(bench, pages, seconds=0.2)

    assert (outcome.state, outcome.trouble.code) == ("stopped", "run.deadline")


async def test_F35_too_many_bad_rows_stop_the_run(bench, make_pact):
    rows = [make_pact(n, status="no" if n % 2 else "active") for n in range(60)]
    job = bench.job([rows[:30], rows[30:]])

    outcome = await bench.run(replace(job, limits=Limits(stop_after_bad=10)))

    assert (outcome.state, outcome.trouble.code) == ("stopped", "run.too_many_bad")
    assert bench.ask("SELECT paused_by FROM job_state") == [("hub",)]


async def test_F35_one_poison_record_stops_nothing(bench, make_pact):
    rows = [make_pact(n, status="no" if n == 777 else "active") for n in range(1000)]

    outcome = await bench.run(replace(bench.job([rows]), limits=Limits(stop_after_bad=0)))

    assert (outcome.state, outcome.balance.new, outcome.balance.quarantined) == ("done", 999, 1)


async def test_a_cancelled_run_gives_its_lease_back(bench, make_pact, make_batch):
    reached = asyncio.Event()

    async def pages(_after):
        yield make_batch([make_pact(1)])
        reached.set()
        await asyncio.Event().wait()

    running = asyncio.ensure_future(run_of(bench, pages))
    await reached.wait()
    running.cancel()

    with pytest.raises(asyncio.CancelledError):
        await running
    assert bench.ask("SELECT state FROM run") == [("cancelled",)]
    assert bench.ask("SELECT expires_at FROM lease") == [(0,)]


async def test_while_a_job_runs_it_does_not_run_again(bench, make_pact, make_batch):
    inside = []

    async def pages(_after):
        inside.append(await bench.take([make_pact(2)]))
        yield make_batch([make_pact(1)])

    await run_of(bench, pages)

    assert inside == [None]


async def test_F86_a_ledger_that_is_slower_than_the_source_lets_it_wait_a_few_pages_ahead(bench, make_pact, make_batch):
    far, ahead = threading.Event(), []

    async def hasty(_after):
        for number in range(1, 61):
            ahead.append(number - len(done.hits))
            if ahead[-1] > 4:
                far.set()
            yield make_batch([make_pact(number)], cursor={"n": number})

    def slow(_name):
        far.wait(0.3)  # a source that nobody holds up has read everything by then

    with armed("road.page_done", 1_000) as done, armed("road.bytes_kept", 20, slow):
        outcome = await run_of(bench, hasty)

    assert (outcome.state, outcome.balance.new) == ("done", 60)
    assert not far.is_set(), max(ahead)
    assert max(ahead) > 1, "the next page is on its way while the last one is written"
