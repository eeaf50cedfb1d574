from __future__ import annotations

from patto_connectors.contract import Given
from patto_connectors.ports import WORLD, World
from patto_connectors.testing.stage import Stage
from patto_plugins.employment_centres import register_connectors
from patto_plugins.employment_centres.demo import JOBS, demo
from patto_plugins.employment_centres.settings import CentreSettings
from patto_schemas.chronicle import Calendar, WorldSettings, chronicle


async def test_each_stream_of_the_simulated_centres_has_something_to_read(tmp_path, people_of):
    WORLD.set(World())
    world = chronicle(WorldSettings(ambiti=("LE/1", "BR/1"), people=8))
    stage = Stage(folder=tmp_path, chronicle=world, calendar=Calendar(ahead_days=400), began=World().now())
    people = people_of(world)

    async def nothing(_):
        for each in ():
            yield each

    async with demo(stage) as partners:
        rows = dict.fromkeys(("sap", "communications", "rdc"), 0)
        for part in partners.values():
            settings = CentreSettings.model_validate(part["settings"])
            for stream in register_connectors():
                if stream.name in rows:
                    source = stream.asks(settings, Given(subjects=people, pushed=nothing))
                    rows[stream.name] += sum([len(batch.rows) async for batch in source.read(None)])

    assert len(partners) == 2
    assert all(rows.values()), rows
    assert all(part["organisation"]["scheme"] == "cpi_11" for part in partners.values())
    assert all("push" in part["feeds"] for part in partners.values())


def test_every_job_is_a_stream():
    assert set(JOBS) <= {each.name for each in register_connectors()}
