"""A centre's streams on the whole road, beside the Ambito whose people they are about."""

from __future__ import annotations

from pathlib import Path

import pytest

import patto_plugins.employment_centres as plugin
import patto_plugins.social_districts as districts
from patto_connectors.ports import WORLD, World
from patto_connectors.soap import load_service
from patto_connectors.soap.envelope import write_message
from patto_connectors.testing.stage import Stage
from patto_hub.clock.schedule import Schedule
from patto_hub.jobs import Job
from patto_hub.ledger import partners, pushed
from patto_hub.ledger.store import opened
from patto_hub.ledger.upgrade import upgrade
from patto_hub.road import runner
from patto_hub.testing.subscribed import whole
from patto_plugins.employment_centres.feed import SAP_FEED
from patto_plugins.employment_centres.settings import wsdl
from patto_plugins.social_districts.fake import service_on
from patto_plugins.social_districts.settings import DistrictSettings
from patto_schemas.chronicle import Calendar

AMBITO = "ambito_le_1"


@pytest.fixture
async def ledger(tmp_path):
    path = tmp_path / "ledger.db"
    upgrade(path)
    async with opened(path) as open_ledger:
        yield open_ledger


@pytest.fixture
async def run(ledger, make_town):
    """Run a stream by partner and name; eight months of the invented world are told."""
    WORLD.set(World())
    town = make_town(people=10, told=False)
    world = town.centre.world
    stage = Stage(folder=Path(), chronicle=world, calendar=Calendar(ahead_days=240), began=WORLD.get().now())
    town.made.show_all(stage.now())
    ambito = service_on(stage, ["LE/1"])
    async with town.made.running() as far, ambito.running() as near:
        settings = {town.code: town.settings(far), AMBITO: DistrictSettings(base_url=f"{near}/le-1")}
        names = {town.code: world.teller(town.code).organisation, AMBITO: world.teller("LE/1").organisation}
        numbers = {
            name: await ledger.write(partners.register, name=name, plugin=name, organisation=names[name], title=name)
            for name in names
        }
        connectors = {
            (town.code if module is plugin else AMBITO, each.name): each
            for module in (plugin, districts)
            for each in module.register_connectors()
        }

        async def run(stream, partner=town.code):
            job = Job(
                name=f"{partner}/{stream}",
                partner=partner,
                partner_id=numbers[partner],
                plugin=partner,
                connector=connectors[partner, stream],
                settings=settings[partner],
                schedule=Schedule(),
                subscription=whole(SAP_FEED),
            )
            outcome = await runner.run(job, ledger=ledger, world=World(), owner="test", reason="cli")
            assert outcome.balance.closes
            assert outcome.state == "done", outcome
            return outcome.balance

        for stream in ("persons", "pacts", "measures"):
            await run(stream, AMBITO)
        run.town = town
        run.ledger = ledger
        yield run


async def ask(run, statement):
    return await run.ledger.read(lambda each: each.exec_driver_sql(statement).all())


async def test_nothing_new_is_said_so(run):
    for stream in ("sap", "communications", "rdc"):
        first, again = await run(stream), await run(stream)

        assert first.new == first.read > 0, stream
        assert (again.new, again.changed, again.unchanged) == (0, 0, first.read), stream


async def test_only_people_of_open_pacts_are_asked_about(run):
    await run("sap")

    open_pacts = await ask(
        run,
        "SELECT count(*) FROM head h JOIN record_version v ON v.id = h.version_id WHERE h.kind = 'pact'"
        " AND json_extract(v.payload, '$.status') IN ('signed', 'active', 'suspended')",
    )
    asked = [each for each in run.town.partner.asked if b"verificaEsistenzaSAP" in each.body]
    assert len(asked) == open_pacts[0][0] > 0


async def test_the_ambitos_measures_reach_the_centre_and_do_not_come_back(run):
    await run("sap")
    sent = await run("sap_out")
    handed_over = len(run.town.centre.sent)

    await run("sap")  # the centre now shows what it was handed
    again = await run("sap_out")

    known = {policy for worker in run.town.centre.workers.values() for policy in worker.received}
    told = await ask(
        run,
        "SELECT json_extract(v.payload, '$.policy_id') FROM head h JOIN record_version v ON v.id = h.version_id"
        " JOIN partner p ON p.id = h.partner_id WHERE p.name = 'ambito_le_1' AND h.kind = 'measure'"
        " AND h.id IN (SELECT head_id FROM change)",
    )
    assert sent.refused == 0
    assert handed_over > 0
    assert known <= {policy for (policy,) in told}
    assert len(known) > len({policy for worker in run.town.centre.workers.values() for policy in worker.measures}) / 2
    assert again.refused == 0
    assert len(run.town.centre.sent) == handed_over


async def test_a_notified_sheet_is_read_at_once(run):
    operation = load_service(wsdl("sap")).operation("notificaSAP")
    for number, worker in enumerate(run.town.centre.workers.values()):
        if worker.sap:
            content = write_message(operation.request, {"CodiceSAP": worker.sap, "MotivoNotifica": "02"})
            await run.ledger.write(
                pushed.take,
                job=f"{run.town.code}/notifications",
                receipt=f"r{number}",
                idempotency_key=None,
                content=content,
                media_type="text/xml",
                now=1,
            )

    followed = await run("notifications")
    swept = await run("sap")

    assert followed.new == followed.read > 0
    assert (swept.new, swept.unchanged) == (0, followed.read)
