"""The catalogue's streams on the whole road, beside the fake Ambiti whose measures they name."""

from __future__ import annotations

import pytest

import patto_plugins.social_districts as districts
import patto_plugins.training_catalogue as plugin
from patto_connectors.files import CsvProfile, put, read_csv
from patto_connectors.ports import World
from patto_hub.clock.schedule import Schedule
from patto_hub.jobs import Job
from patto_hub.ledger import partners
from patto_hub.ledger.store import opened
from patto_hub.ledger.upgrade import upgrade
from patto_hub.road import runner
from patto_hub.testing.subscribed import whole
from patto_plugins.social_districts.fake import FakeSettings as DistrictFake
from patto_plugins.social_districts.fake import service as district_service
from patto_plugins.social_districts.settings import DistrictSettings
from patto_plugins.training_catalogue.fake import FakeSettings, service
from patto_plugins.training_catalogue.requests import REQUESTS
from patto_plugins.training_catalogue.settings import CatalogueSettings
from patto_schemas.chronicle import Rates
from patto_schemas.model.base import Name

PEOPLE = 25
STREAMS = ("persons", "pacts", "measures", "requests")
RIGHT = Rates(late=0, mistakes=0, missing=0, withdrawing=0)


@pytest.fixture
async def ledger(tmp_path):
    path = tmp_path / "ledger.db"
    upgrade(path)
    async with opened(path) as open_ledger:
        yield open_ledger


@pytest.fixture
async def run(ledger, tmp_path):
    """Run a stream by partner and name."""
    drop = tmp_path / "presenze"
    catalogue = service(FakeSettings(people=PEOPLE, rates=RIGHT, drop=drop), remember=True)
    ambito = district_service(DistrictFake(people=PEOPLE, rates=RIGHT))
    async with catalogue.running() as far, ambito.running() as near:
        settings = {
            "catalogo": CatalogueSettings.model_validate(
                {
                    "http": {"base_url": f"{far}/v1"},
                    "attendance": {"folder": drop, "done": tmp_path / "lette", "settle_seconds": 0},
                }
            ),
            "ambito_le_1": DistrictSettings(base_url=f"{near}/le-1"),
        }
        names = {"catalogo": Name("local:puglia", "catalogo"), "ambito_le_1": Name("ambito", "LE/1")}
        numbers = {
            name: await ledger.write(partners.register, name=name, plugin=name, organisation=names[name], title=name)
            for name in names
        }
        connectors = {
            ("catalogo" if module is plugin else "ambito_le_1", each.name): each
            for module in (plugin, districts)
            for each in module.register_connectors()
        }

        async def run(partner, stream):
            job = Job(
                name=f"{partner}/{stream}",
                partner=partner,
                partner_id=numbers[partner],
                plugin=partner,
                connector=connectors[partner, stream],
                settings=settings[partner],
                schedule=Schedule(),
                subscription=whole(REQUESTS) if stream == "requests" and partner == "catalogo" else None,
            )
            outcome = await runner.run(job, ledger=ledger, world=World(), owner="test", reason="cli")
            assert outcome.balance.closes
            return outcome

        run.catalogue = catalogue.catalogue
        run.drop = drop
        run.parked = lambda: ledger.read(lambda each: each.exec_driver_sql("SELECT count(*) FROM parked").scalar_one())
        yield run


async def test_enrolments_wait_for_measures_and_courses_and_registers_for_enrolments(run):
    early = await run("catalogo", "attendance")
    enrolments = await run("catalogo", "enrolments")
    courses = await run("catalogo", "courses")
    waiting = await run.parked()
    released = [(await run("ambito_le_1", stream)).balance.released for stream in STREAMS]

    held, days = len(run.catalogue.enrolments), early.balance.parked
    assert (early.state, days == early.balance.read, days > 50) == ("done", True, True)
    assert (enrolments.state, enrolments.balance.parked) == ("done", held)
    assert (courses.state, courses.balance.new > 20) == ("done", True)
    assert held < waiting <= held + days
    assert released == [0, 0, waiting, 0]
    assert await run.parked() == 0


async def test_nothing_new_is_said_so(run):
    first = await run("catalogo", "courses")

    again = await run("catalogo", "courses")

    assert first.balance.new == again.balance.unchanged
    assert again.balance.changed == 0


async def test_a_closing_says_nothing_that_the_listing_has_not_said(run):
    for stream in STREAMS:
        await run("ambito_le_1", stream)
    for stream in ("courses", "enrolments"):
        await run("catalogo", stream)

    closed = await run("catalogo", "closings")

    assert (closed.state, closed.balance.quarantined, closed.balance.new) == ("done", 0, 0)
    assert closed.balance.read > 0


async def test_requests_of_an_ambito_reach_the_catalogue_and_its_answers_name_them(run):
    for stream in STREAMS:
        await run("ambito_le_1", stream)

    sent = await run("catalogo", "requests")
    again = await run("catalogo", "requests")
    for stream in ("courses", "enrolments"):
        await run("catalogo", stream)

    asked = {each["id_richiesta"] for each in run.catalogue.requested.values()}
    answered = {each.request_id for each in run.catalogue.enrolments.values()}
    assert (sent.state, again.balance.read) == ("done", 0)
    assert answered <= asked
    assert {each["ente_richiesta"] for each in run.catalogue.requested.values()} == {"local:ambito_le_1"}


async def test_the_outcome_of_a_register_is_written_back(run):
    for stream in STREAMS:
        await run("ambito_le_1", stream)
    for stream in ("courses", "enrolments", "attendance", "attendance"):
        await run("catalogo", stream)
    for outcome in run.drop.glob("*_esito.csv"):
        outcome.unlink()
    key = next(iter(run.catalogue.enrolments))
    put(
        run.drop / "presenze.csv",
        f"id_iscrizione;data;presenza;ore\n{key};05/01/2036;P;4,5\n{key};06/01/2036;boh;4\n{key}\n".encode("cp1252"),
    )

    outcome = await run("catalogo", "attendance")
    await run("catalogo", "attendance")

    assert (outcome.balance.new, outcome.balance.quarantined) == (1, 2)
    assert [path.name for path in run.drop.iterdir()] == ["presenze_esito.csv"]
    with (run.drop / "presenze_esito.csv").open(encoding="utf-8-sig", newline="") as text:
        rows = [line.fields for line in read_csv(text, CsvProfile(guarded=True))]
    told = {row["posizione"]: row["codice"] for row in rows if row["posizione"].startswith("riga")}
    assert set(told) == {"riga 3", "riga 4"}
    assert told["riga 4"] == "csv.columns"
    assert {row["esito"]: row["messaggio"] for row in rows if row["posizione"] == "totale"} == {
        "lette": "3",
        "nuove": "1",
        "da correggere": "2",
    }
