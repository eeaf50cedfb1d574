"""Where a plugin's translate runs: the same result in both lanes, and a worker harms only its own run."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from dataclasses import replace

import pytest

from patto_hub.jobs import Limits
from patto_hub.road.lanes import lane
from patto_hub.road.translate import Translation, translate_rows
from patto_hub.road.worker import Worker, WorkerDied
from patto_schemas.model import Pact, Person

NAUGHTY = [
    b"{}",
    b"[]",
    b"null",
    b"",
    b"\xff\xfe",
    b'{"pact_id": "\\ud800"}',
    b'{"pact_id": 1e999}',
    b"[" * 100_000,
    b'{"pact_id": "P-1", "person_id": "X", "ambito": "FG/1", "scheme": "ReD_3", "status": "active", "n": NaN}',
]


def no_rules(_record):
    return ()


def fragile(row):
    return Pact(**row)


def leaves(_row):
    os._exit(7)


def prints(row):
    sys.stdout.write("something\n")
    sys.stdout.flush()
    return Pact(**row)


def sleeps(_row):
    threading.Event().wait()


def exits(_row):
    sys.exit(3)


def how(translate):
    return Translation(translate=translate, rules=no_rules, scope=None, key=b"k" * 32, partner="fg1")


@pytest.mark.parametrize("translate", [Pact, fragile], ids=["wire model", "function"])
async def test_both_lanes_give_the_same(make_pact, translate):
    rows = list(enumerate([*NAUGHTY, *(json.dumps(make_pact(n)).encode() for n in range(50)), make_pact(99)]))

    async with lane(how(translate), "worker") as other:
        there = await other(rows)

    assert there == translate_rows(how(translate), rows)
    assert len(there[0]) == len(rows)


async def test_F61_a_plugin_that_ends_its_process_ends_only_its_run(bench, make_pact):
    outcome = await bench.take([make_pact(1)], translate=leaves, isolation="worker")

    assert (outcome.state, outcome.trouble.code) == ("failed", "plugin.died")


async def test_F61_a_plugin_that_exits_in_a_worker_is_told_with_its_place(bench, make_pact):
    outcome = await bench.take([make_pact(1)], translate=exits, isolation="worker")

    assert (outcome.state, outcome.trouble.code) == ("failed", "plugin.bug")
    [(traceback,)] = bench.ask("SELECT traceback FROM run")
    assert "SystemExit" in traceback
    assert "exits" in traceback


@pytest.mark.parametrize("isolation", ["worker"])
async def test_F62_a_translate_that_never_returns_is_given_up(bench, make_pact, isolation):
    job = bench.job([[make_pact(1)]], sleeps, isolation=isolation)

    outcome = await bench.run(replace(job, limits=Limits(page_seconds=0.5)))

    assert (outcome.state, outcome.trouble.code) == ("failed", "plugin.stuck")


async def test_what_a_plugin_prints_does_not_disturb(bench, make_pact):
    outcome = await bench.take([make_pact(1)], translate=prints, isolation="worker")

    assert outcome.balance.new == 1


async def test_an_unknown_lane_is_refused_not_replaced(bench, make_pact):
    outcome = await bench.take([make_pact(1)], isolation="elsewhere")

    assert outcome.state == "failed"
    assert bench.ask("SELECT count(*) FROM head") == [(0,)]


async def test_what_cannot_travel_by_name_is_refused_not_run_inline(bench, make_pact):
    outcome = await bench.take([make_pact(1)], translate=lambda row: Pact(**row), isolation="worker")

    assert outcome.state == "failed"
    assert bench.ask("SELECT count(*) FROM head") == [(0,)]


def test_F08_a_worker_ends_when_the_hub_is_gone():
    worker = Worker(how(Person))
    worker._socket.close()

    assert worker._process.wait(20) == 0


def test_a_killed_worker_is_told_as_dead():
    worker = Worker(how(Person))
    os.kill(worker.pid, signal.SIGKILL)
    worker._process.wait(20)

    with pytest.raises(WorkerDied):
        worker.translate([(0, b"{}")])
    worker.close()
