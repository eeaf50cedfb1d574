from __future__ import annotations

from datetime import UTC, datetime

import patto_plugins.social_districts.demo as districts
from patto_connectors.ports import WORLD, World
from patto_plugins.training_catalogue import register_connectors
from patto_plugins.training_catalogue.demo import AMBITI, demo
from patto_plugins.training_catalogue.settings import CatalogueSettings


async def test_each_stream_of_the_simulated_catalogue_has_something_to_read(tmp_path):
    async with demo(tmp_path) as partners:
        (wanted,) = partners.values()
        settings = CatalogueSettings.model_validate(wanted["settings"])
        token = WORLD.set(World(now=lambda: datetime(2100, 1, 1, tzinfo=UTC)))

        rows = {
            each.name: sum([len(batch.rows) async for batch in each.source(settings).read(None)])
            for each in register_connectors()
        }
        WORLD.reset(token)

    assert (rows["courses"], rows["enrolments"]) == (44, 400)
    assert rows["attendance"] >= 60
    assert set(wanted["jobs"]) == set(rows)


def test_the_simulated_ambiti_are_the_same():
    assert set(AMBITI) == set(districts.AMBITI)
