"""Ambito and cooperative in one ledger, by a real SFTP server: registers in, corrections, removals, assignments out."""

from __future__ import annotations

import io
import json
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import pytest
from pydantic import BaseModel
from python_calamine import CalamineWorkbook

import patto_plugins.cooperatives as plugin
from patto_connectors.contract import Batch, Connector
from patto_connectors.ports import WORLD, World
from patto_connectors.testing.sftp import FakeSftp
from patto_connectors.testing.stage import Stage
from patto_hub.clock.calendar import Place
from patto_hub.clock.schedule import Schedule
from patto_hub.jobs import Job
from patto_hub.judge import judge
from patto_hub.ledger import partners
from patto_hub.ledger.store import opened
from patto_hub.ledger.upgrade import upgrade
from patto_hub.road import runner
from patto_hub.testing.subscribed import whole
from patto_plugins.cooperatives.assignments import ASSIGNMENTS, COLUMNS
from patto_plugins.cooperatives.fake import cooperatives, hosts_of, tellers
from patto_plugins.cooperatives.settings import CooperativeSettings
from patto_schemas.chronicle import Calendar, Rates, Told, WorldSettings, chronicle
from patto_schemas.model import AttendanceDay, Measure, Pact, Person
from patto_schemas.model.base import Name
from patto_schemas.model.wire import canonical_json

AMBITO = "LE/1"
CALM = Rates(late=0, mistakes=0, missing=0, differing=0, consenting=1, withdrawing=0, corrections=0)
WORLD_OF = chronicle(WorldSettings(people=8, ambiti=(AMBITO,), rates=CALM))
CALENDAR = Calendar(ahead_days=3_660)


@dataclass
class Saying:
    """A source of what the Ambito has told, in our own words."""

    stage: Stage
    kind: str

    async def read(self, _after):
        yield Batch(
            rows=[canonical_json(each.record) for each in self.stage.due(AMBITO) if each.record.kind == self.kind]
        )


class Nothing(BaseModel):
    """Settings of a source that needs none."""


class Road:
    """A hub with an Ambito and a cooperative, whose server is `server` and whose books are `book`."""

    def __init__(self, ledger, server, book):
        self.ledger, self.server, self.book = ledger, server, book
        self.jobs = {}

    async def run(self, name):
        outcome = await runner.run(self.jobs[name], ledger=self.ledger, world=WORLD.get(), owner="test", reason="cli")
        assert outcome.balance.closes
        await judge(self.ledger, WORLD.get(), Place(), plugin.register_checks(), outcome.pacts)
        return outcome

    async def ask(self, statement):
        return await self.ledger.read(lambda each: each.exec_driver_sql(statement).all())

    async def payloads(self, key):
        rows = await self.ledger.read(
            lambda each: each.exec_driver_sql(
                "SELECT v.payload FROM head h JOIN record_version v ON v.id = h.version_id WHERE h.key = ?", (key,)
            ).all()
        )
        return [payload for (payload,) in rows]

    async def current(self):
        return {
            key for (key,) in await self.ask("SELECT key FROM head WHERE kind = 'attendance_day' AND tombstone = 0")
        }


@pytest.fixture
def clock():
    token = WORLD.set(World(now=lambda: CALENDAR.opening))
    yield
    WORLD.reset(token)


@pytest.fixture
async def road(tmp_path, clock):
    upgrade(tmp_path / "ledger.db")
    stage = Stage(folder=tmp_path, chronicle=WORLD_OF, calendar=CALENDAR, began=CALENDAR.opening)
    teller = tellers(stage)[0]
    server = FakeSftp(tmp_path / "server")
    for name in ("registri", "esiti", "assegnazioni"):
        (server.folder / name).mkdir(parents=True)
    made = cooperatives(stage, {teller.code: server.folder / "registri"}, {})
    made.work(None, stage.now())
    bodies = {teller.organisation.value, *hosts_of(stage, teller.code).values()}
    connectors = {each.name: each for each in plugin.register_connectors()}
    async with opened(tmp_path / "ledger.db") as ledger, server.running():
        road = Road(ledger, server, made.books[teller.code])
        folders = {"folder": "/registri", "outcomes": "/esiti", "deliveries": "/assegnazioni"}
        settings = CooperativeSettings(sftp=server.settings(**folders), settle_seconds=0, bodies=tuple(bodies))
        streams = {AMBITO: [], teller.code: [connectors["registers"], connectors["assignments"]]}
        for kind, model in (("person", Person), ("pact", Pact), ("measure", Measure)):
            said = Saying(stage, kind)
            source = Connector(name=kind, settings=Nothing, source=lambda _, said=said: said, translate=model)
            streams[AMBITO].append(source)
        for code, streaming in streams.items():
            told = stage.chronicle.teller(code)
            number = await ledger.write(
                partners.register, name=told.partner, plugin="x", organisation=told.organisation, title=told.title
            )
            for connector in streaming:
                road.jobs[connector.name] = Job(
                    name=f"{told.partner}/{connector.name}",
                    partner=told.partner,
                    partner_id=number,
                    plugin="cooperatives",
                    connector=connector,
                    settings=settings if code == teller.code else Nothing(),
                    schedule=Schedule(),
                    scope=None if code == AMBITO else frozenset(Name("piva", each) for each in bodies),
                    subscription=whole(ASSIGNMENTS) if connector.sink else None,
                )
        for name in ("person", "pact", "measure"):
            assert (await road.run(name)).state == "done"
        yield road


