"""A partner hands something in to a running hub, and finds on its receipt what became of it."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from patto_connectors.ports import World
from patto_hub.compose.serve import serving
from patto_hub.feeds.spec import PUSH
from patto_hub.ledger import keys
from patto_hub.settings.read import read_settings
from patto_hub.web.site import BASE

PLUGIN = """
    from pydantic import BaseModel

    from patto_connectors.push import RowDoor
    from patto_hub import Connector, hookimpl
    from patto_schemas.model import Pact

    class Settings(BaseModel, extra="forbid"):
        pass

    @hookimpl
    def register_connectors():
        yield Connector(
            name="pacts", settings=Settings, door=lambda _: RowDoor().door(), translate=Pact, kinds=("pact",)
        )
"""
SETTINGS = """
[hub]
data_dir = "data"
[web]
port = 0
[partners.lecce]
plugin = "pushing"
organisation = { scheme = "ambito", value = "LE/1", domain = "social" }
feeds = ["push"]
[partners.lecce.jobs.pacts]
"""
PACT = {"pact_id": "P-1", "person_id": "RSSMRA85T10A562S", "ambito": "LE/1", "scheme": "ReD_3", "status": "active"}


@pytest.fixture
def configuration(shelf, tmp_path):
    shelf.install("pushing", PLUGIN)
    (tmp_path / "hub.toml").write_text(SETTINGS, encoding="utf-8")
    return read_settings(tmp_path / "hub.toml", {})


async def test_what_was_handed_in_is_recorded_at_once_and_the_receipt_says_so(configuration):
    heard: asyncio.Queue = asyncio.Queue()
    rows = [PACT, PACT | {"pact_id": "P-2", "ambito": "LE/2"}, PACT | {"pact_id": "P-3", "person_id": "BNCLRA"}]

    async with serving(configuration, World(), heard=heard.put_nowait) as started:
        _, key = await started.hub.ledger.write(keys.add, World(), partner="lecce", scopes=[PUSH])
        headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "a-1"}
        async with aiohttp.ClientSession(started.listening, headers=headers) as session:
            async with session.post(f"{BASE}/streams/pacts", json=rows) as answer:
                first = (answer.status, await answer.json())
            outcome = await asyncio.wait_for(heard.get(), 60)
            while True:
                async with session.get(answer.headers["Location"]) as told:
                    receipt = await told.json()
                if receipt["state"] != "received":
                    break
                await asyncio.sleep(0)

    assert first[0] == 202
    assert outcome.reason == "push"
    assert receipt["state"] == "partial"
    assert (receipt["counts"]["new"], receipt["counts"]["refused"], receipt["counts"]["quarantined"]) == (1, 1, 1)
    assert {(row["position"], row["verdict"], row["owner"]) for row in receipt["rows"]} == {
        ("$[1]", "refused", "region"),
        ("$[2]", "quarantined", "partner"),
    }
    assert all(row["message"] and row["message_en"] and row["message"] != row["message_en"] for row in receipt["rows"])
    assert "BNCLRA" not in str(receipt)
