"""The page about reading feeds is lived through against a hub that serves simulated people."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from patto_connectors.ports import World
from patto_hub.compose.serve import serving
from patto_hub.ledger import acknowledgements, keys
from patto_hub.settings.read import read_settings
from patto_hub.web.site import BASE
from patto_plugins.social_districts.fake import FakeSettings, service
from patto_schemas.chronicle import Rates

PAGE = Path(__file__).resolve().parent.parent.parent / "docs/how-to/reading-feeds.md"
SETTINGS = """
[hub]
data_dir = "data"
[web]
port = 0
[partners.lecce]
plugin = "social_districts"
organisation = {{ scheme = "ambito", value = "LE/1", domain = "social" }}
feeds = ["pacts"]
settings = {{ base_url = "{address}/le-1" }}
jobs = {{ persons = {{ every = "1h" }}, pacts = {{ every = "1h" }}, measures = {{ every = "1h" }} }}
"""


@pytest.mark.timeout(240)
async def test_the_page_works_as_it_is_written(page_reader, tmp_path):
    heard: asyncio.Queue = asyncio.Queue()
    still = FakeSettings(people=5, rates=Rates(late=0, mistakes=0, missing=0))
    async with service(still).running() as address:
        (tmp_path / "hub.toml").write_text(SETTINGS.format(address=address))
        async with serving(read_settings(tmp_path / "hub.toml", {}), World(), heard=heard.put_nowait) as started:
            for _ in range(3):
                await asyncio.wait_for(heard.get(), 60)
            _, key = await started.hub.ledger.write(keys.add, World(), partner="lecce", scopes=["pacts"])
            page_reader.ask(f"export HUB={started.listening}{BASE} KEY={key}")
            await asyncio.to_thread(page_reader.live_through, PAGE)
            kept = await started.hub.ledger.read(acknowledgements.history, "lecce", "pacts")

    assert [each.applied for each in kept] == [False, True]
