from __future__ import annotations

from datetime import UTC, datetime

from patto_connectors.ports import WORLD, World
from patto_plugins.training_catalogue import register_connectors
from patto_plugins.training_catalogue.demo import demo
from patto_plugins.training_catalogue.fake import FakeSettings
from patto_plugins.training_catalogue.settings import CatalogueSettings
from patto_schemas.chronicle import Rates


async def test_each_stream_of_the_simulated_catalogue_has_something_to_read(tmp_path):
    stage = FakeSettings(people=40, rates=Rates(late=0)).stage()
    stage = type(stage)(**{name: getattr(stage, name) for name in stage.__slots__} | {"folder": tmp_path})
    async with demo(stage) as partners:
        (wanted,) = partners.values()
        settings = CatalogueSettings.model_validate(wanted["settings"])
        token = WORLD.set(World(now=lambda: datetime(2100, 1, 1, tzinfo=UTC)))

        rows = {
            each.name: sum([len(batch.rows) async for batch in each.source(settings).read(None)])
            for each in register_connectors()
            if each.source is not None
        }
        WORLD.reset(token)

    assert set(wanted["jobs"]) == {*rows, "requests"}
    assert min(rows.values()) > 5
