from __future__ import annotations

import asyncio
from dataclasses import replace

import structlog

from patto_connectors.errors import Refused
from patto_hub.balance import Balance
from patto_hub.clock import watch
from patto_hub.clock.schedule import Schedule
from patto_hub.ledger import runs

HOUR = 3600.0


def test_a_job_that_does_not_run_at_all_is_said_late_once_and_back_once(town):
    town.job(every_s=600, expected_within_s=1800)
    seen = []

    async def watching(_):
        await watch.watch(town.ledger, town.world.ports(), town.jobs, town.place, seen.append)

    with structlog.testing.capture_logs() as lines:
        town.live(HOUR, meanwhile=watching)
        town.world.run(asyncio.wait_for(_an_hour_of(watching), 2 * HOUR))
        town.live(HOUR, meanwhile=watching)

    told = [(line["event"], line["state"]) for line in lines if line["event"].startswith("job.")]
    assert told == [("job.not_fresh", "late"), ("job.not_fresh", "late"), ("job.fresh_again", "on_time")]
    assert len(seen) >= 175


async def _an_hour_of(watching):
    try:
        await asyncio.wait_for(watching(None), HOUR)
    except TimeoutError:
        return


def test_trouble_is_shown_with_its_words(town):
    town.job(every_s=600)
    town.script.then("foggia/pacts", *[Refused("http.auth", "the key is not accepted", hint="ask for a new key")] * 9)
    town.live(HOUR)

    (found,) = town.world.run(watch.look(town.ledger, town.world.ports(), town.jobs, town.place)).values()

    assert (found.state, found.reason, found.hint) == ("failing", "http.auth", "ask for a new key")


def test_no_volume_is_usual_of_what_is_handed_in_or_handed_over_or_read_every_minute(town):
    town.job(every_s=600)
    (job,) = town.jobs.values()
    for now in range(5):
        run = town.ledger.write_now(
            runs.start, job=job.name, partner_id=job.partner_id, owner="test", reason="cli", now=now
        )
        town.ledger.write_now(runs.add, run, Balance(read=9, new=9))
        town.ledger.write_now(runs.finish, run, "done", now)
    fetched = replace(job, connector=replace(job.connector, source=lambda _: None))
    often = replace(fetched, schedule=Schedule(every_s=60))
    handed_in = replace(job, connector=replace(job.connector, door=lambda _: None))
    handed_over = replace(job, connector=replace(job.connector, source=None, sink=lambda _: None))

    def volume(job):
        (found,) = town.world.run(watch.look(town.ledger, town.world.ports(), {job.name: job}, town.place)).values()
        return found.volume

    assert [volume(each) for each in (fetched, often, handed_in, handed_over)] == ["normal", *["unknown"] * 3]