async def test_registers_become_the_dossiers_days_closings_and_internships_and_every_balance_closes(road):
    outcome = await road.run("registers")

    counted = dict(await road.ask("SELECT kind, count(*) FROM head WHERE tombstone = 0 GROUP BY kind"))
    true = Counter(each.kind for each in WORLD_OF.truth(tellers_code()))
    assert outcome.state == "done"
    assert {kind: counted[kind] for kind in ("attendance_day", "attendance_month", "enrolment")} == {
        kind: number for kind, number in true.items() if kind != "organisation"
    }
    assert (outcome.balance.quarantined, outcome.balance.refused, outcome.balance.parked) == (0, 0, 0)
    assert await road.ask("SELECT count(*) FROM parked") == [(0,)]


def tellers_code():
    return next(each.code for each in WORLD_OF.tellers() if each.kind == "cooperative")


async def test_a_second_run_brings_nothing_and_what_became_of_the_rows_is_written_back(road):
    await road.run("registers")

    again = await road.run("registers")

    assert (again.state, again.balance.read) == ("done", 0)
    told = sorted(path.name for path in (road.server.folder / "esiti").iterdir())
    files = sorted(path.name for path in (road.server.folder / "registri").iterdir())
    assert len(told) == len(files) > 5


async def test_a_newer_workbook_adds_its_new_row_changes_the_corrected_one_and_takes_the_removed_one_away(road):
    await road.run("registers")
    before = await road.current()
    project, days = fullest(road.book)
    gone, corrected = days[1], days[2]
    added = next(day for day in every_day(days[0]) if day not in days)

    road.book.strike(project, gone)
    said = road.book.days[project, corrected]
    absent = {"attendance": "illness", "hours": Decimal(0), "starts_at": None, "ends_at": None}
    road.book.show(said._replace(record=said.record.model_copy(update=absent)))
    road.book.show(Told(said.at, said.teller, said.record.model_copy(update={"day": added})))
    (name,) = road.book.drop()
    outcome = await road.run("registers")

    after = await road.current()
    assert outcome.state == "done"
    assert (outcome.balance.new, outcome.balance.changed) == (1, 1)
    assert outcome.balance.unchanged == outcome.balance.read - 2
    assert {key[-10:] for key in after - before} == {str(added)}
    assert {key[-10:] for key in before - after} == {str(gone)}
    (payload,) = await road.payloads(f"{said.record.day:%Y-%m}/{road.book.hosts[project]}/{project}/{corrected}")
    assert json.loads(payload)["attendance"] == "illness"
    assert (road.server.folder / "registri" / name).exists()


def fullest(book):
    """Give the project with the most days in one month, and those days."""
    counts = Counter((project, day.year, day.month) for project, day in book.days)
    (project, year, month), _ = counts.most_common(1)[0]
    return project, sorted(day for each, day in book.days if each == project and (day.year, day.month) == (year, month))


def every_day(first: date):
    return [first.replace(day=1) + timedelta(number) for number in range(28)]


async def test_the_same_days_under_another_files_name_are_the_same_days(road):
    await road.run("registers")
    before = await road.current()
    folder = road.server.folder / "registri"
    old = max(folder.iterdir(), key=lambda path: path.stat().st_size)
    old.rename(folder / f"{old.stem} copia corretta.xlsx")

    outcome = await road.run("registers")

    assert outcome.balance.unchanged == outcome.balance.read > 0
    assert await road.current() == before


