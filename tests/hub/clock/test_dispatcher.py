from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
import structlog

from patto_connectors.errors import Refused, Unreachable
from patto_hub.balance import Balance
from patto_hub.clock.choice import Caps
from patto_hub.ledger import job_state, runs, slots, storage

MINUTE = 60.0
HOUR = 3600.0
DOWN = Unreachable("http.status", "the partner answers 503")


@pytest.fixture
def lines():
    with structlog.testing.capture_logs() as captured:
        yield captured


def events(lines, name):
    return [line for line in lines if line["event"] == name]


def claim(town, job, key="2027-05-01", ago=0):
    town.write(slots.claim, job, [(key, town.now() - ago)], town.now())


def test_F07_stopping_gives_leases_back_within_ten_seconds_and_the_slot_goes_on_later(town, lines):
    town.job(every_s=3600, catch_up="last")
    kept = []

    async def pages(run, ledger):
        for page in range(1000):
            await ledger.write(_keep_page, run, page)
            kept.append(page)
            await asyncio.sleep(1)

    town.script.then("foggia/pacts", pages)
    began = town.world.loop.time()

    town.live(20)

    assert town.world.loop.time() - began < 30
    assert town.sql("SELECT state FROM run") == [("cancelled",)]
    assert town.sql("SELECT count(*) FROM lease WHERE expires_at > 0") == [(0,)]
    assert town.sql("SELECT value FROM cursor") == [(json.dumps({"page": kept[-1]}),)]
    assert not events(lines, "run.broken")
    assert not town.world.loop.complaints

    town.live(20)

    assert [(made.slot_key, made.attempt) for made in town.script.made] == [
        ("2027-05-01T18:00:00Z", 1),
        ("2027-05-01T18:00:00Z", 2),
    ]
    assert town.sql("SELECT state FROM slot") == [("done",)]


def _keep_page(connection, run, page):
    runs.guard(connection, run)
    connection.exec_driver_sql(
        "INSERT INTO cursor (job, value, run_id, moved_at) VALUES (?, ?, ?, 0)"
        " ON CONFLICT (job) DO UPDATE SET value = excluded.value",
        (run.job, json.dumps({"page": page}), run.id),
    )


def test_F07_a_run_that_swallows_being_cancelled_is_left_behind_without_its_lease(town, lines):
    town.job(every_s=3600)
    refused = []

    async def stubborn(run, ledger):
        while True:
            try:
                await asyncio.sleep(100)
                await ledger.write(_keep_page, run, 1)
            except asyncio.CancelledError:
                continue
            except runs.Fenced:
                refused.append(run.id)
                raise

    town.script.then("foggia/pacts", stubborn)
    began = town.world.loop.time()

    town.live(20)

    assert town.world.loop.time() - began < 30
    assert events(lines, "run.abandoned")
    assert town.sql("SELECT state FROM run") == [("lost",)]
    assert town.sql("SELECT count(*) FROM lease WHERE expires_at > 0") == [(0,)]
    town.world.run(asyncio.sleep(200))
    assert refused == [1]


def test_F14_a_hub_that_stood_still_past_its_lease_cannot_write_any_more(town):
    town.job(every_s=3600)
    refused = []

    async def slow(run, ledger):
        await asyncio.sleep(600)
        try:
            await ledger.write(_keep_page, run, 1)
        except runs.Fenced as error:
            refused.append(str(error))
            raise

    town.script.then("foggia/pacts", slow)

    async def first_stands_still(first):
        await asyncio.sleep(5)
        first._running.clear()  # its heartbeats end, as those of a stopped process
        first._held["foggia/pacts"] = town.now() + 10_000_000
        await town.hub(town.dispatcher("second"))

    town.live(700, owner="first", meanwhile=first_stands_still)

    assert len(refused) == 1
    assert [(made.owner, made.attempt) for made in town.script.made][:2] == [("first", 1), ("second", 2)]
    assert town.sql("SELECT id, state FROM run ORDER BY id")[:2] == [(1, "lost"), (2, "done")]


def test_a_lease_that_could_not_be_given_back_runs_out_though_its_hub_lives(town):
    town.job()
    claim(town, "foggia/pacts")
    tries = []

    async def cannot_end(job, **named):  # its end could not be written, and each later try is under way at a beat
        tries.append(town.now())
        if len(tries) == 1:
            run = await named["ledger"].write(
                runs.start, job=job.name, partner_id=1, owner=named["owner"], reason="cli", now=town.now()
            )
            return runs.Outcome(run=run, state="failed", balance=Balance(), trouble=storage.full())
        await asyncio.sleep(15)
        return await town.script(job, **named)

    dispatcher = town.dispatcher()
    dispatcher.run = cannot_end

    async def life():
        async with asyncio.TaskGroup() as tasks:
            hub = tasks.create_task(town.hub(dispatcher))
            await asyncio.sleep(300)
            dispatcher.stop()
            await hub

    town.world.run(life())

    assert town.sql("SELECT state FROM run ORDER BY id")[:2] == [("lost",), ("done",)]


