"""Faults on the way from a partner's page into the ledger: disks that fail, poison, drift, disorder, disappearance."""

from __future__ import annotations

import itertools
import json
import random
import shutil
import sqlite3
from dataclasses import replace
from typing import ClassVar

import pytest
import structlog

from patto_connectors.contract import Batch
from patto_connectors.testing.simulation import CALM, SimulatedWorld
from patto_connectors.testing.simulation_partner import HONEST
from patto_hub.clock.dispatcher import InProcess
from patto_hub.clock.schedule import Schedule
from patto_hub.failpoints import armed
from patto_hub.jobs import Job, Limits
from patto_hub.ledger import partners, quarantine, upgrade
from patto_hub.road import replay, runner
from patto_hub.testing import invariants, worlds, zoo
from patto_hub.testing.district import DistrictMeasure, DistrictPact
from patto_hub.testing.mortal import Life, open_mortal
from patto_hub.testing.scripts import draw
from patto_schemas.model.base import Entity, Name
from patto_schemas.model.wire import wire


class Note(Entity):
    kind: ClassVar[str] = "note"
    key_field: ClassVar[str] = "note_id"

    note_id: str
    text: str
    pages: int = 0


class WireNote(Note):
    model_config = wire(Note)


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    path = tmp_path_factory.mktemp("road") / "template.db"
    upgrade.upgrade(path)
    return path


@pytest.fixture(autouse=True)
def log():
    with structlog.testing.capture_logs() as lines:
        yield lines


class Bench:
    """A ledger in a simulated world, and runs of a job over pages in memory."""

    def __init__(self, world, path):
        self.world = world
        self.ledger = open_mortal(path, Life())
        self.number = self.ledger.write_now(
            partners.register, name="p", plugin="test", organisation=Name("ambito", "FG/1")
        )
        self.reads = self.hubs = 0

    def job(self, pages, translate=WireNote, **limits):
        async def read(after):
            self.reads += 1
            for number, rows in enumerate(pages[(after or {}).get("next", 0) :], (after or {}).get("next", 0) + 1):
                raw = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
                yield Batch(rows=raw, content=b"[" + b",".join(raw) + b"]", name="", cursor={"next": number})

        return Job(
            name="p/notes",
            partner="p",
            partner_id=self.number,
            plugin="test",
            connector=replace(zoo.connector("notes", read, translate), kinds=()),
            settings=zoo.Nothing(),
            schedule=Schedule(),
            limits=Limits(**limits),
        )

    def run(self, pages, **more):
        job = self.job(pages, **more)
        self.hubs += 1  # each is a process of its own, as on the command line
        hub = InProcess(ledger=self.ledger, world=self.world.ports(), jobs={}, run=runner.run, owner=f"hub{self.hubs}")
        return self.world.run(hub.once(job, "cli"))

    def replay(self, **more):
        return self.world.run(
            replay.replay(self.job([], **more), ledger=self.ledger, world=self.world.ports(), owner="hub")
        )

    def ask(self, question):
        with self.ledger.engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(question)]

    def wrong(self):
        return self.ledger.read_now(invariants.everything)

    def current(self):
        rows = self.ask(
            "SELECT key, payload FROM head JOIN record_version v ON v.id = head.version_id WHERE head.tombstone = 0"
        )
        return {key: json.loads(payload)["text"] for key, payload in rows}


@pytest.fixture
def bench(template, tmp_path):
    path = tmp_path / "ledger.db"
    shutil.copy(template, path)
    with SimulatedWorld("bench") as world:
        made = Bench(world, path)
        yield made
        made.ledger.engine.dispose()


def note(number, text="x", **more):
    return {"note_id": f"N-{number}", "text": text, "revision": 1, **more}


PAGES = [[note(number) for number in range(start, start + 10)] for start in (0, 10, 20)]


def disk_error(_point):
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = "SQLITE_IOERR_FSYNC"
    raise error


@pytest.mark.parametrize("point", ["ledger.before_commit", "ledger.after_commit"])
@pytest.mark.parametrize("nth", range(1, 9))
def test_F12_after_an_error_of_the_disk_the_next_run_is_whole(bench, point, nth):
    with armed(point, nth, disk_error):
        try:
            first = bench.run(PAGES)
        except sqlite3.OperationalError:
            first = None
    bench.world.loop.run_until_complete(bench.world.ports().sleep(60))
    second = bench.run(PAGES)

    assert first is None or first.state == "done" or first.trouble.code == "storage.io"
    assert second.state == "done"
    assert len(bench.current()) == 30
    assert bench.ask("SELECT count(*) FROM record_version") == [(30,)]
    assert bench.wrong() == []


def test_F12_a_commit_that_was_done_and_reported_as_failed_is_not_repeated(template, tmp_path):
    scripts = [replace(draw(seed), ways=("error",), ends=6, hubs=1, weather=CALM, lies=HONEST) for seed in range(6)]
    verdicts = [worlds.play(script, template, tmp_path) for script in scripts]

    assert [verdict.problems for verdict in verdicts] == [[]] * 6
    assert sum(verdict.faults["planted error"] for verdict in verdicts) > 0