async def test_a_row_that_names_nobody_is_set_aside_and_its_file_takes_nothing_away_until_it_is_mended(road):
    await road.run("registers")
    before = await road.current()
    project, days = fullest(road.book)
    said = road.book.days[project, days[0]]
    road.book.strike(project, days[1])
    road.book.show(said._replace(mistake="missing_field"))
    road.book.drop()

    wrong = await road.run("registers")
    held = await road.current()
    road.book.show(said)
    road.book.drop()
    mended = await road.run("registers")

    assert (wrong.state, wrong.balance.quarantined, wrong.trouble.code) == ("partial", 1, "snapshot.unsure")
    assert held == before
    assert (mended.state, {key[-10:] for key in before - await road.current()}) == ("done", {str(days[1])})


async def test_a_row_that_says_at_least_which_it_is_is_set_aside_alone_and_mended_by_the_next_workbook(road):
    await road.run("registers")
    before = await road.current()
    project, days = fullest(road.book)
    said = road.book.days[project, days[0]]
    road.book.strike(project, days[1])
    road.book.show(said._replace(mistake="unknown_word"))
    road.book.drop()

    wrong = await road.run("registers")
    held = await road.current()
    aside = await road.ask("SELECT kind, state FROM quarantine")
    road.book.show(said._replace(record=said.record.model_copy(update={"activity": "Serra"})))
    road.book.drop()
    mended = await road.run("registers")

    assert (wrong.state, wrong.balance.quarantined, mended.state) == ("done", 1, "done")
    assert {key[-10:] for key in before - held} == {str(days[1])}
    assert aside == [("attendance_day", "open")]
    assert await road.ask("SELECT kind, state FROM quarantine") == [("attendance_day", "fixed")]


async def test_a_register_that_was_set_back_is_not_taken_for_the_truth(road):
    """A register that is nearly empty waits for a person; what was known of it stays."""
    await road.run("registers")
    before = await road.current()
    project, days = fullest(road.book)
    host, month = road.book.hosts[project], f"{days[0]:%Y-%m}"
    for each, day in list(road.book.days):
        if road.book.hosts[each] == host and f"{day:%Y-%m}" == month and (each, day) != (project, days[0]):
            road.book.strike(each, day)
    road.book.drop()

    outcome = await road.run("registers")

    assert outcome.trouble.code == "snapshot.vanished"
    assert await road.current() == before


async def test_assignments_go_back_as_one_workbook_with_a_legend_and_only_what_a_host_needs(road):
    outcome = await road.run("assignments")
    again = await road.run("assignments")

    files = sorted((road.server.folder / "assegnazioni").glob("*.xlsx"))
    assert (outcome.state, again.balance.read) == ("done", 0)
    assert [path.name for path in files] == [path.stem for path in sorted(files[0].parent.glob("*.sha256"))]
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(files[-1].read_bytes()))
    header, *rows = workbook.get_sheet_by_name("Dati").to_python()
    assert workbook.sheet_names == ["Dati", "Legenda"]
    assert tuple(header) == COLUMNS
    assert {row[0] for row in rows} == {"assegnato"}
    cells = [dict(zip(header, row, strict=True)) for row in rows]
    true = {each.policy_id: each for each in WORLD_OF.truth(AMBITO) if isinstance(each, Measure)}
    people = {
        name.value: each for each in WORLD_OF.truth(AMBITO) if isinstance(each, Person) for name in each.identifiers
    }
    assert {true[each["Politica"]].type for each in cells} == {"internship"}
    assert {each["Politica"] for each in cells} == {
        each.policy_id
        for each in true.values()
        if each.provider_id in road.book.hosts.values() or each.host_id in road.book.hosts.values()
    }
    assert all(people[each["Codice fiscale"]].family_name == each["Cognome"] for each in cells)
    text = json.dumps(rows, default=str)
    assert not [
        each.residence.street
        for each in people.values()
        if each.residence and each.residence.street and each.residence.street in text
    ]


async def test_each_rule_finds_what_a_register_says_wrong(road):
    await road.run("registers")
    quiet = {rule for (rule,) in await road.ask("SELECT DISTINCT rule FROM finding WHERE closed_at IS NULL")}
    project, days = fullest(road.book)
    said = road.book.days[project, days[0]]
    road.book.show(said._replace(record=said.record.model_copy(update={"hours": Decimal(999)})))
    road.book.drop()

    await road.run("registers")

    loud = {rule for (rule,) in await road.ask("SELECT DISTINCT rule FROM finding WHERE closed_at IS NULL")}
    assert loud - quiet >= {"internship.hours_above_the_plan", "internship.month_differs_from_days"}


def test_a_day_of_the_world_is_one_that_registers_can_tell():
    days = [each for each in WORLD_OF.truth(tellers_code()) if isinstance(each, AttendanceDay)]

    assert len(days) > 100