@pytest.mark.parametrize("jump", [timedelta(days=1), timedelta(days=-1)], ids=["forward", "back"])
def test_F53_a_clock_that_jumps_in_mid_run_costs_the_run_nothing(town, jump):
    town.job()
    claim(town, "foggia/pacts")
    town.script.then("foggia/pacts", 300)

    async def jumps(_):
        await asyncio.sleep(60)
        town.world.skew += jump

    town.live(400, meanwhile=jumps)

    assert [made.attempt for made in town.script.made] == [1]
    assert town.sql("SELECT state FROM run") == [("done",)]


def test_a_hub_that_was_killed_leaves_a_run_that_another_takes_up_within_a_minute(town):
    town.job(every_s=3600)
    claim(town, "foggia/pacts")
    dead = town.write(
        runs.start,
        job="foggia/pacts",
        partner_id=1,
        owner="killed",
        reason="schedule",
        now=town.now(),
        slot_key="2027-05-01",
    )

    town.live(60)

    assert [(made.attempt, made.reason, made.slot_key) for made in town.script.made[:1]] == [(2, "retry", "2027-05-01")]
    assert town.script.made[0].at - dead.started_at < 60_000


def test_a_run_that_kills_its_hub_again_and_again_comes_back_slower_each_time(town):
    town.job()
    claim(town, "foggia/pacts")
    starts = []

    async def killed(run, ledger):
        starts.append(town.now())
        hub._running.pop("foggia/pacts", None)
        await asyncio.sleep(3600)

    town.script.then("foggia/pacts", *[killed] * 6)
    hub = town.dispatcher()

    async def life():
        task = asyncio.ensure_future(town.hub(hub))
        await asyncio.sleep(20 * MINUTE)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    town.world.run(life())

    gaps = [later - earlier for earlier, later in pairwise(starts)]
    assert len(gaps) >= 4
    assert gaps == sorted(gaps)
    assert gaps[-1] > 2 * gaps[0]


def test_F45_retry_after_is_obeyed_and_frees_the_place_for_others(town):
    town.job()
    town.job("taranto/pacts")
    town.script.then("foggia/pacts", Unreachable("http.status", "429", retry_after=1800))
    claim(town, "foggia/pacts")
    claim(town, "taranto/pacts")

    town.live(HOUR, caps=Caps(parallel=1))

    foggia = [made.at for made in town.script.made if made.job == "foggia/pacts"]
    taranto = [made.at for made in town.script.made if made.job == "taranto/pacts"]
    assert 1_800_000 <= foggia[1] - foggia[0] < 1_800_000 + 61_000
    assert taranto[0] - foggia[0] < 2_000


@pytest.mark.parametrize("asked", [0, -5, None])
def test_F45_a_retry_after_that_asks_for_nothing_still_backs_off(town, asked):
    town.job()
    town.script.then("foggia/pacts", Unreachable("http.status", "429", retry_after=asked))
    claim(town, "foggia/pacts")

    town.live(HOUR)

    first, second = (made.at for made in town.script.made)
    assert 15_000 <= second - first < 20_000


def test_F45_ten_years_of_retry_after_are_six_hours(town):
    town.job()
    town.script.then("foggia/pacts", Unreachable("http.status", "429", retry_after=10 * 365 * 86400))
    claim(town, "foggia/pacts")

    town.live(7 * HOUR)

    first, second = (made.at for made in town.script.made)
    assert 6 * 3_600_000 <= second - first < 6 * 3_600_000 + 61_000


def test_F46_an_outage_is_probed_at_most_once_a_minute_and_said_twice(town, lines):
    town.job()
    town.job("foggia/persons")
    town.job("foggia/measures")
    for name in town.jobs:
        town.script.then(name, *[DOWN] * 12)
        claim(town, name)

    town.live(14 * HOUR)

    starts = sorted(made.at for made in town.script.made)
    opened = [made.at for made in town.script.made if made.attempt > job_state.OPEN_AFTER]
    assert len(opened) > 20
    assert all(later - earlier >= 60_000 for earlier, later in pairwise(sorted(opened)))
    assert max(sum(1 for start in starts if begin <= start < begin + HOUR * 1000) for begin in starts) < 25
    assert len(events(lines, "job.outage_started")) == len(events(lines, "job.outage_ended")) == 3
    assert town.sql("SELECT DISTINCT failures, circuit, not_before FROM job_state") == [(0, "closed", None)]
    assert town.sql("SELECT DISTINCT state FROM slot") == [("done",)]