def test_F35_one_poison_record_in_thousands_is_set_aside_with_its_bytes(bench):
    rows = [note(number) for number in range(4_000)]
    place = random.Random(35).randrange(4_000)
    rows[place] = {**rows[place], "text": None, "pages": "molte"}
    pages = [rows[start : start + 500] for start in range(0, 4_000, 500)]

    outcome = bench.run(pages)

    assert (outcome.state, outcome.balance.new, outcome.balance.quarantined) == ("done", 3_999, 1)
    [(position, row, issues)] = bench.ask("SELECT position, row, issues FROM quarantine")
    assert position == f"$[{place % 500}]"
    assert json.loads(row) == rows[place]
    assert {issue["where"] for issue in json.loads(issues)} == {"/text", "/pages"}
    assert bench.wrong() == []


def test_F35_a_flood_of_poison_stops_the_run_and_keeps_what_was_good(bench):
    pages = [
        [note(number, text=None if number % 4 else "x") for number in range(n, n + 100)] for n in range(0, 900, 100)
    ]

    outcome = bench.run(pages, stop_after_bad=200)

    assert (outcome.state, outcome.trouble.code) == ("stopped", "run.too_many_bad")
    assert len(bench.current()) == outcome.balance.new == 75
    assert bench.ask("SELECT read, new, quarantined FROM run") == [(300, 75, 225)]
    assert outcome.balance.read == 300
    assert bench.wrong() == []


def test_F36_a_new_field_in_the_middle_of_a_run_is_kept_and_noted_once(bench):
    later = [{**row, "priorita": 3} for row in PAGES[1]]

    outcome = bench.run([PAGES[0], later, PAGES[2]])

    assert (outcome.state, outcome.balance.new) == ("done", 30)
    assert bench.ask("SELECT field, what, times FROM drift") == [("/priorita", "added", 10)]
    assert bench.ask("SELECT count(*) FROM record_version WHERE extra = '{\"/priorita\":3}'") == [(10,)]


def mended(row):
    return Note(note_id=row["note_id"], text=row.get("testo", row.get("text")), revision=row["revision"])


@pytest.mark.parametrize("change", ["missing", "retyped"])
def test_F37_after_the_mapping_is_mended_a_replay_restores_all_without_the_partner(bench, change):
    broken = [{**row, "text": ["a"]} if change == "retyped" else {**row} for row in PAGES[1]]
    for row in broken:
        if change == "missing":
            row["testo"] = row.pop("text")
    outcome = bench.run([PAGES[0], broken, PAGES[2]])
    noted = bench.ask("SELECT field, what, times FROM drift")
    reads = bench.reads

    def read_right(row):
        return mended(row if change == "missing" else {**row, "text": "".join(row["text"])})

    again = bench.replay(translate=read_right)

    assert (outcome.state, outcome.balance.new, outcome.balance.quarantined) == ("done", 20, 10)
    assert ("/text", change, 10) in noted
    assert again.balance.new == 10
    assert bench.reads == reads, "the partner was asked again"
    assert len(bench.current()) == 30
    assert bench.ledger.read_now(quarantine.open_entries, job="p/notes", after=0, limit=100) == []
    assert bench.wrong() == []


VERSIONS = [note(0, f"version {number}", revision=number) for number in (1, 2, 3, 4)]


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))), ids=lambda order: "".join(map(str, order)))
def test_F42_whatever_the_order_of_arrival_the_newest_version_is_in_force(bench, order):
    chance = random.Random(str(order))
    arriving = [VERSIONS[number] for number in order]
    arriving.insert(chance.randrange(5), chance.choice(VERSIONS))
    cut = chance.randrange(len(arriving) + 1)

    outcome = bench.run([page for page in (arriving[:cut], arriving[cut:]) if page])

    assert outcome.balance.closes
    assert bench.current() == {"N-0": "version 4"}
    assert bench.ask("SELECT count(*), count(DISTINCT digest) FROM record_version") == [(4, 4)]
    assert bench.wrong() == []


def test_F42_the_last_one_counts_where_versions_have_no_number(bench):
    rows = [{"note_id": "N-0", "text": text} for text in "abab"]

    bench.run([[row] for row in rows])

    assert bench.current() == {"N-0": "b"}
    assert bench.ask("SELECT count(*) FROM record_version") == [(4,)]
    assert bench.wrong() == []


def either(row):
    return (DistrictMeasure if "measure_id" in row else DistrictPact).model_validate(row)


def test_F42_of_two_that_waited_together_the_later_one_counts(bench):
    pact = {"pact_id": "P-1", "person_id": "1", "person_scheme": "local", "ambito": "FG/1", "scheme": "ReD_3"}
    measure = {"measure_id": "M-1", "pact_id": "P-1", "type": "social_service", "activity_code": "A06", "revision": 1}
    first, second = ({**measure, "proposed_on": "2014-01-10", "description": text} for text in ("first", "second"))

    outcome = bench.run([[first], [second], [{**pact, "status": "active"}]], translate=either)

    assert (outcome.balance.parked, outcome.balance.released) == (2, 2)
    assert bench.ask(
        "SELECT json_extract(payload, '$.description') FROM head JOIN record_version v ON v.id = version_id"
        " WHERE head.kind = 'measure'"
    ) == [("second",)]
    assert bench.wrong() == []


def test_F44_what_is_missing_from_a_full_list_goes_and_may_come_back(template, tmp_path):
    scripts = [replace(draw(seed), snapshot=True, changes=60, rows=40) for seed in range(440, 446)]
    verdicts = [worlds.play(script, template, tmp_path) for script in scripts]

    assert [verdict.problems for verdict in verdicts] == [[]] * 6
