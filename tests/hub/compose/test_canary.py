from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest

from patto_connectors.ports import World
from patto_hub.compose.serve import serving
from patto_hub.ledger import keys
from patto_hub.settings.read import read_settings

NAMES = ("Carmelina Canarino", "Ubaldo Passerotto")
TAX_CODES = ("CNRCML80A41E506J", "PSSBLD75T10B180W")
FEEDS = [
    f"/rest/patto/v1/feeds/{feed}/changes{ending}"
    for feed in ("pacts", TAX_CODES[0])
    for ending in ("", ".json", ".ndjson", ".xml", ".csv", ".xlsx", ".xsd", f".{TAX_CODES[1]}")
]
PATHS = ("/metrics", "/readyz", "/", "/openapi.json", *FEEDS)
SECRETS = ("c4n4ry-t0ken-0815", "c4n4ry-fr0m-file")
PLUGIN = """
    import json
    import logging
    from pathlib import Path
    from pydantic import BaseModel, SecretStr
    from patto_hub import Batch, Connector, Malformed, hookimpl
    from patto_schemas.model import Person

    class Settings(BaseModel):
        folder: Path
        token: SecretStr
        other: SecretStr

    class Source:
        def __init__(self, settings):
            self.settings = settings

        async def read(self, after):
            content = (self.settings.folder / "people.json").read_bytes()
            logging.getLogger("plugin").warning("settings %r", self.settings)
            rows = [json.dumps(row).encode() for row in json.loads(content)]
            yield Batch(rows=rows, content=content, name="people")
            if (self.settings.folder / "bug").exists():
                raise RuntimeError(f"a bug that quotes {json.loads(content)[0]}, token={self.settings.other}")
            raise Malformed("json.invalid", "the second page is no JSON", content=content)

    @hookimpl
    def register_connectors():
        yield Connector(name="people", settings=Settings, source=Source, translate=Person, kinds=("person",))
"""


@pytest.fixture
def configuration(office, shelf):
    shelf.install("people", PLUGIN)
    people = [
        {"person_id": "1", "given_name": NAMES[0], "identifiers": [{"scheme": "cf", "value": TAX_CODES[0]}]},
        {"person_id": "2", "given_name": NAMES[1], "tax_code": TAX_CODES[1]},
        [NAMES[0], TAX_CODES[1]],
    ]
    (office.inbox / "people.json").write_text(json.dumps(people))
    (office.folder / "secret").write_text(SECRETS[1])
    office.config.write_text(
        '[hub]\ndata_dir = "data"\n[web]\nport = 0\n[partners.lecce]\nplugin = "people"\nscope = "any"\n'
        f'[partners.lecce.settings]\nfolder = "{office.inbox}"\ntoken = {{ env = "TOKEN" }}\n'
        'other = { file = "secret" }\n[partners.lecce.jobs.people]\nevery = "1h"\n'
    )
    return read_settings(office.config, {"TOKEN": SECRETS[0]})


@pytest.mark.parametrize("bug", [False, True], ids=["malformed page", "bug"])
async def test_no_name_tax_code_or_secret_reaches_logs_metrics_or_pages(configuration, office, lines, bug) -> None:
    if bug:
        (office.inbox / "bug").touch()
    heard: asyncio.Queue = asyncio.Queue()
    seen = []
    async with serving(configuration, World(), heard=heard.put_nowait) as started:
        await asyncio.wait_for(heard.get(), 30)
        async with aiohttp.ClientSession() as session:
            key = await started.hub.ledger.write(keys.add, World(), partner="lecce", scopes=["pacts"])
            may = {"Authorization": f"Bearer {key[1]}"}
            for path in PATHS:
                async with session.get(started.listening + path, headers=may) as answer:
                    seen.append(f"{answer.headers} {(await answer.read()).decode(errors='replace')}")
        ran = await started.hub.ledger.read(
            lambda connection: connection.exec_driver_sql("SELECT * FROM run").mappings().all()
        )

    told = lines.getvalue() + "".join(seen) + repr([dict(row) for row in ran]) + repr(started.hub.jobs)
    assert "run.finished" in told
    assert "plugin" in told
    assert [canary for canary in (*NAMES, *TAX_CODES, *SECRETS) if canary in told] == []