def test_F46_an_outage_of_one_partner_delays_no_other(town):
    town.job()
    town.job("taranto/pacts", every_s=300)
    town.script.then("foggia/pacts", *[DOWN] * 50)
    claim(town, "foggia/pacts")

    town.live(2 * HOUR)

    taranto = [made.at for made in town.script.made if made.job == "taranto/pacts"]
    assert all(at % 300_000 < 2_000 for at in taranto[1:])
    assert len(taranto) >= 24


def test_a_refusal_waits_for_a_person_and_for_the_next_planned_run(town, lines):
    town.job()
    town.script.then("foggia/pacts", Refused("http.auth", "the key is not accepted"))
    claim(town, "foggia/pacts")

    town.live(2 * HOUR)

    assert len(town.script.made) == 1
    assert town.sql("SELECT state FROM slot") == [("done",)]
    assert [line["code"] for line in events(lines, "job.outage_started")] == ["http.auth"]


def test_F54_a_job_longer_than_its_period_neither_overlaps_nor_piles_up(town):
    town.job(every_s=600)
    town.script.then("foggia/pacts", *[1500] * 20)

    town.live(2 * HOUR + 60)

    assert set(town.script.at_once) == {1}
    starts = [made.at for made in town.script.made]
    assert all(later - earlier >= 1_500_000 for earlier, later in pairwise(starts))
    assert len(starts) == 5
    town.script.items.clear()
    town.live(30)
    assert len(town.script.made) == len(starts) + 1  # what was cancelled and what waited are one run
    assert town.sql("SELECT count(*) FROM slot WHERE state = 'skipped'")[0][0] >= 5


def test_F55_270_jobs_at_two_keep_the_caps_and_the_window(towns):
    with towns(datetime.fromisoformat("2027-05-02T01:58+02:00")) as town:
        for ambito in range(45):
            for kind in range(6):
                town.job(f"ambito-{ambito}/kind-{kind}", cron="0 2 * * *", jitter_s=1800, catch_up="none")
                town.script.then(f"ambito-{ambito}/kind-{kind}", 20)
        per_partner = {}

        town.live(HOUR, caps=Caps(parallel=8, per_partner=2))

        assert len(town.script.made) == 270
        assert max(town.script.at_once) <= 8
        for made in town.script.made:
            per_partner.setdefault(made.job.partition("/")[0], []).append(made.at)
        assert all(
            later - earlier >= 20_000
            for starts in per_partner.values()
            for earlier, later in zip(starts, starts[2:], strict=False)
        )
        last = max(made.at for made in town.script.made)
        assert last < town.place.instant(datetime(2027, 5, 2, 2, 35))  # noqa: DTZ001 - wall clock


def test_run_now_goes_past_back_off_but_not_past_a_pause(town):
    town.job()
    claim(town, "foggia/pacts")
    town.script.then("foggia/pacts", Unreachable("http.status", "503", retry_after=5 * 3600))

    async def staff(hub):
        await asyncio.sleep(60)
        town.write(job_state.pause, "foggia/pacts", by="Anna", reason="migrazione", now=town.now())
        town.write(job_state.request_run, "foggia/pacts", by="Anna", now=town.now())
        await asyncio.sleep(10 * MINUTE)
        assert len(town.script.made) == 1
        town.write(job_state.resume, "foggia/pacts")
        hub.wake()

    town.live(20 * MINUTE, meanwhile=staff)

    assert [made.reason for made in town.script.made] == ["schedule", "staff:Anna"]
    assert town.sql("SELECT requested_at FROM job_state") == [(None,)]


def test_F46_what_a_partner_hands_in_is_tried_again_after_the_back_off_and_no_sooner_for_more_of_it(town):
    town.job()
    down = Unreachable("http.status", "503", retry_after=1800)
    town.script.then("foggia/pacts", down)
    town.write(job_state.request_run, "foggia/pacts", by="push", now=town.now())

    async def more(hub):
        for _ in range(5):
            await asyncio.sleep(MINUTE)
            town.write(job_state.request_run, "foggia/pacts", by="push", now=town.now())
            hub.wake()

    town.live(HOUR, meanwhile=more)

    first, second = (made for made in town.script.made)
    assert (first.reason, second.reason) == ("push", "push")
    assert 1_800_000 <= second.at - first.at < 1_800_000 + 61_000
    assert town.sql("SELECT requested_at FROM job_state") == [(None,)]


def test_a_pause_with_an_end_is_over_by_itself_and_drops_nothing(town):
    town.job(every_s=600)
    town.write(job_state.pause, "foggia/pacts", by="Anna", reason="ferie", now=town.now(), until=town.now() + 3_600_000)

    town.live(HOUR + 30)

    assert [made.slot_key for made in town.script.made] == ["2027-05-01T19:00:00Z"]


