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
from patto_plugins.social_districts.fake import FakeSettings as DistrictFake
from patto_plugins.social_districts.fake import service as district_service
from patto_plugins.social_districts.settings import DistrictSettings
from patto_plugins.training_catalogue.fake import FakeSettings, service
from patto_plugins.training_catalogue.settings import CatalogueSettings
from patto_schemas.model.base import Name

PEOPLE = 20


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
    catalogue = service(FakeSettings(people=PEOPLE, courses=8, every=3_600, drop=drop, registers=4))
    ambito = district_service(DistrictFake(people=PEOPLE, every=3_600))
    async with catalogue.running() as far, ambito.running() as near:
        settings = {
            "catalogo": CatalogueSettings.model_validate(
                {
                    "http": {"base_url": f"{far}/v1"},
                    "attendance": {"folder": drop, "done": tmp_path / "lette", "settle_seconds": 0},
                }
            ),
            "lecce": DistrictSettings(base_url=f"{near}/le-1"),
        }
        names = {"catalogo": Name("ipa", "r_puglia"), "lecce": Name("ambito", "LE/1")}
        numbers = {
            name: await ledger.write(partners.register, name=name, plugin=name, organisation=names[name], title=name)
            for name in names
        }
        connectors = {
            ("catalogo" if module is plugin else "lecce", each.name): each
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
            )
            outcome = await runner.run(job, ledger=ledger, world=World(), owner="test", reason="cli")
            assert outcome.balance.closes
            return outcome

        run.catalogue = catalogue.catalogue
        run.drop = drop
        yield run


async def test_enrolments_wait_for_measures_and_courses_and_registers_for_enrolments(run):
    run.catalogue.drop(World().now())

    early = await run("catalogo", "attendance")
    enrolments = await run("catalogo", "enrolments")
    courses = await run("catalogo", "courses")
    released = [(await run("lecce", stream)).balance.released for stream in ("persons", "pacts", "measures")]

    assert (early.state, early.balance.parked) == ("done", 12)
    assert (enrolments.state, enrolments.balance.parked) == ("done", PEOPLE)
    assert (courses.state, courses.balance.new) == ("done", 12)
    assert released == [0, 0, PEOPLE + 12]


async def test_nothing_new_is_said_so(run):
    first = await run("catalogo", "courses")

    again = await run("catalogo", "courses")

    assert (first.balance.new, again.balance.unchanged, again.balance.changed) == (12, 12, 0)


async def test_the_outcome_of_a_register_is_written_back(run):
    for stream in ("persons", "pacts", "measures"):
        await run("lecce", stream)
    for stream in ("courses", "enrolments"):
        await run("catalogo", stream)
    key = run.catalogue.enrolments[0].enrolment_id
    put(
        run.drop / "presenze.csv" if run.drop.exists() else _made(run.drop) / "presenze.csv",
        f"id_iscrizione;data;presenza;ore\n{key};05/01/2026;P;4,5\n{key};06/01/2026;boh;4\n{key}\n".encode("cp1252"),
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


def _made(folder):
    folder.mkdir()
    return folder
