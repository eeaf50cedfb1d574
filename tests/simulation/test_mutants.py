"""Planted bugs, each put in at one seam: the suite's own worlds must find every one, and pass without it.

A net that catches nothing proves nothing. The bugs are those that such systems really ship.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest
from aiohttp import web

from patto_connectors.rest import endless, source
from patto_connectors.testing.simulation import CALM, SimulatedWorld, Weather
from patto_connectors.testing.simulation_partner import HONEST
from patto_hub.clock.dispatcher import InProcess
from patto_hub.ledger import cursors, partners, runs, store
from patto_hub.road import record as page_record
from patto_hub.road import runner
from patto_hub.road.record import record
from patto_hub.testing import district, invariants, worlds
from patto_hub.testing.mortal import Life, open_mortal
from patto_hub.testing.scripts import draw
from patto_hub.testing.worlds import play
from patto_schemas.model.pact import Pact

SEEDS = range(2_000, 2_010)
SLOW = Weather(latency=(0.05, 1.5))
"""Runs take long enough for something to happen in the middle of them."""


def problems(scripts, template, stage, *, enough=1):
    """Play worlds until `enough` of them are wrong; give what was found."""
    found = []
    for script in scripts:
        wrong = play(script, template, stage).problems
        found.extend([wrong] if wrong else [])
        if len(found) >= enough:
            break
    return found


def cursor_first(monkeypatch):
    """The cursor moves in a transaction of its own, before the records."""
    write = runner._write

    async def mutant(going, page):
        if page.batch.cursor is not None:
            await going.ledger.write(cursors.move, going.run, page.batch.cursor, going.world.milliseconds())
        return await write(going, page)

    monkeypatch.setattr(runner, "_write", mutant)


def no_fencing(monkeypatch):
    """Commits do not ask whether the lease is still held."""
    monkeypatch.setattr(runs, "guard", lambda connection, run: None)


def acknowledged_before_commit(monkeypatch):
    """A page counts as kept when its statements have run; the commit comes half a second later."""

    async def mutant(going, page):
        done = []

        def rehearse(connection, *args):
            done.append(record(connection, *args))
            raise InterruptedError

        async def commit():
            await going.world.sleep(0.5)
            try:
                await going.ledger.write(record, going.writing, page, going.world.milliseconds())
            except runs.Fenced:
                return

        try:
            await going.ledger.write(rehearse, going.writing, page, going.world.milliseconds())
        except InterruptedError:
            asyncio.get_running_loop().create_task(commit())
            return done[0]
        except Exception as error:  # noqa: BLE001 - as the road does
            return error

    monkeypatch.setattr(runner, "_write", mutant)


def no_overlap(monkeypatch):
    """The next run asks from the highest mark itself."""
    ask_from = source.ask_from
    monkeypatch.setattr(source, "ask_from", lambda mark, since: ask_from(mark, since.model_copy(update={"overlap": 0})))


def a_record_falls_off(monkeypatch):
    """The first record of each page is forgotten on its way to its place."""
    place = page_record.place
    monkeypatch.setattr(page_record, "place", lambda ground, candidates: place(ground, list(candidates)[1:]))


def consent_forgotten(monkeypatch):
    """Whoever a pact names is told, whether or not the person has agreed."""

    def organisations(pact):
        return (pact.lead, *(consent.organisation for consent in pact.consents))

    monkeypatch.setattr(Pact, "organisations", organisations)
    monkeypatch.setattr(Pact, "allows", lambda pact: tuple((name, True) for name in organisations(pact)))


MUTANTS = {
    cursor_first: ([replace(draw(seed), ways=("point", "step"), ends=4) for seed in SEEDS], "I2"),
    no_fencing: (
        [replace(draw(seed), ways=("freeze",), hubs=2, by_offset=False, size=3, weather=SLOW) for seed in SEEDS],
        "I6",
    ),
    acknowledged_before_commit: ([replace(draw(seed), ways=("step", "point")) for seed in SEEDS], "was said to be"),
    a_record_falls_off: ([draw(seed) for seed in SEEDS], "I1: run"),
    consent_forgotten: ([draw(seed) for seed in SEEDS], "without a right"),
    no_overlap: ([replace(draw(seed), changes=60) for seed in SEEDS], "I1"),
}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_the_planted_bug_is_caught(mutant, monkeypatch, template, stage):
    scripts, sign = MUTANTS[mutant]
    mutant(monkeypatch)

    found = problems(scripts, template, stage)

    assert any(sign in problem for wrong in found for problem in wrong), found


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_without_the_bug_the_same_worlds_are_right(mutant, template, stage):
    scripts, _ = MUTANTS[mutant]

    assert problems(scripts, template, stage) == []


class Circle:
    """A partner whose cursors go A, B, A, B ..., with rows that look new each time."""

    def __init__(self):
        self.requests = 0

    async def page(self, request):
        self.requests += 1
        following = "B" if request.query.get("cursor") == "A" else "A"
        row = {"pact_id": f"P-{self.requests}", "person_id": "1", "person_scheme": "local", "ambito": "FG/1"}
        row |= {"scheme": "ReD_3", "status": "active", "revision": 1, "modified_at": "2027-01-01T00:00:00Z"}
        return web.json_response({"items": [row], "next_cursor": following})


def read_in_a_circle(template, stage):
    """Read that partner once; gives how often it was asked, and what is wrong."""
    path = stage / "circle.db"
    shutil.copy(template, path)
    circle = Circle()

    async def read(world):
        app = web.Application()
        app.router.add_get("/pact", circle.page)
        address = await world.network.serve(app, 8001)
        ledger = open_mortal(path, Life())
        number = ledger.write_now(partners.register, name="district", plugin="simulated")
        job = district.jobs(dict.fromkeys(district.ORGANISATIONS, number), address, size=1)["district/pact"]
        hub = InProcess(ledger=ledger, world=world.ports(), jobs={}, run=runner.run, owner="hub")
        outcome = await hub.once(job, "cli")
        wrong = ledger.read_now(invariants.everything)
        ledger.engine.dispose()
        if outcome.trouble is None or outcome.trouble.code != "paging.endless":
            wrong.append(f"the circle was not seen: {outcome}")
        if circle.requests > 4:
            wrong.append(f"the partner was asked {circle.requests} times for two pages")
        return wrong

    with SimulatedWorld(1) as world:
        return world.run(read(world))


def test_F40_a_circle_of_pages_is_seen_when_it_closes(template, stage):
    assert read_in_a_circle(template, stage) == []


def test_a_guard_that_looks_at_neighbours_only_is_caught(monkeypatch, template, stage):
    def ask(self, step):
        self._asked = {endless._digest(step)}

    monkeypatch.setattr(endless.Guard, "ask", ask)

    assert read_in_a_circle(template, stage) != []


@pytest.fixture
def power_cuts(tape, monkeypatch, template, stage):
    """Sync a district, then play the same SQL on disks that lose power; gives seeds and what was wrong there."""

    def opened(path, life):
        ledger = open_mortal(path, life)
        tape.record(ledger.engine)
        return ledger

    def cut(worlds_to_play):
        monkeypatch.setattr(worlds, "open_mortal", opened)
        script = replace(draw(1), ends=0, hubs=1, lies=HONEST, weather=CALM, seconds=20, changes=5)
        assert play(script, template, stage).problems == []
        found = {}
        for seed in range(worlds_to_play):
            path = stage / f"cut-{seed}.db"
            shutil.copy(template, path)
            confirmed = tape.play(path, random.Random(seed), "SELECT count(*) FROM record_version")
            wrong = after_power_returns(path, confirmed or 0)
            if wrong:
                found[seed] = wrong
        return found

    return cut


def after_power_returns(path, confirmed):
    try:
        with closing(sqlite3.connect(path)) as connection:
            kept = connection.execute("SELECT count(*) FROM record_version").fetchone()[0]
            check = connection.execute("PRAGMA quick_check").fetchone()[0]
    except sqlite3.DatabaseError as error:
        return [f"the ledger does not open: {error}"]
    if check != "ok":
        return [f"the ledger is damaged: {check}"]
    wrong = [f"{confirmed - kept} confirmed versions are lost"] if kept < confirmed else []
    engine = store.make_engine(path)
    with engine.connect() as connection:
        wrong += [each for each in invariants.everything(connection) if not each.startswith("I5: no change")]
    engine.dispose()
    return wrong


def test_F10_a_power_cut_in_the_middle_of_a_sync_loses_nothing_confirmed(power_cuts):
    assert power_cuts(25) == {}


def test_synchronous_normal_is_caught(monkeypatch, power_cuts):
    prepare = store._prepare

    def mutant(connection, pooled):
        prepare(connection, pooled)
        connection.execute("PRAGMA synchronous=NORMAL")

    monkeypatch.setattr(store, "_prepare", mutant)

    found = power_cuts(25)

    assert any("confirmed versions are lost" in problem for wrong in found.values() for problem in wrong)