def test_what_a_person_asked_for_is_made_again_when_the_hub_was_stopped_over_it(town):
    town.job()
    town.write(job_state.request_run, "foggia/pacts", by="Anna", now=town.now())
    town.script.then("foggia/pacts", 3600)

    town.live(30)
    town.live(30)

    assert [made.reason for made in town.script.made] == ["staff:Anna", "staff:Anna"]


@pytest.mark.parametrize("error", [KeyError("Mario Rossi RSSMRA80A01D643X"), SystemExit(3)], ids=["bug", "exit"])
def test_a_bug_in_one_job_ends_its_run_and_no_other_and_its_words_are_not_logged(town, lines, error):
    town.job()
    town.job("taranto/pacts", every_s=60)
    town.script.then("foggia/pacts", error)
    claim(town, "foggia/pacts")

    town.live(10 * MINUTE)

    assert len([made for made in town.script.made if made.job == "taranto/pacts"]) >= 10
    state, traceback = town.sql("SELECT state, traceback FROM run WHERE job = 'foggia/pacts'")[0]
    assert state == "failed"
    assert "conftest.py" in traceback
    assert "RSSMRA80A01D643X" not in traceback + json.dumps(lines, default=str)


def test_F11_a_run_that_met_a_full_disk_is_made_again_and_its_partner_is_not_blamed(town, lines):
    town.job()
    claim(town, "foggia/pacts")
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorname = "SQLITE_FULL"
    town.script.then("foggia/pacts", full)

    town.live(5 * MINUTE)

    assert [made.attempt for made in town.script.made] == [1, 2]
    assert town.sql("SELECT state, trouble_code FROM run") == [("failed", "storage.full"), ("done", None)]
    assert not events(lines, "job.outage_started")


def test_F13_a_locked_ledger_delays_runs_loses_none_and_is_still_read(town, lines):
    town.job()
    claim(town, "foggia/pacts")
    path = town.sql("SELECT file FROM pragma_database_list WHERE name = 'main'")[0][0]
    read = []

    async def lock(_):
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            await asyncio.sleep(30)
            read.append(await town.ledger.read(job_state.get, "foggia/pacts"))
            other.execute("ROLLBACK")
            await asyncio.sleep(MINUTE)

    async def locked_in_mid_run(run, ledger):
        await lock(None)

    town.script.then("foggia/pacts", locked_in_mid_run)

    town.live(5 * MINUTE, meanwhile=lock)

    assert len(read) == 2
    assert town.sql("SELECT state FROM slot") == [("done",)]
    assert town.sql("SELECT state FROM run ORDER BY id DESC LIMIT 1") == [("done",)]
    assert len(events(lines, "ledger.not_writable")) == len(events(lines, "ledger.writable_again")) >= 1
    assert not events(lines, "job.outage_started")


def test_no_run_is_started_while_the_disk_has_no_room(town, lines):
    town.job()
    claim(town, "foggia/pacts")
    rooms = [DOWN, DOWN, DOWN, None]

    town.live(5 * MINUTE, room=lambda: rooms.pop(0) if len(rooms) > 1 else rooms[0])

    assert len(town.script.made) == 1
    assert town.script.made[0].at >= town.sql("SELECT claimed_at FROM slot")[0][0] + 45_000
    assert [line["event"] for line in lines if line["event"].startswith("storage")] == [
        "storage.low",
        "storage.room_again",
    ]


def test_slots_of_a_job_that_is_no_longer_configured_disturb_nobody(town):
    town.job()
    claim(town, "bari/pacts")
    claim(town, "foggia/pacts")

    town.live(60)

    assert [made.job for made in town.script.made] == ["foggia/pacts"]


def test_one_run_from_the_command_line_keeps_its_lease_alive(town):
    job = town.job()
    town.script.then("foggia/pacts", 300)
    command = town.dispatcher("command")

    async def beside(_):
        await asyncio.sleep(1)
        return await command.once(job, "cli")

    outcome = []

    async def meanwhile(hub):
        outcome.append(await beside(hub))

    town.live(400, meanwhile=meanwhile)

    assert [each.state for each in outcome] == ["done"]
    assert town.sql("SELECT state, reason FROM run") == [("done", "cli")]


def test_a_second_run_of_the_same_job_is_turned_away(town):
    job = town.job()
    town.script.then("foggia/pacts", 300)

    async def both():
        first = asyncio.ensure_future(town.dispatcher("one").once(job, "cli"))
        await asyncio.sleep(10)
        second = await town.dispatcher("two").once(job, "cli")
        return await first, second

    first, second = town.world.run(both())

    assert first.state == "done"
    assert second is None
