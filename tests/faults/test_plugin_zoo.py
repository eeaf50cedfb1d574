"""F60 to F66: plugins that misbehave in every way, beside two that work: nothing of theirs is delayed or spoilt."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections import Counter
from dataclasses import dataclass, field

import pytest
import structlog

from patto_connectors.ports import WORLD
from patto_connectors.testing.simulation import SimulatedWorld
from patto_hub.clock.calendar import Place
from patto_hub.clock.dispatcher import InProcess
from patto_hub.clock.schedule import Schedule
from patto_hub.clock.ticking import Clock
from patto_hub.jobs import Job, Limits
from patto_hub.ledger import partners, store, upgrade
from patto_hub.observe.watchdog import watched_loop
from patto_hub.road import runner
from patto_hub.testing import invariants, zoo
from patto_hub.testing.mortal import Life, open_mortal

NEIGHBOURS = ("good/good", "better/good")
MINUTES = 4
START_WITHIN_MS = 2_000
CANARY = "RSSMRA80A01H501U"


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    path = tmp_path_factory.mktemp("zoo") / "template.db"
    upgrade.upgrade(path)
    return path


@dataclass
class Day:
    """What the ledger says after some minutes with an animal."""

    runs: list
    slots: list
    notes: dict
    wrong: list
    text: str
    tasks_left: int = 0
    events: Counter = field(default_factory=Counter)

    def of(self, job):
        return [run for run in self.runs if run.job == job]


def job(partner, number, connector, **more):
    return Job(
        name=f"{partner}/{connector.name}",
        partner=partner,
        partner_id=number,
        plugin=partner,
        connector=connector,
        settings=zoo.Nothing(),
        schedule=Schedule(every_s=30.0),
        limits=Limits(seconds=120.0, page_seconds=20.0, pages=200, records=1_000),
        **more,
    )


def jobs_of(ledger, connector, **more):
    made = {}
    for partner, each in (("zoo", connector), ("good", zoo.GOOD), ("better", zoo.GOOD)):
        number = ledger.write_now(partners.register, name=partner, plugin=partner)
        one = job(partner, number, each, **(more if partner == "zoo" else {}))
        made[one.name] = one
    return made


def look(ledger):
    with ledger.engine.connect() as connection:
        ask = connection.exec_driver_sql
        notes = ask("SELECT partner.name, count(*) FROM head JOIN partner ON partner.id = partner_id GROUP BY 1")
        return Day(
            runs=ask("SELECT * FROM run ORDER BY id").all(),
            slots=ask("SELECT * FROM slot ORDER BY due_at").all(),
            notes=dict(notes.all()),
            wrong=[each for each in invariants.everything(connection) if not each.startswith("I5: no change")],
            text=json.dumps([list(row) for row in ask("SELECT trouble_detail, trouble_hint, traceback FROM run")]),
        )


def spend_a_day(name, template, folder):
    """Let an animal and its neighbours run on a plan for some virtual minutes."""
    path = folder / "ledger.db"
    shutil.copy(template, path)

    async def serve(world):
        ledger = open_mortal(path, Life())
        jobs = jobs_of(ledger, zoo.ZOO[name])
        hub = InProcess(ledger=ledger, world=world.ports(), jobs=jobs, run=runner.run, owner="hub")
        clock = Clock(ledger=ledger, world=world.ports(), jobs=jobs, place=Place(), wake=hub.wake)
        begun = world.ports().milliseconds()
        serving = asyncio.ensure_future(hub.serve())
        for _ in range(MINUTES * 60):
            await clock.compare(jobs, begun)
            await asyncio.sleep(1)
        hub.stop()
        await asyncio.wait({serving}, timeout=30)
        assert serving.done()
        await serving
        day = look(ledger)
        ledger.engine.dispose()
        return day

    with structlog.testing.capture_logs() as log, SimulatedWorld(name) as world:
        before = len(world.loop.tasks_of("world"))
        day = world.run(serve(world))
        day.tasks_left = len(world.loop.tasks_of("world")) - before
    day.events = Counter(line["event"] for line in log)
    return day


BUG, SLOW, KEPT, NOTHING = "plugin.bug", "page.timeout", 10, 0
EXPECTED = {  # animal: fault, the runs' trouble, records that are kept in spite of it
    "raises": ("F60", BUG, KEPT),
    "raises-outrage": ("F60", BUG, KEPT),
    "translate-raises": ("F60", BUG, NOTHING),
    "exits": ("F61", BUG, KEPT),
    "interrupts": ("F61", BUG, KEPT),
    "translate-exits": ("F61", BUG, NOTHING),
    "hangs": ("F62", SLOW, KEPT),
    "swallows": ("F63", "plugin.stuck", KEPT),
    "gives-no-batch": ("F66", BUG, KEPT),
    "gives-odd-rows": ("F66", BUG, KEPT),
    "never-ends": ("F66", "run.limit", 1_000),
    "is-empty-for-ever": ("F66", "source.endless", NOTHING),
    "translates-for-ever": ("F66", BUG, NOTHING),
    "translates-to-garbage": ("F66", BUG, NOTHING),
}


def check(fault, template, folder):
    """Let each animal of a fault loose and give what went wrong."""
    wrong = []
    for name, (its_fault, code, kept) in EXPECTED.items():
        if its_fault != fault:
            continue
        place = folder / name
        place.mkdir()
        day = spend_a_day(name, template, place)
        runs = day.of(f"zoo/{name}")
        wrong += [f"{name}: {each}" for each in day.wrong]
        if not runs or {run.trouble_code for run in runs if run.state != "cancelled"} != {code}:
            wrong.append(f"{name}: {[(run.state, run.trouble_code, run.trouble_detail) for run in runs]}")
        if any(run.state == "running" for run in runs):
            wrong.append(f"{name}: a run has no end")
        if day.notes.get("zoo", 0) != (kept * len(runs) if name == "never-ends" else kept):
            wrong.append(f"{name}: {day.notes.get('zoo', 0)} records are kept, not {kept}")
        if CANARY in day.text:
            wrong.append(f"{name}: the trouble quotes a person")
        wrong += [f"{name}: {each}" for each in neighbours(day)]
    return wrong


def neighbours(day):
    """Give what the animal has done to those beside it."""
    due = {(slot.job, slot.slot_key): slot.due_at for slot in day.slots}
    for name in NEIGHBOURS:
        runs = day.of(name)
        if len(runs) < MINUTES * 2 - 1:
            yield f"{name} has run only {len(runs)} times"
        for run in runs:
            late = run.started_at - due[run.job, run.slot_key]
            if run.id > 3 and late > START_WITHIN_MS:  # the first slots were due before the hub began
                yield f"{name} has started {late} ms late"
            if run.state not in ("done", "cancelled"):
                yield f"{name} ended {run.state}: {run.trouble_detail}"
    for partner in ("good", "better"):
        if day.notes.get(partner) != 30:
            yield f"{partner} has {day.notes.get(partner)} records"


def test_every_animal_of_the_zoo_is_let_loose():
    assert set(EXPECTED) | {"blocks", "leaks"} == set(zoo.ZOO)


def test_F60_a_plugin_that_raises_anything_fails_alone(template, tmp_path):
    assert check("F60", template, tmp_path) == []


def test_F61_a_plugin_that_exits_does_not_end_the_hub(template, tmp_path):
    assert check("F61", template, tmp_path) == []


def test_F62_a_plugin_that_hangs_is_ended_at_its_deadline(template, tmp_path):
    assert check("F62", template, tmp_path) == []


def test_F62_a_run_that_hangs_takes_no_longer_than_it_may(template, tmp_path):
    day = spend_a_day("hangs", template, tmp_path)

    assert all(run.finished_at - run.started_at < 25_000 for run in day.of("zoo/hangs"))


def test_F63_a_plugin_that_swallows_its_cancellation_is_abandoned(template, tmp_path):
    assert check("F63", template, tmp_path) == []


def test_F65_tasks_that_a_plugin_leaves_behind_are_ended_and_reported(template, tmp_path):
    day = spend_a_day("leaks", template, tmp_path)

    assert day.events["plugin.tasks_left"] == len(day.of("zoo/leaks"))
    assert day.tasks_left == 0
    assert day.notes["zoo"] == 20
    assert list(neighbours(day)) == []


def test_F66_a_plugin_that_gives_garbage_or_never_ends_is_stopped(template, tmp_path):
    assert check("F66", template, tmp_path) == []


@pytest.fixture
async def ledger(template, tmp_path):
    path = tmp_path / "ledger.db"
    shutil.copy(template, path)
    async with store.opened(path) as opened:
        yield opened


async def test_F61_a_plugin_that_ends_its_process_ends_only_its_worker(ledger):
    jobs = jobs_of(ledger, zoo.DIES, isolation="worker")
    hub = InProcess(ledger=ledger, world=WORLD.get(), jobs=jobs, run=runner.run, owner="hub")

    outcomes = {name: await hub.once(each, "cli") for name, each in jobs.items()}

    assert outcomes["zoo/dies"].state == "failed"
    assert outcomes["zoo/dies"].trouble.code == "plugin.died"
    assert [outcomes[name].balance.new for name in NEIGHBOURS] == [30, 30]
    assert look(ledger).wrong == []


async def test_F64_a_plugin_that_blocks_the_loop_is_named_with_its_line(ledger, root):
    jobs = jobs_of(ledger, zoo.ZOO["blocks"])
    hub = InProcess(ledger=ledger, world=WORLD.get(), jobs=jobs, run=runner.run, owner="hub")
    reports = []

    async with watched_loop(
        {"zoo": str(root / "hub/patto_hub/testing")}, reports.append, monotonic=WORLD.get().monotonic
    ):
        outcomes = await asyncio.gather(*(hub.once(each, "cli") for each in jobs.values()))

    assert [outcome.state for outcome in outcomes] == ["done"] * 3
    assert reports[0].plugin == "zoo"
    assert "zoo.py" in reports[0].place
    assert "blocks" in reports[0].place
    assert reports[0].seconds < zoo.BLOCKED_SECONDS, "it was named while it still held the loop"
